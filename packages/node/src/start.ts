import { OptionError } from '@breakwater/errors';
import { callable, listOf, oneOf, type Rule, record, text } from '@breakwater/errors/options';
import { LEVELS, type Sink } from '@breakwater/log';
import { loadConfig } from './config/load-config.ts';
import type { Config } from './config/settings.ts';
import { type LogOptions, type Service, wire } from './service.ts';
import { ServiceStateError } from './service-state-error.ts';

/** Options of `start`: every setting, each of which an environment variable or the file can give as well. */
export type StartOptions = { readonly [Name in keyof Config]?: Config[Name] | undefined } & {
  /** Path of a JSON file with settings. Default: the variable `BREAKWATER_CONFIG`, else none. */
  readonly configFile?: string | undefined;
  /** Further sinks of the log. Shutting down closes them. Default: none. */
  readonly sinks?: readonly Sink[] | undefined;
  /** Options of `createLogger` that only a program can give: redaction, sampler, baggage. Default: those of the log. */
  readonly log?: LogOptions | undefined;
};

const LOG_RULES: Readonly<Record<keyof LogOptions, Rule>> = {
  redact: ['options of a redactor, a redactor, or false', (value) => value === false || record[1](value)],
  sampler: callable,
  baggage: listOf(text),
  flushLevel: oneOf(...LEVELS, 'silent'),
};

const SINK: Rule = [
  'a list of sinks',
  (value) => Array.isArray(value) && value.every((sink) => typeof sink?.write === 'function'),
];

let current: Service | undefined;

/**
 * Wires this process: OpenTelemetry (traces, metrics, logs) to the OTLP endpoint, the log to it and to stdout, HTTP
 * instrumentation, metrics of event loop and memory, process handlers. Call it before anything else. Settings come from
 * `options`, then the environment, then the JSON file, then defaults.
 *
 * Throws before anything is started: `ConfigError` with every mistake, `OptionError` for options that are no object, what
 * `createLogger` throws for parts of `log` that only it can judge, and `ServiceStateError` when a service runs in this
 * process already (it may be started again after `shutdown`), or another OpenTelemetry SDK.
 */
export function start(options: StartOptions = {}): Service {
  if (!record[1](options)) throw new OptionError('options', options, 'an object');
  if (current !== undefined)
    throw new ServiceStateError(
      'ERR_BREAKWATER_STARTED',
      `The service ${current.config.service} runs in this process already; currentService() gives it`,
    );
  const { sinks = [], configFile, log = {} } = options;
  const config = loadConfig({
    options: { ...options, ...logOptions(log) },
    rules: {
      configFile: text,
      sinks: SINK,
      log: record,
      ...Object.fromEntries(Object.entries(LOG_RULES).map(([name, rule]) => [`log.${name}`, rule])),
    },
    env: process.env,
    file: typeof configFile === 'string' && configFile !== '' ? configFile : undefined,
  });
  current = wire(config, log, sinks, () => {
    current = undefined;
  });
  return current;
}

/** The options of the log by the names their mistakes have, beside those of `start`. */
function logOptions(log: unknown): Record<string, unknown> {
  if (!record[1](log)) return {};
  return Object.fromEntries(Object.entries(log as LogOptions).map(([name, value]) => [`log.${name}`, value]));
}

/**
 * The service of this process, for programs started with `--import @breakwater/node/register`. Throws
 * `ServiceStateError` when none runs.
 */
export function currentService(): Service {
  if (current !== undefined) return current;
  throw new ServiceStateError(
    'ERR_BREAKWATER_NOT_STARTED',
    'No service runs in this process: call start(), or begin with node --import @breakwater/node/register',
  );
}
