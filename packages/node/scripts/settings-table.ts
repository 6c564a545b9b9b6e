// Writes the table of settings into docs/packages/node.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { SIGNALS } from '../src/config/otlp-settings.ts';
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName } from '../src/config/settings.ts';

/** The page the table is in. */
export const PAGE: URL = new URL('../../../docs/packages/node.md', import.meta.url);

const PURPOSES: Readonly<Record<string, string>> = {
  resource: 'further attributes of the process',
  service: 'name of the service; else `service.name` of the attributes',
  version: 'its version',
  environment: 'where it runs: production, staging, …',
  telemetry: 'false: no OpenTelemetry at all, the log to stdout only. `OTEL_SDK_DISABLED=true` is `false`',
  otlpEndpoint: 'where telemetry goes; `/v1/traces` and so on are appended',
  otlpHeaders: 'sent with it; never shown',
  otlpProtocol: 'encoding',
  otlpTimeoutMs: 'the most time for one export, within `shutdownTimeoutMs`; 0: only that',
  otlpCompression: 'of what is sent',
  otlpCertificate: 'PEM file: whom to trust, in place of the usual authorities',
  otlpClientCertificate: 'PEM file: the certificate shown to the receiver',
  otlpClientKey: 'PEM file: its key',
  SIGNALExporter: 'where a signal goes; `console` is stdout, for the log its own lines',
  SIGNALEndpoint: 'the whole address for one signal',
  SIGNALHeaders: 'in place of `otlpHeaders`',
  SIGNALProtocol: 'as above, for one signal',
  SIGNALTimeoutMs: 'as above, for one signal',
  SIGNALCompression: 'as above, for one signal',
  SIGNALCertificate: 'as above, for one signal',
  SIGNALClientCertificate: 'as above, for one signal',
  SIGNALClientKey: 'as above, for one signal',
  stdout: 'false: no log on stdout',
  logLevel: 'threshold of the log',
  logLevels: 'thresholds by module',
  sdkLogLevel:
    'of what the OpenTelemetry SDK says, module `opentelemetry` of the log; the variable takes `none`, `verbose`, `all` too',
  tracesSampler: 'which traces are kept; `parentbased_` leaves it to a caller that has decided',
  traceRatio:
    'share of traces a `traceidratio` sampler keeps; the second variable counts only beside `OTEL_TRACES_SAMPLER`',
  metricIntervalMs: 'how often metrics are sent',
  metricTimeoutMs: 'the most time for it; 0: until the next',
  metricTemporality: 'sums since the start, or since the last report',
  metricHistogram: 'how histograms are counted',
  batchDelayMs: 'how long a span or record waits for others',
  maxQueue: 'spans kept while the endpoint takes nothing',
  spanDelayMs: 'of spans alone',
  spanQueue: 'of spans alone',
  spanBatch: 'spans in one request',
  spanTimeoutMs: 'the most time for one batch, retries included; 0: no limit',
  recordDelayMs: 'of records alone, the log included',
  recordQueue: 'of records that libraries write',
  recordBatch: 'records in one request, the log included',
  recordTimeoutMs: 'as `spanTimeoutMs`, of records that libraries write',
  maxAttributes: 'attributes of one span, event, link or record; those over it are dropped',
  maxAttributeChars: 'length of a text among them; what is over it is cut off',
  maxSpanAttributes: 'of spans alone',
  maxSpanAttributeChars: 'of spans, their events and links alone',
  maxSpanEvents: 'events of one span; the oldest are dropped',
  maxSpanLinks: 'links of one span; the oldest are dropped',
  maxEventAttributes: 'of events of spans alone',
  maxLinkAttributes: 'of links alone',
  maxRecordAttributes: 'of records that libraries write; the log has bounds of its own',
  maxRecordAttributeChars: 'of records that libraries write',
  propagators: 'what is read of a caller and told to the hosts of `propagateTo`',
  propagateTo: 'hosts that are told trace, baggage and correlation id',
  trustRemoteTrace: "whether a caller's trace is continued and its baggage taken",
  instrumentHttp: 'false: no spans and contexts for HTTP',
  processHandlers: 'false: signals and uncaught exceptions are yours',
  shutdownTimeoutMs: 'the most time for shutting down',
  drainMs: 'how long a server is served on after the signal, until load balancers have seen `/readyz` fail',
};

/** The table as Markdown. Settings that each signal has stand in one row. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.filter((name) => !/^(?:metrics|logs)[A-Z]/.test(name)).map((name) => {
    const setting = SETTINGS[name] as Setting<unknown>;
    const perSignal = /^traces(?!Sampler)([A-Z]\w*)$/.exec(name)?.[1];
    const names = perSignal === undefined ? [name] : SIGNALS.map((signal) => `${signal}${perSignal}`);
    const variables = names.flatMap((each) => SETTINGS[each as SettingName].env);
    const purpose = PURPOSES[perSignal === undefined ? name : `SIGNAL${perSignal}`];
    if (purpose === undefined) throw new Error(`PURPOSES has no word on ${name}`);
    return `| ${listed(names)} | ${listed(variables)} | ${purpose} | ${setting.kind.expected} | ${shownDefault(name, setting)} |`;
  });
  return ['| option | variable | for | takes | default |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function listed(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}

function shownDefault(name: SettingName, { required, fallback, inherits }: Setting<unknown>): string {
  if (required === true) return 'required';
  if (inherits !== undefined) return `as \`${inherits}\``;
  if (name === 'spanBatch' || name === 'recordBatch') return '512, or as many as are kept';
  return fallback === undefined ? 'none' : `\`${JSON.stringify(fallback)}\``;
}

/** The page with `table` in its place. */
export function withTable(page: string, table: string): string {
  return page.replace(
    /<!-- settings -->[\s\S]*<!-- \/settings -->/,
    () => `<!-- settings -->\n\n${table}\n\n<!-- /settings -->`,
  );
}

if (import.meta.main) writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), settingsTable()));
