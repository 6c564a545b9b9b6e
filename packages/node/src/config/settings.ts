import type { Threshold } from '@breakwater/log';
import {
  attributes,
  durationMs,
  flag,
  hosts,
  integer,
  type Kind,
  level,
  levels,
  MAX_INT,
  name,
  propagators,
  ratio,
  type SamplerName,
  sampler,
} from './kinds.ts';
import { type HistogramName, histogram, temporality } from './otlp-kinds.ts';
import { OTLP_SETTINGS, type OtlpConfig } from './otlp-settings.ts';

/** Everything that can be set, with its value in force. */
export interface Config extends OtlpConfig {
  readonly resource: Readonly<Record<string, string>>;
  readonly service: string;
  readonly version: string | undefined;
  readonly environment: string | undefined;
  readonly telemetry: boolean;
  readonly stdout: boolean;
  readonly logLevel: Threshold;
  readonly logLevels: Readonly<Record<string, Threshold>>;
  readonly sdkLogLevel: Threshold | undefined;
  readonly tracesSampler: SamplerName;
  readonly traceRatio: number;
  readonly metricIntervalMs: number;
  readonly metricTimeoutMs: number;
  readonly metricTemporality: 'cumulative' | 'delta' | 'lowmemory';
  readonly metricHistogram: HistogramName;
  readonly batchDelayMs: number;
  readonly maxQueue: number;
  readonly spanDelayMs: number | undefined;
  readonly spanQueue: number | undefined;
  readonly spanBatch: number | undefined;
  readonly spanTimeoutMs: number;
  readonly recordDelayMs: number | undefined;
  readonly recordQueue: number | undefined;
  readonly recordBatch: number | undefined;
  readonly recordTimeoutMs: number;
  readonly maxAttributes: number;
  readonly maxAttributeChars: number | undefined;
  readonly maxSpanAttributes: number | undefined;
  readonly maxSpanAttributeChars: number | undefined;
  readonly maxSpanEvents: number;
  readonly maxSpanLinks: number;
  readonly maxEventAttributes: number | undefined;
  readonly maxLinkAttributes: number | undefined;
  readonly maxRecordAttributes: number | undefined;
  readonly maxRecordAttributeChars: number | undefined;
  readonly propagators: readonly ('tracecontext' | 'baggage' | 'none')[];
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
  /** The setting that counts while this one is not given. */
  readonly inherits?: string;
  /** How the text of one of the variables is read, where it differs from the others. */
  readonly text?: Readonly<Record<string, (text: string) => unknown>>;
  /** Whether one of the variables counts at all. */
  readonly counts?: Readonly<Record<string, (env: Readonly<Record<string, string | undefined>>) => boolean>>;
}

const BATCH: Kind<number> = integer(1, 1_000_000, 'records');
const COUNT: Kind<number> = integer(0, MAX_INT, 'how many are kept');
// The SDK passes over 0, so it is refused.
const CHARS: Kind<number> = integer(1, MAX_INT, 'characters');
// OpenTelemetry's names for its own levels.
const OTEL_LEVELS: Readonly<Record<string, string>> = { none: 'silent', verbose: 'trace', all: 'trace' };

const setting = <T>(env: readonly string[], kind: Kind<T>, fallback: T | undefined): Setting<T> => ({
  env,
  kind,
  fallback,
});

type Settings = { readonly [Name in SettingName]: Setting<NonNullable<Config[Name]>> };

const OTLP = OTLP_SETTINGS as Pick<Settings, keyof OtlpConfig>;

/** The table that options, environment and file are read by, and that the documentation repeats. */
export const SETTINGS: Settings = {
  resource: setting(['OTEL_RESOURCE_ATTRIBUTES'], attributes, {}),
  service: { env: ['BREAKWATER_SERVICE', 'OTEL_SERVICE_NAME'], kind: name, fallback: undefined, required: true },
  version: { env: ['BREAKWATER_VERSION'], kind: name, fallback: undefined },
  environment: { env: ['BREAKWATER_ENVIRONMENT'], kind: name, fallback: undefined },
  telemetry: {
    ...setting(['BREAKWATER_TELEMETRY', 'OTEL_SDK_DISABLED'], flag, true),
    text: { OTEL_SDK_DISABLED: (text) => ({ true: false, false: true })[text.toLowerCase()] ?? text },
  },
  ...OTLP,
  stdout: setting(['BREAKWATER_STDOUT'], flag, true),
  logLevel: setting(['BREAKWATER_LOG_LEVEL'], level, 'info'),
  logLevels: setting(['BREAKWATER_LOG_LEVELS'], levels, {}),
  sdkLogLevel: {
    ...setting(['OTEL_LOG_LEVEL'], level, undefined),
    text: { OTEL_LOG_LEVEL: (text) => OTEL_LEVELS[text.toLowerCase()] ?? text.toLowerCase() },
    inherits: 'logLevel',
  },
  tracesSampler: setting(['OTEL_TRACES_SAMPLER'], sampler, 'parentbased_traceidratio'),
  traceRatio: {
    ...setting(['BREAKWATER_TRACE_RATIO', 'OTEL_TRACES_SAMPLER_ARG'], ratio, 1),
    // As the specification has it: an argument is one of the sampler that was chosen.
    counts: { OTEL_TRACES_SAMPLER_ARG: (env) => /traceidratio$/i.test(env['OTEL_TRACES_SAMPLER']?.trim() ?? '') },
  },
  metricIntervalMs: setting(['OTEL_METRIC_EXPORT_INTERVAL'], integer(100, MAX_INT, 'milliseconds'), 60_000),
  metricTimeoutMs: setting(['OTEL_METRIC_EXPORT_TIMEOUT'], durationMs, 30_000),
  metricTemporality: setting(['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'], temporality, 'cumulative'),
  metricHistogram: setting(
    ['OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'],
    histogram,
    'explicit_bucket_histogram',
  ),
  batchDelayMs: setting(['BREAKWATER_BATCH_DELAY_MS'], integer(10, 60_000, 'milliseconds'), 1_000),
  maxQueue: setting(['BREAKWATER_MAX_QUEUE'], integer(512, 1_000_000, 'records'), 20_000),
  spanDelayMs: { ...setting(['OTEL_BSP_SCHEDULE_DELAY'], durationMs, undefined), inherits: 'batchDelayMs' },
  spanQueue: { ...setting(['OTEL_BSP_MAX_QUEUE_SIZE'], BATCH, undefined), inherits: 'maxQueue' },
  spanBatch: setting(['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'], BATCH, undefined),
  spanTimeoutMs: setting(['OTEL_BSP_EXPORT_TIMEOUT'], durationMs, 30_000),
  recordDelayMs: { ...setting(['OTEL_BLRP_SCHEDULE_DELAY'], durationMs, undefined), inherits: 'batchDelayMs' },
  recordQueue: { ...setting(['OTEL_BLRP_MAX_QUEUE_SIZE'], BATCH, undefined), inherits: 'maxQueue' },
  recordBatch: setting(['OTEL_BLRP_MAX_EXPORT_BATCH_SIZE'], BATCH, undefined),
  recordTimeoutMs: setting(['OTEL_BLRP_EXPORT_TIMEOUT'], durationMs, 30_000),
  maxAttributes: setting(['OTEL_ATTRIBUTE_COUNT_LIMIT'], COUNT, 128),
  maxAttributeChars: setting(['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'], CHARS, undefined),
  maxSpanAttributes: { ...setting(['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'], COUNT, undefined), inherits: 'maxAttributes' },
  maxSpanAttributeChars: {
    ...setting(['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT'], CHARS, undefined),
    inherits: 'maxAttributeChars',
  },
  maxSpanEvents: setting(['OTEL_SPAN_EVENT_COUNT_LIMIT'], COUNT, 128),
  maxSpanLinks: setting(['OTEL_SPAN_LINK_COUNT_LIMIT'], COUNT, 128),
  maxEventAttributes: { ...setting(['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'], COUNT, undefined), inherits: 'maxAttributes' },
  maxLinkAttributes: { ...setting(['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'], COUNT, undefined), inherits: 'maxAttributes' },
  maxRecordAttributes: {
    ...setting(['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT'], COUNT, undefined),
    inherits: 'maxAttributes',
  },
  maxRecordAttributeChars: {
    ...setting(['OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT'], CHARS, undefined),
    inherits: 'maxAttributeChars',
  },
  propagators: setting(['OTEL_PROPAGATORS'], propagators, ['tracecontext', 'baggage']),
  propagateTo: setting(['BREAKWATER_PROPAGATE_TO'], hosts, ['localhost', '127.0.0.1', '[::1]']),
  trustRemoteTrace: setting(['BREAKWATER_TRUST_REMOTE_TRACE'], flag, true),
  instrumentHttp: setting(['BREAKWATER_INSTRUMENT_HTTP'], flag, true),
  processHandlers: setting(['BREAKWATER_PROCESS_HANDLERS'], flag, true),
  shutdownTimeoutMs: setting(['BREAKWATER_SHUTDOWN_TIMEOUT_MS'], integer(100, 600_000, 'milliseconds'), 10_000),
  drainMs: setting(['BREAKWATER_DRAIN_MS'], integer(0, 300_000, 'milliseconds'), 0),
};

/**
 * Variables of OpenTelemetry's specification that would change everything and are not supported: the file of its
 * declarative configuration takes the place of all other variables.
 */
export const UNSUPPORTED: readonly string[] = ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE'];

/** The share of the time for shutting down that hooks may use; the rest belongs to the telemetry they produced. */
export const HOOK_SHARE: number = 2 / 3;

export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];
