import { durationMs, type Kind } from './kinds.ts';
import { compression, exporters, headers, httpUrl, protocol } from './otlp-kinds.ts';
import { certificateFile, keyFile } from './pem-files.ts';

/** What OpenTelemetry sends. */
export type Signal = 'traces' | 'metrics' | 'logs';

export const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];

/** How OTLP is sent. Each is set for all signals as `otlpNAME`, and for one as `tracesNAME`, `metricsNAME`, `logsNAME`. */
interface OtlpSettings {
  readonly Endpoint: string;
  readonly Headers: Readonly<Record<string, string>>;
  readonly Protocol: 'http/protobuf' | 'http/json';
  readonly TimeoutMs: number;
  readonly Compression: 'none' | 'gzip';
  readonly Certificate: string;
  readonly ClientCertificate: string;
  readonly ClientKey: string;
}

type OtlpName = keyof OtlpSettings;

/** Where a signal goes. `none` stands alone; `console` is standard output. */
export type ExporterName = 'otlp' | 'console' | 'none';

type WithDefault = 'Endpoint' | 'Headers' | 'Protocol' | 'TimeoutMs' | 'Compression';

/** A value in force: certificates and keys have no default. */
type InForce<Name extends OtlpName> = Name extends WithDefault ? OtlpSettings[Name] : OtlpSettings[Name] | undefined;

/** The settings of OTLP by their names. Those of one signal are absent unless they were given. */
export type OtlpConfig = { readonly [Name in OtlpName as `otlp${Name}`]: InForce<Name> } & {
  readonly [Name in OtlpName as `${Signal}${Name}`]: OtlpSettings[Name] | undefined;
} & { readonly [Name in Signal as `${Name}Exporter`]: readonly ExporterName[] };

const KINDS: {
  readonly [Name in OtlpName]: readonly [
    variable: string,
    kind: Kind<OtlpSettings[Name]>,
    fallback?: OtlpSettings[Name],
  ];
} = {
  Endpoint: ['ENDPOINT', httpUrl, 'http://localhost:4318'],
  Headers: ['HEADERS', headers, {}],
  Protocol: ['PROTOCOL', protocol, 'http/protobuf'],
  TimeoutMs: ['TIMEOUT', durationMs, 10_000],
  Compression: ['COMPRESSION', compression, 'none'],
  Certificate: ['CERTIFICATE', certificateFile],
  ClientCertificate: ['CLIENT_CERTIFICATE', certificateFile],
  ClientKey: ['CLIENT_KEY', keyFile],
};

interface OtlpSetting {
  readonly env: readonly string[];
  readonly kind: Kind<unknown>;
  readonly fallback: unknown;
  readonly secret?: boolean;
  readonly inherits?: string;
}

/** The rows of the table of settings, by the environment variables of OpenTelemetry's specification. */
export const OTLP_SETTINGS: Readonly<Record<string, OtlpSetting>> = Object.fromEntries([
  ...Object.entries(KINDS).map(([name, [variable, kind, fallback]]) => [
    `otlp${name}`,
    { env: [`OTEL_EXPORTER_OTLP_${variable}`], kind, fallback, secret: name === 'Headers' },
  ]),
  ...SIGNALS.map((signal) => [
    `${signal}Exporter`,
    { env: [`OTEL_${signal.toUpperCase()}_EXPORTER`], kind: exporters, fallback: ['otlp'] },
  ]),
  ...Object.entries(KINDS).flatMap(([name, [variable, kind]]) =>
    SIGNALS.map((signal) => [
      `${signal}${name}`,
      {
        env: [`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${variable}`],
        kind,
        fallback: undefined,
        secret: name === 'Headers',
        inherits: `otlp${name}`,
      },
    ]),
  ),
]) as Readonly<Record<string, OtlpSetting>>;

/** Where one signal is sent by OTLP, and how. */
export interface ExportTarget {
  /** The whole address. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: boolean;
  /** 0: as long as it takes. */
  readonly timeoutMs: number;
  readonly compression: 'none' | 'gzip';
  /** Paths of PEM files. */
  readonly certificate: string | undefined;
  readonly clientCertificate: string | undefined;
  readonly clientKey: string | undefined;
}

/** A signal's own settings before those of all. Its own endpoint is the whole address; to that of all `/v1/SIGNAL` is appended. */
export function exportTarget(config: OtlpConfig, signal: Signal): ExportTarget {
  const own = <Name extends OtlpName>(name: Name): InForce<Name> =>
    (config[`${signal}${name}`] ?? config[`otlp${name}`]) as InForce<Name>;
  return {
    url: new URL(config[`${signal}Endpoint`] ?? `${config.otlpEndpoint.replace(/\/+$/, '')}/v1/${signal}`).href,
    headers: own('Headers'),
    json: own('Protocol') === 'http/json',
    timeoutMs: own('TimeoutMs'),
    compression: own('Compression'),
    certificate: own('Certificate'),
    clientCertificate: own('ClientCertificate'),
    clientKey: own('ClientKey'),
  };
}
