// `@breakwater/resilience/telemetry`: what policies tell, as log lines and through OpenTelemetry.

export { type LogLevel, logEvents, type WriteLine } from './telemetry/log.ts';
export { connectTelemetry, type MeterLike, type TelemetryOptions } from './telemetry/otel.ts';
