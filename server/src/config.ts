import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readClickhouseUrl, type StoreAddress } from './clickhouse-url.ts';

export interface Config {
  /** Address to listen on. Any address but loopback makes an ingest key and a login mandatory. */
  readonly host: string;
  /** Page and JSON API. */
  readonly port: number;
  /** OTLP/HTTP. */
  readonly otlpPort: number;
  readonly dataDir: string;
  /** A ClickHouse server to use instead of the embedded engine. */
  readonly clickhouse: StoreAddress | null;
  /** The built page, or null to serve the API only. */
  readonly staticDir: string | null;
  /** Control port of the demo shop, for the faults on the page. */
  readonly demoUrl: string | null;
  /** One more accepted ingest key, beside the stored ones. */
  readonly demoIngestKey: string | null;
  /** Address of the page in notifications. */
  readonly publicUrl: string;
  /** Replace the login's password, which was lost. */
  readonly newLogin: boolean;
  /** From one evaluation of the alert rules to the next. */
  readonly evaluationIntervalMs: number;
  /** How long alerts may go on firing after their incident was resolved by hand, before it opens again. */
  readonly reopenAfterMs: number;
}

export class ConfigError extends Error {
  readonly code = 'INVALID_CONFIG';
  override readonly name = 'ConfigError';
}

export const SERVER_HELP = `Breakwater: receives OpenTelemetry, stores it, groups errors, alerts, opens incidents.

  npm start -- [options]

Options                     Environment                 Default
  --host ADDRESS            BREAKWATER_HOST             127.0.0.1; another address demands an ingest key and a login
  --port N                  BREAKWATER_PORT             4000   page and API
  --otlp-port N             BREAKWATER_OTLP_PORT        4318   OTLP over HTTP
  --data DIR                BREAKWATER_DATA_DIR         ./data
  --clickhouse-url URL      BREAKWATER_CLICKHOUSE_URL   the embedded engine; http://USER:PASSWORD@HOST:8123/DATABASE
  --public-url URL          BREAKWATER_PUBLIC_URL       http://HOST:PORT; address of the page in notifications
  --reopen-after SECONDS    BREAKWATER_REOPEN_AFTER     300    until an incident resolved by hand, whose alerts still fire, opens again
  --new-login                                           make a new password for the login, print it once, end its sessions
  --no-shop                                             start the server without the demo shop
  --help                                                this text

Also read: SHOP_RATE (requests per second, 8), SHOP_PORT (4100), SHOP_CONTROL_PORT (4101), SHOP_FAULTS=off.`;

const MAX_PORT = 65_535;
const SECONDS_A_DAY = 86_400;

/** Reads command line and environment; the command line wins. Throws ConfigError with every mistake in its message. */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv): Config {
  const mistakes: string[] = [];
  const values = parse(args, mistakes);
  const text = (option: string, variable: string, fallback: string): string =>
    values[option as Option] ?? (env[variable] || fallback);
  const wholeNumber = (option: string, variable: string, fallback: string, max: number): number => {
    const given = text(option, variable, fallback);
    const value = Number(given);
    if (!/^\d+$/.test(given) || value > max) {
      mistakes.push(`--${option} (${variable}) must be a whole number from 0 to ${max}, and is "${given}"`);
    }
    return value;
  };
  const url = (option: string, variable: string): string | null => {
    const given = text(option, variable, '');
    if (given === '') return null;
    if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
      mistakes.push(`--${option} (${variable}) must be an http or https URL`);
    }
    return given;
  };
  const clickhouse = (): StoreAddress | null => {
    const given = text('clickhouse-url', 'BREAKWATER_CLICKHOUSE_URL', '');
    if (given === '') return null;
    const address = readClickhouseUrl(given);
    if (typeof address !== 'string') return address;
    mistakes.push(`--clickhouse-url (BREAKWATER_CLICKHOUSE_URL) ${address}`);
    return null;
  };
  const config: Config = {
    host: text('host', 'BREAKWATER_HOST', '127.0.0.1'),
    port: wholeNumber('port', 'BREAKWATER_PORT', '4000', MAX_PORT),
    otlpPort: wholeNumber('otlp-port', 'BREAKWATER_OTLP_PORT', '4318', MAX_PORT),
    dataDir: resolve(text('data', 'BREAKWATER_DATA_DIR', 'data')),
    clickhouse: clickhouse(),
    staticDir: fileURLToPath(new URL('../../web/dist', import.meta.url)),
    demoUrl: url('demo-url', 'BREAKWATER_DEMO_URL'),
    demoIngestKey: env['BREAKWATER_DEMO_INGEST_KEY'] || null,
    publicUrl: url('public-url', 'BREAKWATER_PUBLIC_URL') ?? '',
    newLogin: values['new-login'] ?? false,
    evaluationIntervalMs: 5_000,
    reopenAfterMs: wholeNumber('reopen-after', 'BREAKWATER_REOPEN_AFTER', '300', SECONDS_A_DAY) * 1_000,
  };
  if (config.port !== 0 && config.port === config.otlpPort) {
    mistakes.push(`--port and --otlp-port must differ, and both are ${config.port}`);
  }
  if (config.newLogin && isLoopback(config.host)) {
    mistakes.push(`--new-login makes a password, and a server on ${config.host} demands none`);
  }
  if (mistakes.length > 0) throw new ConfigError(`${mistakes.join('; ')}. See --help.`);
  const publicUrl = config.publicUrl || `http://${urlHost(config.host)}:${config.port}`;
  return { ...config, publicUrl };
}

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

const WILDCARDS = ['0.0.0.0', '::'];

/** The host as it stands in a URL, the wildcard address as itself. */
export function listenHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The host as it stands in a URL that other machines use: this machine's name where it listens on every address. */
export function urlHost(host: string): string {
  if (WILDCARDS.includes(host)) return hostname();
  return listenHost(host);
}

/** The host as a process on this machine reaches it. */
export function localHost(host: string): string {
  return WILDCARDS.includes(host) ? '127.0.0.1' : urlHost(host);
}

type Option = 'host' | 'port' | 'otlp-port' | 'data' | 'clickhouse-url' | 'demo-url' | 'public-url' | 'reopen-after';
type Values = Partial<Record<Option, string>> & { 'new-login'?: boolean };

function parse(args: readonly string[], mistakes: string[]): Values {
  const string = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        host: string,
        port: string,
        'otlp-port': string,
        data: string,
        'clickhouse-url': string,
        'demo-url': string,
        'public-url': string,
        'reopen-after': string,
        'new-login': { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    mistakes.push(error instanceof Error ? error.message : String(error));
    return {};
  }
}
