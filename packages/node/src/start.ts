import { OptionError } from '@breakwater/errors';
import type { Sink } from '@breakwater/log';
import { loadConfig } from './config/load-config.ts';
import type { Config } from './config/settings.ts';
import { type LogOptions, type Service, wire } from './service.ts';

/** Options of `start`: every setting, each of which an environment variable or the file can give as well. */
export type StartOptions = { readonly [Name in keyof Config]?: Config[Name] | undefined } & {
  /** Path of a JSON file with settings. Default: the variable `BREAKWATER_CONFIG`, else none. */
  readonly configFile?: string | undefined;
  /** Further sinks of the log. Shutting down closes them. Default: none. */
  readonly sinks?: readonly Sink[] | undefined;
  /** Options of `createLogger` that only a program can give: redaction, sampler, baggage. Default: those of the log. */
  readonly log?: LogOptions | undefined;
};

/** Thrown by `start` while a service is running in this process, and by `currentService` while none is. */
export class ServiceStateError extends Error {
  override readonly name = 'ServiceStateError';
  readonly code: 'ERR_BREAKWATER_STARTED' | 'ERR_BREAKWATER_NOT_STARTED';

  constructor(code: ServiceStateError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const LOG_OPTIONS: readonly string[] = ['redact', 'sampler', 'baggage', 'flushLevel'] satisfies (keyof LogOptions)[];

let current: Service | undefined;

/**
 * Wires this process: OpenTelemetry (traces, metrics, logs) to the OTLP endpoint, the log to it and to stdout, HTTP
 * instrumentation, metrics of event loop and memory, process handlers. Call it before anything else. Settings come from
 * `options`, then the environment, then the JSON file, then defaults.
 *
 * Throws `ConfigError` with every mistake of the settings, and `OptionError` for `sinks`, `log` and `configFile`, before
 * anything is started; `ServiceStateError` when a service runs
 * in this process already (it may be started again after `shutdown`).
 */
export function start(options: StartOptions = {}): Service {
  if (typeof options !== 'object' || options === null) throw new OptionError('options', options, 'an object');
  if (current !== undefined)
    throw new ServiceStateError(
      'ERR_BREAKWATER_STARTED',
      `The service ${current.config.service} runs in this process already; currentService() gives it`,
    );
  const { sinks = [], configFile, log = {} } = options;
  if (configFile !== undefined && typeof configFile !== 'string')
    throw new OptionError('options.configFile', configFile, 'a path');
  if (!Array.isArray(sinks)) throw new OptionError('options.sinks', sinks, 'a list of sinks');
  if (typeof log !== 'object' || log === null) throw new OptionError('options.log', log, 'an object');
  for (const name of Object.keys(log))
    if (!LOG_OPTIONS.includes(name))
      throw new OptionError(`options.log.${name}`, name, `one of ${LOG_OPTIONS.join(', ')}`);
  const config = loadConfig({
    options,
    alsoKnown: ['configFile', 'sinks', 'log'],
    env: process.env,
    file: configFile,
  });
  current = wire(config, log, sinks, () => {
    current = undefined;
  });
  return current;
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
