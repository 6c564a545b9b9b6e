// Writes the table of settings into docs/packages/node.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { SETTING_NAMES, SETTINGS, type Setting } from '../src/config/settings.ts';

/** The page the table is in. */
export const PAGE: URL = new URL('../../../docs/packages/node.md', import.meta.url);

const PURPOSES: Readonly<Record<keyof typeof SETTINGS, string>> = {
  service: 'name of the service',
  version: 'its version',
  environment: 'where it runs: production, staging, …',
  resource: 'further attributes of the process',
  otlpEndpoint: 'where telemetry goes; `/v1/traces` and so on are appended',
  otlpHeaders: 'sent with it; never shown',
  telemetry: 'false: no OpenTelemetry at all, the log to stdout only',
  stdout: 'false: no log on stdout',
  logLevel: 'threshold of the log',
  logLevels: 'thresholds by module',
  traceRatio: 'share of traces kept, where the caller has not decided',
  metricIntervalMs: 'how often metrics are sent',
  batchDelayMs: 'how long a span or record waits for others',
  maxQueue: 'spans kept while the endpoint takes nothing',
  propagateTo: 'hosts that are told trace and correlation id',
  trustRemoteTrace: "whether a caller's trace is continued",
  instrumentHttp: 'false: no spans and contexts for HTTP',
  processHandlers: 'false: signals and uncaught exceptions are yours',
  shutdownTimeoutMs: 'the most time for shutting down',
  drainMs: 'how long a server is served on after the signal, until load balancers have seen `/readyz` fail',
};

/** The table as Markdown. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { env, kind, fallback, required } = SETTINGS[name] as Setting<unknown>;
    const shown = required === true ? 'required' : fallback === undefined ? 'none' : `\`${JSON.stringify(fallback)}\``;
    return `| \`${name}\` | ${env.map((variable) => `\`${variable}\``).join(', ')} | ${PURPOSES[name]} | ${kind.expected} | ${shown} |`;
  });
  return ['| option | variable | for | takes | default |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** The page with `table` in its place. */
export function withTable(page: string, table: string): string {
  return page.replace(
    /<!-- settings -->[\s\S]*<!-- \/settings -->/,
    () => `<!-- settings -->\n\n${table}\n\n<!-- /settings -->`,
  );
}

if (import.meta.main) writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), settingsTable()));
