export { captureConsole } from './console.ts';
export { type LogTapeRecordLike, logTapeSink } from './logtape.ts';
export { connectLogMetrics } from './metrics.ts';
export { type OtelLoggerLike, otelSink, otelTrace } from './otel.ts';
export { type PinoLike, toPino } from './pino.ts';
export { toWinston, type WinstonLike } from './winston.ts';
