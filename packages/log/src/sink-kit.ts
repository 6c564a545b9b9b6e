export { toLevel } from './level.ts';
export { type AttributeValue, type LogRecord, toRecord } from './record.ts';
export type { DropReason, Sink, SinkCounts } from './sink.ts';
