import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { record } from '@breakwater/errors/options';
import { ConfigError, type Mistake } from './config-error.ts';
import { loadConfig } from './load-config.ts';
import { exportTarget, SIGNALS } from './otlp-settings.ts';
import type { Config } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'breakwater-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const PEM = join(folder, 'a.pem');
writeFileSync(PEM, rootCertificates[0]!);
const KEY = join(folder, 'a.key');
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
writeFileSync(KEY, key.export({ type: 'pkcs8', format: 'pem' }));

function file(content: unknown): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

interface Given {
  readonly options?: Record<string, unknown>;
  readonly env?: Record<string, string>;
  readonly file?: string;
}

const load = ({ options = { service: 'shop' }, env = {}, file: path }: Given): Config =>
  loadConfig({ options, rules: { sinks: record }, env, file: path });

function mistakesOf(given: Given): readonly Mistake[] {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.mistakes;
  }
  return assert.fail('no mistake was found');
}

describe('what a setting takes (R2)', () => {
  const cases: readonly (readonly [variable: string, text: string, setting: keyof Config, value: unknown])[] = [
    ['OTEL_SERVICE_NAME', 'orders', 'service', 'orders'],
    ['BREAKWATER_SERVICE', 'orders', 'service', 'orders'],
    ['BREAKWATER_VERSION', '1.4.0', 'version', '1.4.0'],
    ['BREAKWATER_ENVIRONMENT', 'production', 'environment', 'production'],
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'https://otel.example.com:4318/base',
      'otlpEndpoint',
      'https://otel.example.com:4318/base',
    ],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-key=a%20b,y=1', 'otlpHeaders', { 'x-key': 'a b', y: '1' }],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=a%2Cb', 'resource', { team: 'a,b' }],
    ['BREAKWATER_TELEMETRY', 'FALSE', 'telemetry', false],
    ['BREAKWATER_STDOUT', 'false', 'stdout', false],
    ['BREAKWATER_LOG_LEVEL', 'DEBUG', 'logLevel', 'debug'],
    ['OTEL_LOG_LEVEL', 'warn', 'sdkLogLevel', 'warn'],
    ['BREAKWATER_LOG_LEVELS', 'db=debug, db.pool=trace', 'logLevels', { db: 'debug', 'db.pool': 'trace' }],
    ['BREAKWATER_TRACE_RATIO', '0.25', 'traceRatio', 0.25],
    ['OTEL_METRIC_EXPORT_INTERVAL', '5000', 'metricIntervalMs', 5_000],
    ['BREAKWATER_BATCH_DELAY_MS', '50', 'batchDelayMs', 50],
    ['BREAKWATER_MAX_QUEUE', '1000', 'maxQueue', 1_000],
    [
      'BREAKWATER_PROPAGATE_TO',
      '*.internal, Pay.example.com:8443,[::1]',
      'propagateTo',
      ['*.internal', 'pay.example.com:8443', '[::1]'],
    ],
    ['BREAKWATER_TRUST_REMOTE_TRACE', 'false', 'trustRemoteTrace', false],
    ['BREAKWATER_INSTRUMENT_HTTP', 'false', 'instrumentHttp', false],
    ['BREAKWATER_PROCESS_HANDLERS', 'false', 'processHandlers', false],
    ['BREAKWATER_SHUTDOWN_TIMEOUT_MS', '2500', 'shutdownTimeoutMs', 2_500],
    ['BREAKWATER_DRAIN_MS', '5000', 'drainMs', 5_000],
    ['OTEL_SDK_DISABLED', 'True', 'telemetry', false],
    ['OTEL_SDK_DISABLED', 'false', 'telemetry', true],
    ['OTEL_LOG_LEVEL', 'NONE', 'sdkLogLevel', 'silent'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'HTTP/JSON', 'otlpProtocol', 'http/json'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '0', 'otlpTimeoutMs', 0],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip', 'otlpCompression', 'gzip'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', PEM, 'otlpCertificate', PEM],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://t/x', 'tracesEndpoint', 'http://t/x'],
    ['OTEL_EXPORTER_OTLP_METRICS_HEADERS', 'k=v', 'metricsHeaders', { k: 'v' }],
    ['OTEL_EXPORTER_OTLP_LOGS_PROTOCOL', 'http/json', 'logsProtocol', 'http/json'],
    ['OTEL_EXPORTER_OTLP_LOGS_TIMEOUT', '2500', 'logsTimeoutMs', 2_500],
    ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'none', 'tracesCompression', 'none'],
    ['OTEL_TRACES_EXPORTER', 'console, otlp', 'tracesExporter', ['console', 'otlp']],
    ['OTEL_METRICS_EXPORTER', 'none', 'metricsExporter', ['none']],
    ['OTEL_LOGS_EXPORTER', 'console', 'logsExporter', ['console']],
    ['OTEL_TRACES_SAMPLER', 'parentbased_always_off', 'tracesSampler', 'parentbased_always_off'],
    ['OTEL_METRIC_EXPORT_TIMEOUT', '1000', 'metricTimeoutMs', 1_000],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'Delta', 'metricTemporality', 'delta'],
    ['OTEL_BSP_SCHEDULE_DELAY', '200', 'spanDelayMs', 200],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '64', 'spanQueue', 64],
    ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '32', 'spanBatch', 32],
    ['OTEL_BSP_EXPORT_TIMEOUT', '0', 'spanTimeoutMs', 0],
    ['OTEL_BLRP_SCHEDULE_DELAY', '200', 'recordDelayMs', 200],
    ['OTEL_BLRP_MAX_QUEUE_SIZE', '64', 'recordQueue', 64],
    ['OTEL_BLRP_MAX_EXPORT_BATCH_SIZE', '32', 'recordBatch', 32],
    ['OTEL_BLRP_EXPORT_TIMEOUT', '5000', 'recordTimeoutMs', 5_000],
    ['OTEL_PROPAGATORS', 'baggage,tracecontext,baggage', 'propagators', ['baggage', 'tracecontext']],
    ['OTEL_TRACES_SAMPLER', ' always_off ', 'tracesSampler', 'always_off'],
    ['BREAKWATER_TRACE_RATIO', '1e-3', 'traceRatio', 0.001],
    ['BREAKWATER_LOG_LEVELS', 'db=DEBUG,dbX=warn,db=trace', 'logLevels', { db: 'trace', dbX: 'warn' }],
    ['OTEL_EXPORTER_OTLP_HEADERS', ' a = b+c=d , e=', 'otlpHeaders', { a: 'b+c=d', e: '' }],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=1,__proto__=x,a=2', 'resource', JSON.parse('{"a":"2","__proto__":"x"}')],
    ['OTEL_METRIC_EXPORT_INTERVAL', '2147483647', 'metricIntervalMs', 2_147_483_647],
    [
      'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
      'BASE2_exponential_bucket_histogram',
      'metricHistogram',
      'base2_exponential_bucket_histogram',
    ],
    ['OTEL_ATTRIBUTE_COUNT_LIMIT', '0', 'maxAttributes', 0],
    ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '2147483647', 'maxAttributeChars', 2_147_483_647],
    ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '1', 'maxSpanAttributes', 1],
    ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', '2', 'maxSpanAttributeChars', 2],
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', '3', 'maxSpanEvents', 3],
    ['OTEL_SPAN_LINK_COUNT_LIMIT', '4', 'maxSpanLinks', 4],
    ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', '5', 'maxEventAttributes', 5],
    ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', '6', 'maxLinkAttributes', 6],
    ['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', '7', 'maxRecordAttributes', 7],
    ['OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT', '8', 'maxRecordAttributeChars', 8],
  ];
  for (const [variable, text, setting, value] of cases)
    test(`${variable}=${text}`, () => {
      const config = load({ options: setting === 'service' ? {} : { service: 'shop' }, env: { [variable]: text } });
      assert.deepEqual(
        { ...(config as unknown as Record<string, object>) }[setting],
        value instanceof Object && !Array.isArray(value) ? Object.assign(Object.create(null), value) : value,
      );
    });
});

describe('what a setting refuses, with variable and value (R3)', () => {
  const cases: readonly (readonly [variable: string, text: string, shown?: string])[] = [
    ['OTEL_SERVICE_NAME', 'x'.repeat(256)],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://host/?key=1', '"http://host/?[hidden]"'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://host'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://host/?', '"http://host/?[hidden]"'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://host/#'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://ho st'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:p%zz@host', '"http://[hidden]@host"'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=1,A=2', '[hidden]'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'Content-Length=5', '[hidden]'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%ff', '[hidden]'],
    ['OTEL_RESOURCE_ATTRIBUTES', '=1'],
    ['BREAKWATER_STDOUT', 'constructor'],
    ['BREAKWATER_STDOUT', ' '],
    ['BREAKWATER_TRACE_RATIO', '0x1'],
    ['BREAKWATER_TRACE_RATIO', '1e400'],
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', '-1'],
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', '2147483648'],
    ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '0'],
    ['OTEL_BSP_SCHEDULE_DELAY', '999999999999999999999'],
    ['OTEL_LOG_LEVEL', '__proto__'],
    ['OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION', 'exponential'],
    ['OTEL_EXPORTER_OTLP_CLIENT_KEY', '.'],
    ['OTEL_EXPORTER_OTLP_CLIENT_KEY', join(import.meta.dirname, 'kinds.ts')],
    ['OTEL_LOGS_EXPORTER', 'otlp/stdout'],
    ['OTEL_TRACES_EXPORTER', ' , '],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization', '[hidden]'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%0d%0ab', '[hidden]'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=%zz'],
    ['BREAKWATER_TELEMETRY', 'yes'],
    ['BREAKWATER_LOG_LEVEL', 'verbose'],
    ['BREAKWATER_LOG_LEVELS', 'db'],
    ['BREAKWATER_LOG_LEVELS', 'db=loud'],
    ['BREAKWATER_TRACE_RATIO', '1.5'],
    ['BREAKWATER_TRACE_RATIO', '-1'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '1.5'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '99'],
    ['BREAKWATER_BATCH_DELAY_MS', '1e3'],
    ['BREAKWATER_MAX_QUEUE', '0x400'],
    ['BREAKWATER_PROPAGATE_TO', 'https://host'],
    ['BREAKWATER_PROPAGATE_TO', '*'],
    ['BREAKWATER_SHUTDOWN_TIMEOUT_MS', 'NaN'],
    ['OTEL_SDK_DISABLED', 'yes'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'br'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/does/not/exist.pem'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector:4317'],
    ['OTEL_EXPORTER_OTLP_LOGS_HEADERS', 'authorization', '[hidden]'],
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_METRICS_EXPORTER', 'none,otlp'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_PROPAGATORS', 'tracecontext,b3'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '0'],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'sometimes'],
  ];
  for (const [variable, text, shown] of cases)
    test(`${variable}=${text.slice(0, 40)}`, () => {
      const mistakes = mistakesOf({ env: { [variable]: text } });
      assert.equal(mistakes.length, 1);
      assert.equal(mistakes[0]!.source, 'environment');
      assert.equal(mistakes[0]!.name, variable);
      if (shown !== undefined) assert.equal(mistakes[0]!.shown, shown);
      else assert.ok(mistakes[0]!.shown.startsWith(JSON.stringify(text).slice(0, 60)), mistakes[0]!.shown);
    });
});

test('options come before the environment, that before the file, that before defaults (R1)', () => {
  const path = file({ service: 'file', version: 'file', environment: 'file', shutdownTimeoutMs: 7_000 });
  const config = load({
    options: { service: 'option', version: undefined },
    env: { OTEL_SERVICE_NAME: 'env', BREAKWATER_VERSION: 'env', BREAKWATER_ENVIRONMENT: '', BREAKWATER_CONFIG: path },
  });
  assert.equal(config.service, 'option');
  assert.equal(config.version, 'env');
  assert.equal(config.environment, 'file');
  assert.equal(config.shutdownTimeoutMs, 7_000);
  assert.equal(config.otlpEndpoint, 'http://localhost:4318');
});

test('every mistake of all three places is listed at once (R3)', () => {
  const path = file({ stdout: 'no', shutdownTimeoutMS: 1 });
  const mistakes = mistakesOf({
    options: { traceRatio: 2, logLevels: { db: 'loud' } },
    env: { BREAKWATER_LOG_LEVEL: 'loud' },
    file: path,
  });
  assert.deepEqual(
    mistakes.map(({ source, name }) => [source, name]),
    [
      [path, '"shutdownTimeoutMS"'],
      ['options', 'service (or BREAKWATER_SERVICE, OTEL_SERVICE_NAME)'],
      [path, 'stdout'],
      ['environment', 'BREAKWATER_LOG_LEVEL'],
      ['options', 'logLevels'],
      ['options', 'traceRatio'],
    ],
  );
});

test('what does not fit together is listed beside what is wrong by itself, and not where one of the two is wrong (R3)', () => {
  const names = (env: Record<string, string>): string[] => mistakesOf({ env }).map(({ name }) => name);
  const drain = { BREAKWATER_DRAIN_MS: '9000' };
  assert.deepEqual(names({ ...drain, BREAKWATER_LOG_LEVEL: 'loud' }), ['BREAKWATER_LOG_LEVEL', 'drainMs']);
  assert.deepEqual(names({ ...drain, BREAKWATER_SHUTDOWN_TIMEOUT_MS: '25s' }), ['BREAKWATER_SHUTDOWN_TIMEOUT_MS']);
  assert.deepEqual(names({ OTEL_EXPORTER_OTLP_CLIENT_KEY: KEY }), ['otlpClientCertificate']);
});

test('an option that is no setting has its mistake in the same list (R3)', () => {
  const mistakes = mistakesOf({ options: { service: '', sinks: 7 } });
  assert.deepEqual(
    mistakes.map(({ name, shown }) => [name, shown]),
    [
      ['sinks', '7'],
      ['service', '""'],
    ],
  );
});

test('a file of the declarative configuration is refused, not passed over (R6)', () => {
  for (const name of ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE']) {
    const mistakes = mistakesOf({ env: { [name]: '/etc/otel.yaml' } });
    assert.deepEqual([mistakes.length, mistakes[0]!.name], [1, name]);
    assert.match(mistakes[0]!.expected, /BREAKWATER_CONFIG/);
    assert.equal(load({ env: { [name]: '' } }).service, 'shop');
  }
});

test('a map is a plain object: one that only looks empty is refused, and the entry at fault is named', () => {
  const shownOf = (options: object): string => mistakesOf({ options: { service: 'shop', ...options } })[0]!.shown;
  assert.equal(shownOf({ otlpHeaders: new Map([['key', 'x']]) }), '[hidden]');
  assert.equal(shownOf({ otlpHeaders: new Headers({ key: 'x' }) }), '[hidden]');
  assert.equal(shownOf({ resource: new Map() }), 'an object');
  assert.equal(shownOf({ logLevels: { 'a.b': 'info', db: 'loud' } }), 'an object with a wrong "db"');
  assert.equal(shownOf({ otlpHeaders: { 'Bearer hunter2': '' } }), '[hidden]');
  assert.deepEqual(load({ options: { service: 'shop', resource: Object.create(null) } }).resource, Object.create(null));
});

test('an address with blanks around it is refused as an option; a variable is trimmed', () => {
  assert.equal(mistakesOf({ options: { service: 'x', otlpEndpoint: ' http://host ' } })[0]!.name, 'otlpEndpoint');
  assert.equal(load({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: ' http://host ' } }).otlpEndpoint, 'http://host');
});

test('a time to drain that does not fit into the time to shut down is refused (R3)', () => {
  const [mistake] = mistakesOf({ env: { BREAKWATER_DRAIN_MS: '7000' } });
  assert.equal(mistake!.name, 'drainMs');
  assert.equal(load({ env: { BREAKWATER_DRAIN_MS: '7000', BREAKWATER_SHUTDOWN_TIMEOUT_MS: '25000' } }).drainMs, 7_000);
});

test('a signal’s own setting comes before that of all, wherever each was given; its endpoint is the whole address (R6)', () => {
  const config = load({
    options: { service: 'shop', otlpHeaders: { key: 'all' }, otlpTimeoutMs: 3_000 },
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://all:4318/base/',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:4318',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'other=one',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'none',
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
    },
  });
  const [traces, metrics, logs] = SIGNALS.map((signal) => exportTarget(config, signal));
  assert.deepEqual([traces!.url, metrics!.url], ['http://traces:4318/', 'http://all:4318/base/v1/metrics']);
  assert.deepEqual([{ ...traces!.headers }, metrics!.headers], [{ other: 'one' }, { key: 'all' }]);
  assert.deepEqual([traces!.compression, logs!.compression], ['gzip', 'none']);
  assert.deepEqual([traces!.json, logs!.json, logs!.timeoutMs], [false, true, 3_000]);
});

test('the sampler’s argument counts only beside a sampler that takes one (R7)', () => {
  const ratioOf = (env: Record<string, string>): number => load({ env }).traceRatio;
  assert.equal(ratioOf({ OTEL_TRACES_SAMPLER_ARG: '0.5' }), 1);
  assert.equal(ratioOf({ OTEL_TRACES_SAMPLER_ARG: 'whatever', OTEL_TRACES_SAMPLER: 'always_on' }), 1);
  assert.equal(ratioOf({ OTEL_TRACES_SAMPLER_ARG: '0.5', OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }), 0.5);
  const wrong = { OTEL_TRACES_SAMPLER_ARG: '50%', OTEL_TRACES_SAMPLER: 'traceidratio' };
  assert.equal(mistakesOf({ env: wrong })[0]!.name, 'OTEL_TRACES_SAMPLER_ARG');
});

test('the service may be named among the resource attributes, which come last (R8)', () => {
  const env = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=orders,team=a' };
  assert.equal(load({ options: {}, env }).service, 'orders');
  assert.equal(load({ options: {}, env: { ...env, OTEL_SERVICE_NAME: 'shop' } }).service, 'shop');
  for (const [attributes, name] of [
    ['service.name=', 'resource, service.name'],
    ['service.name=shop,team=%zz', 'OTEL_RESOURCE_ATTRIBUTES'],
  ] as const) {
    const mistakes = mistakesOf({ options: {}, env: { OTEL_RESOURCE_ATTRIBUTES: attributes } });
    assert.deepEqual(
      mistakes.map((mistake) => mistake.name),
      [name],
    );
  }
});

test('a certificate or key that is none is refused with the reason, its content never shown (R5)', () => {
  const body = readFileSync(KEY, 'latin1').split('\n')[1]!;
  const pem = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const block = (label: string, text: string): string => `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
  const good = rootCertificates[0]!;
  const encrypted = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' });
  const certificates: readonly (readonly [string, RegExp])[] = [
    ['/does/not/exist.pem', /"\/does\/not\/exist\.pem", which cannot be read: ENOENT$/],
    [folder, /which is no file$/],
    [pem('big', ' '.repeat(1_048_577)), /which is larger than 1048576 bytes$/],
    [pem('none', 'text'), /none", which holds no certificate$/],
    [KEY, /which holds no certificate$/],
    [pem('cut', good.slice(0, 300)), /which holds a certificate that is cut off$/],
    [
      pem('second', `${good}\n${block('CERTIFICATE', 'AAAA')}`),
      /which holds a certificate \(number 2\) that cannot be read: ERR_/,
    ],
    [good, /which is no path$/],
  ];
  const keys: readonly (readonly [string, RegExp])[] = [
    [PEM, /which holds no private key$/],
    [pem('broken', block('PRIVATE KEY', body.slice(4))), /which holds a private key that cannot be read: ERR_/],
    [pem('encrypted', String(encrypted)), /which holds an encrypted key, for which there is no passphrase$/],
    [readFileSync(KEY, 'latin1'), /which is no path$/],
    [body.repeat(2).slice(0, 100), /^\[hidden\], which cannot be read: E/],
  ];
  const check = (variable: string, value: string, words: RegExp): void => {
    const mistakes = mistakesOf({ env: { [variable]: value } }).filter(({ name }) => name === variable);
    assert.equal(mistakes.length, 1, value);
    assert.match(mistakes[0]!.shown, words);
    assert.ok(!mistakes[0]!.shown.includes(body.slice(8, 30)));
  };
  for (const [value, words] of certificates) check('OTEL_EXPORTER_OTLP_CERTIFICATE', value, words);
  for (const [value, words] of keys) check('OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY', value, words);
  assert.deepEqual(
    load({ env: { OTEL_EXPORTER_OTLP_CERTIFICATE: pem('many', rootCertificates.slice(0, 20).join('\n')) } })
      .otlpCertificate,
    join(folder, 'many'),
  );
});

describe('what does not fit together (R3)', () => {
  const cases: readonly (readonly [name: string, env: Record<string, string>])[] = [
    ['spanBatch', { OTEL_BSP_MAX_QUEUE_SIZE: '10', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '11' }],
    ['recordBatch', { OTEL_BLRP_MAX_QUEUE_SIZE: '10', OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '11' }],
    ['logsExporter', { OTEL_LOGS_EXPORTER: 'console', BREAKWATER_STDOUT: 'false' }],
    ['otlpClientCertificate', { OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: KEY }],
    ['otlpClientKey', { OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: PEM }],
    ['otlpClientKey', { OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: PEM, OTEL_EXPORTER_OTLP_CLIENT_KEY: KEY }],
    ['logsClientKey', { OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE: PEM, OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY: KEY }],
  ];
  for (const [name, env] of cases)
    test(name, () => {
      const [mistake] = mistakesOf({ env });
      assert.deepEqual([mistake!.source, mistake!.name], ['together', name]);
    });
});

test('a misspelt option or variable is refused and the right name offered (R4)', () => {
  assert.match(mistakesOf({ options: { service: 'x', enviroment: 'y' } })[0]!.expected, /perhaps environment$/);
  for (const [misspelt, right] of [
    ['BREAKWATER_LOGLEVEL', 'BREAKWATER_LOG_LEVEL'],
    ['OTEL_METRICS_EXPORT_INTERVAL', 'OTEL_METRIC_EXPORT_INTERVAL'],
    ['OTEL_TRACE_EXPORTER', 'OTEL_TRACES_EXPORTER'],
    ['OTEL_EXPORTER_OTLP_ENDPOINTS', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ] as const)
    assert.equal(mistakesOf({ env: { [misspelt]: '1' } })[0]!.expected, `a known name, perhaps ${right}`);
});

test('variables of other programs with the same prefix are left alone (R4)', () => {
  const env = Object.fromEntries(
    ['HOST', 'PORT', 'OTLP_PORT', 'DATA_DIR', 'CLICKHOUSE_URL', 'PUBLIC_URL', 'DEMO_URL', 'DEMO_INGEST_KEY'].map(
      (name) => [`BREAKWATER_${name}`, 'x'],
    ),
  );
  for (const name of [
    'OTEL_METRICS_EXEMPLAR_FILTER',
    'OTEL_SEMCONV_STABILITY_OPT_IN',
    'OTEL_NODE_RESOURCE_DETECTORS',
    'OTEL_EXPORTER_OTLP_INSECURE',
    'OTEL_EXPORTER_PROMETHEUS_PORT',
    'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
  ])
    env[name] = 'x';
  assert.equal(load({ env }).service, 'shop');
});

describe('no secret is shown (R5)', () => {
  const secret = 'hunter2hunter2';
  const cases: readonly Given[] = [
    { env: { OTEL_EXPORTER_OTLP_HEADERS: `authorization ${secret}` } },
    { options: { service: 'x', otlpHeaders: secret } },
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: `ftp://user:${secret}@host` } },
    { file: file(`{"otlpHeaders": {"key": "${secret}"`) },
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: `ftp://user:p@/x ${secret}@host` } },
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: `user:${secret}@host:4318` } },
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://host/?x=${secret}` } },
    { env: { OTEL_EXPORTER_OTLP_HEADERS: `a=1,a=${secret}` } },
    { env: { OTEL_EXPORTER_OTLP_HEADERS: `Bearer ${secret}=` } },
    { options: { service: 'x', tracesHeaders: { authorization: `Bearer ${secret}\n` } } },
    { file: file({ logsHeaders: [secret] }) },
    { file: file({ otlpHeader: secret }) },
  ];
  for (const given of cases)
    test(JSON.stringify(given).slice(0, 60), () => {
      try {
        load(given);
        assert.fail('no mistake was found');
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        assert.ok(!error.message.includes(secret), error.message);
      }
    });
});
