export { bindContext, currentContext, type LogContext, updateContext, withContext } from './context.ts';
export type { TraceIds } from './context-json.ts';
export { DROP_EVENT } from './drop-report.ts';
export { flushLast } from './exit.ts';
export { LEVELS, type Level, SEVERITY, type Threshold } from './level.ts';
export {
  createLogger,
  type Fields,
  type Logger,
  type LoggerCounts,
  type LoggerOptions,
  type Message,
} from './logger.ts';
export type { AttributeValue, LogRecord } from './record.ts';
export type { SampleQuestion, Sampler } from './sampling.ts';
export type { DropReason, Sink, SinkCounts } from './sink.ts';
export type { BufferOptions } from './sinks/buffer-options.ts';
export { type StdoutOptions, stdoutSink } from './sinks/stdout.ts';
