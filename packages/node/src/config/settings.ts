import type { Threshold } from '@breakwater/log';
import { attributes, flag, headers, hosts, httpUrl, integer, type Kind, level, levels, name, ratio } from './kinds.ts';

/** Everything that can be set, with its value in force. */
export interface Config {
  readonly service: string;
  readonly version: string | undefined;
  readonly environment: string | undefined;
  readonly resource: Readonly<Record<string, string>>;
  readonly otlpEndpoint: string;
  readonly otlpHeaders: Readonly<Record<string, string>>;
  readonly telemetry: boolean;
  readonly stdout: boolean;
  readonly logLevel: Threshold;
  readonly logLevels: Readonly<Record<string, Threshold>>;
  readonly traceRatio: number;
  readonly metricIntervalMs: number;
  readonly batchDelayMs: number;
  readonly maxQueue: number;
  readonly propagateTo: readonly string[];
  readonly trustRemoteTrace: boolean;
  readonly instrumentHttp: boolean;
  readonly processHandlers: boolean;
  readonly shutdownTimeoutMs: number;
  readonly drainMs: number;
}

export type SettingName = keyof Config;

export interface Setting<T> {
  /** Environment variables, the first that is set counts. */
  readonly env: readonly string[];
  readonly kind: Kind<T>;
  /** `required` settings have no default. */
  readonly fallback: T | undefined;
  readonly required?: boolean;
  /** The value is never shown. */
  readonly secret?: boolean;
}

const setting = <T>(env: readonly string[], kind: Kind<T>, fallback: T): Setting<T> => ({ env, kind, fallback });

/** The table that options, environment and file are read by, and that the documentation repeats. */
export const SETTINGS: { readonly [Name in SettingName]: Setting<NonNullable<Config[Name]>> } = {
  service: { env: ['BREAKWATER_SERVICE', 'OTEL_SERVICE_NAME'], kind: name, fallback: undefined, required: true },
  version: { env: ['BREAKWATER_VERSION'], kind: name, fallback: undefined },
  environment: { env: ['BREAKWATER_ENVIRONMENT'], kind: name, fallback: undefined },
  resource: setting(['OTEL_RESOURCE_ATTRIBUTES'], attributes, {}),
  otlpEndpoint: setting(['OTEL_EXPORTER_OTLP_ENDPOINT'], httpUrl, 'http://localhost:4318'),
  otlpHeaders: { env: ['OTEL_EXPORTER_OTLP_HEADERS'], kind: headers, fallback: {}, secret: true },
  telemetry: setting(['BREAKWATER_TELEMETRY'], flag, true),
  stdout: setting(['BREAKWATER_STDOUT'], flag, true),
  logLevel: setting(['BREAKWATER_LOG_LEVEL', 'OTEL_LOG_LEVEL'], level, 'info'),
  logLevels: setting(['BREAKWATER_LOG_LEVELS'], levels, {}),
  traceRatio: setting(['BREAKWATER_TRACE_RATIO'], ratio, 1),
  metricIntervalMs: setting(['OTEL_METRIC_EXPORT_INTERVAL'], integer(100, 3_600_000, 'milliseconds'), 60_000),
  batchDelayMs: setting(['BREAKWATER_BATCH_DELAY_MS'], integer(10, 60_000, 'milliseconds'), 1_000),
  maxQueue: setting(['BREAKWATER_MAX_QUEUE'], integer(512, 1_000_000, 'records'), 20_000),
  propagateTo: setting(['BREAKWATER_PROPAGATE_TO'], hosts, ['localhost', '127.0.0.1', '[::1]']),
  trustRemoteTrace: setting(['BREAKWATER_TRUST_REMOTE_TRACE'], flag, true),
  instrumentHttp: setting(['BREAKWATER_INSTRUMENT_HTTP'], flag, true),
  processHandlers: setting(['BREAKWATER_PROCESS_HANDLERS'], flag, true),
  shutdownTimeoutMs: setting(['BREAKWATER_SHUTDOWN_TIMEOUT_MS'], integer(100, 600_000, 'milliseconds'), 10_000),
  drainMs: setting(['BREAKWATER_DRAIN_MS'], integer(0, 300_000, 'milliseconds'), 0),
};

/** The share of the time for shutting down that hooks may use; the rest belongs to the telemetry they produced. */
export const HOOK_SHARE: number = 2 / 3;

export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];
