export { events } from './catalogue.ts';
export { bindContext, currentContext, type LogContext, updateContext, withContext } from './context.ts';
export type { TraceIds } from './context-json.ts';
export { DROP_EVENT } from './drop-report.ts';
export {
  defineEvent,
  type EventDefinition,
  type EventFields,
  type EventKind,
  type EventType,
  type FieldType,
} from './events.ts';
export { expectLogs, type LogExpectation, type LogMatch } from './expect-logs.ts';
export { LEVELS, type Level, SEVERITY, type Threshold, toLevel } from './level.ts';
export {
  createLogger,
  type Fields,
  type Logger,
  type LoggerCounts,
  type LoggerOptions,
  type Message,
} from './logger.ts';
export { toOtlpJson } from './otlp/json.ts';
export { toOtlpProtobuf } from './otlp/protobuf.ts';
export { type AttributeValue, type LogRecord, toRecord } from './record.ts';
export {
  addToEvent,
  countInEvent,
  failRequest,
  type KeepOptions,
  keepUnlessOk,
  type WideOptions,
  withWideEvent,
} from './request.ts';
export {
  limitPerKey,
  type PerKeyOptions,
  type SampleQuestion,
  type Sampler,
  sampleAll,
  sampleByLevel,
  sampleByRate,
  sampleByTrace,
  sampleToBudget,
} from './sampling.ts';
export type { DropReason, Sink, SinkCounts } from './sink.ts';
export type { BufferOptions, FullPolicy } from './sinks/fd-sink.ts';
export { type FileOptions, fileSink } from './sinks/file.ts';
export { type MemorySink, memorySink } from './sinks/memory.ts';
export { type OtlpOptions, otlpSink } from './sinks/otlp.ts';
export { prettySink, toPretty } from './sinks/pretty.ts';
export { type StdoutOptions, stdoutSink } from './sinks/stdout.ts';
export { type Branch, teeSink } from './sinks/tee.ts';
