export { captureConsole } from './console.ts';
export {
  type LogTapeOptions,
  type LogTapeRecord,
  type LogTapeRecordLike,
  type LogTapeTarget,
  logTapeSink,
  sinkToLogTape,
} from './logtape.ts';
export { connectLogMetrics } from './metrics.ts';
export { type OtelLoggerLike, otelSink, otelTrace } from './otel.ts';
export { toLoggerProvider } from './otel-provider.ts';
export type {
  OtelContext,
  OtelLogger,
  OtelLoggerProvider,
  OtelMeter,
  OtelRecord,
  OtelResult,
  OtelSpanContext,
  OtelTime,
  OtelTraceApi,
} from './otel-types.ts';
export { type PinoChildOptions, type PinoLike, toPino } from './pino.ts';
export { toWinston, type WinstonLike } from './winston.ts';
