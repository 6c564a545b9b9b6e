import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { afterEach, describe, test } from 'node:test';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { oldestKeptMs } from '../telemetry/retention.ts';
import { ingestKeyOf } from './ingest-key.ts';
import type { OtlpServerOptions } from './otlp-server.ts';
import { createLiveServer, FORMATS, logsRequest, TYPE } from './testing/live-server.ts';
import { type Answer, send, statusOf } from './testing/otlp-client.ts';
import { encodeOtlp, otlpType } from './testing/otlp-schema.ts';
import { createRecordingSink } from './testing/recording-sink.ts';
import type { WireFormat } from './wire-format.ts';

const live = createLiveServer();
afterEach(() => live.stop());

const hasNoRoom = { ...createRecordingSink(), hasRoom: () => false };
const refusing = (error: unknown) => ({ ...createRecordingSink(), acceptLogs: () => Promise.reject(error) });

interface Case {
  name: string;
  server?: Partial<OtlpServerOptions>;
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: (format: WireFormat) => Uint8Array;
  status: number;
  code: number;
  message: RegExp;
  header?: [name: string, value: string];
}
const CASES: readonly Case[] = [
  { name: 'malformed body', body: () => Buffer.from('{"x'), status: 400, code: 3, message: /malformed/ },
  {
    name: 'body that is not gzip',
    headers: { 'content-encoding': 'gzip' },
    status: 400,
    code: 3,
    message: /not valid gzip/,
  },
  {
    name: 'gzip that ends early',
    headers: { 'content-encoding': 'gzip' },
    body: (format) => gzipSync(logsRequest(format, 'x'.repeat(5_000))).subarray(0, 30),
    status: 400,
    code: 3,
    message: /not valid gzip/,
  },
  {
    name: 'zstd that ends early',
    headers: { 'content-encoding': 'zstd' },
    body: (format) => zstdCompressSync(logsRequest(format, 'x'.repeat(5_000))).subarray(0, 20),
    status: 400,
    code: 3,
    message: /zstd/,
  },
  {
    name: 'body that is not deflate',
    headers: { 'content-encoding': 'deflate' },
    status: 400,
    code: 3,
    message: /not valid deflate/,
  },
  {
    name: 'missing key',
    server: { checkKey: (headers) => ingestKeyOf(headers) === 'secret' },
    status: 401,
    code: 16,
    message: /key/,
    header: ['www-authenticate', 'Bearer'],
  },
  {
    name: 'wrong key',
    server: { checkKey: (headers) => ingestKeyOf(headers) === 'secret' },
    headers: { authorization: 'Bearer guess' },
    status: 401,
    code: 16,
    message: /key/,
  },
  { name: 'wrong path', path: '/v1/log', status: 404, code: 12, message: /did you mean \/v1\/logs/ },
  { name: 'no path', path: '/', status: 404, code: 12, message: /the path is missing/ },
  {
    name: 'wrong method',
    method: 'PUT',
    status: 405,
    code: 12,
    message: /takes POST, not PUT/,
    header: ['allow', 'POST'],
  },
  {
    name: 'body past the limit',
    server: { maxBodyBytes: 100 },
    body: (format) => logsRequest(format, 'x'.repeat(200)),
    status: 413,
    code: 8,
    message: /larger than 100 bytes/,
  },
  {
    name: 'body past the limit once decompressed',
    server: { maxBodyBytes: 1_000 },
    headers: { 'content-encoding': 'gzip' },
    body: (format) => gzipSync(logsRequest(format, 'x'.repeat(2_000))),
    status: 413,
    code: 8,
    message: /larger than 1000 bytes/,
  },
  {
    name: 'encoding that is not supported',
    headers: { 'content-encoding': 'br' },
    status: 415,
    code: 3,
    message: /"br" is not supported/,
    header: ['accept-encoding', 'gzip, deflate, zstd'],
  },
  {
    name: 'sink without room',
    server: { sink: hasNoRoom },
    status: 503,
    code: 14,
    message: /cannot take more/,
    header: ['retry-after', '1'],
  },
  {
    name: 'sink that asks for time',
    server: { sink: refusing(Object.assign(new Error('full'), { retryAfterSeconds: 30 })) },
    status: 503,
    code: 14,
    message: /cannot take more/,
    header: ['retry-after', '3'],
  },
  {
    name: 'sink on a full disk',
    server: {
      sink: refusing(Object.assign(new Error('no space'), { retryAfterSeconds: 2, code: 'STORE_DISK_FULL' })),
    },
    status: 503,
    code: 14,
    message: /disk of the store is full/,
    header: ['retry-after', '2'],
  },
  {
    name: 'sink that fails',
    server: { sink: refusing(new Error('disk on fire')) },
    status: 503,
    code: 14,
    message: /could not be stored/,
    header: ['retry-after', '2'],
  },
];

describe('refusals carry a google.rpc.Status in the encoding of the request', () => {
  for (const format of FORMATS) {
    for (const refusal of CASES) {
      test(`${refusal.status} ${refusal.name}, ${format}`, async () => {
        const url = await live.start(refusal.server);
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        const path = refusal.path ?? '/v1/logs';
        const options = {
          method: refusal.method ?? 'POST',
          headers: { 'content-type': TYPE[format], ...refusal.headers },
          body: refusal.body?.(format) ?? logsRequest(format, 'a'),
          agent,
        };
        const answer = await send(url + path, options);
        assert.equal(answer.status, refusal.status);
        assert.equal(answer.headers['content-type'], TYPE[format]);
        const status = statusOf(answer);
        assert.equal(status.code, refusal.code);
        assert.match(status.message, refusal.message);
        if (refusal.header !== undefined) assert.equal(answer.headers[refusal.header[0]], refusal.header[1]);
        const [fault] = live.server.counters.faults;
        assert.deepEqual({ ...fault, at: 0 }, { at: 0, path, status: refusal.status, reason: status.message });
        assert.equal(live.server.counters.rejected, 1);
        // The connection is as good as before.
        assert.equal((await send(url + path, options)).status, refusal.status);
        agent.destroy();
      });
    }
  }

  test('415 for other content types, in JSON; gRPC is named', async () => {
    const url = await live.start();
    for (const [type, message] of [
      ['text/plain', /"text\/plain" is not supported/],
      ['application/grpc+proto', /gRPC .* OTEL_EXPORTER_OTLP_PROTOCOL=http\/protobuf/],
      [undefined, /there is no content-type/],
    ] as const) {
      const answer = await send(`${url}/v1/traces`, { headers: type === undefined ? {} : { 'content-type': type } });
      assert.equal(answer.status, 415);
      assert.match(statusOf(answer).message, message);
    }
  });

  test('a browser looking at the port is no fault', async () => {
    const url = await live.start();
    assert.equal((await send(`${url}/favicon.ico`, { method: 'GET' })).status, 404);
    assert.equal((await send(`${url}/v1/logs`, { method: 'GET' })).status, 405);
    assert.deepEqual(
      live.server.counters.faults.map((fault) => fault.path),
      ['/v1/logs'],
    );
  });

  test('a failure of the sink is logged with its reason', async () => {
    const url = await live.start({ sink: refusing(new Error('disk on fire')) });
    await send(`${url}/v1/logs`, { headers: { 'content-type': TYPE.json }, body: logsRequest('json', 'a') });
    assert.match(live.logged.join('\n'), /disk on fire/);
  });
});

describe('successes', () => {
  for (const format of FORMATS) {
    const partialSuccess = (answer: Answer): unknown =>
      format === 'json'
        ? JSON.parse(answer.body.toString()).partialSuccess
        : JSON.parse(JSON.stringify(otlpType('ExportResponse').decode(answer.body))).partialSuccess;
    const empty = format === 'json' ? '{}' : '';

    test(`an empty request and a full success get an empty message, ${format}`, async () => {
      const url = await live.start();
      for (const path of ['/v1/logs', '/v1/traces', '/v1/metrics?x=1']) {
        const answer = await send(url + path, {
          headers: { 'content-type': `${TYPE[format]}; charset=utf-8` },
          body: empty,
        });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['content-type'], TYPE[format]);
        assert.equal(answer.body.toString(), empty);
      }
      const answer = await send(`${url}/v1/logs`, {
        headers: { 'content-type': TYPE[format] },
        body: logsRequest(format, 'a'),
      });
      assert.equal(answer.body.toString(), empty);
      assert.deepEqual(live.server.counters.accepted, { logs: 1, spans: 0, metricPoints: 0 });
      assert.deepEqual(live.server.counters.faults, []);
    });

    test(`a bad span is rejected alone and counted, ${format}`, async () => {
      const sink = createRecordingSink();
      const url = await live.start({ sink });
      const id = (bytes: number): string | Buffer =>
        format === 'json' ? '11'.repeat(bytes) : Buffer.alloc(bytes, 0x11);
      const span = { traceId: id(16), spanId: id(8), startTimeUnixNano: '1', endTimeUnixNano: '2' };
      const message = { resourceSpans: [{ scopeSpans: [{ spans: [span, { ...span, spanId: id(7) }, span] }] }] };
      const body = format === 'json' ? JSON.stringify(message) : encodeOtlp('TracesRequest', message);
      const answer = await send(`${url}/v1/traces`, { headers: { 'content-type': TYPE[format] }, body });
      assert.equal(answer.status, 200);
      const errorMessage = 'rejected 1: span_id of a span is not 8 bytes long';
      assert.deepEqual(partialSuccess(answer), {
        [format === 'json' ? 'rejectedSpans' : 'rejected']: '1',
        errorMessage,
      });
      assert.equal(sink.spans.length, 2);
      const { faults, rejected, accepted } = live.server.counters;
      assert.deepEqual({ rejected, spans: accepted.spans }, { rejected: 1, spans: 2 });
      assert.deepEqual({ ...faults[0], at: 0 }, { at: 0, path: '/v1/traces', status: 200, reason: errorMessage });
    });

    test(`records older than the retention are rejected, counted and explained, ${format}`, async () => {
      const sink = createRecordingSink();
      const nowMs = Date.UTC(2026, 10, 25, 12);
      const url = await live.start({ sink, now: () => nowMs, oldestMs: oldestKeptMs });
      const times = [nowMs, nowMs - 29 * 86_400_000, nowMs - 30 * 86_400_000].map((ms) => `${ms}000000`);
      const logRecords = [...times, String(nowMs), String(nowMs - 5)].map((timeUnixNano) => ({ timeUnixNano }));
      const request = async (path: string, schema: Parameters<typeof encodeOtlp>[0], message: object) => {
        const body = format === 'json' ? JSON.stringify(message) : encodeOtlp(schema, message);
        const answer = await send(`${url}${path}`, { headers: { 'content-type': TYPE[format] }, body });
        assert.equal(answer.status, 200);
        return partialSuccess(answer);
      };
      const logs = await request('/v1/logs', 'LogsRequest', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
      const errorMessage =
        'rejected 3: a time of 2026-10-26 is older than what is kept, log records from 2026-10-27 on (3 times)';
      assert.deepEqual(logs, { [format === 'json' ? 'rejectedLogRecords' : 'rejected']: '3', errorMessage });
      assert.equal(sink.logs.length, 2);
      assert.equal(live.server.counters.faults[0]?.reason, errorMessage);

      const id = (bytes: number): string | Buffer =>
        format === 'json' ? '11'.repeat(bytes) : Buffer.alloc(bytes, 0x11);
      const span = { traceId: id(16), spanId: id(8), startTimeUnixNano: String(nowMs), endTimeUnixNano: String(nowMs) };
      const spans = await request('/v1/traces', 'TracesRequest', {
        resourceSpans: [{ scopeSpans: [{ spans: [span] }] }],
      });
      assert.match(
        JSON.stringify(spans),
        /a time of 1970-01-01 .* spans from .*; were milliseconds sent as nanoseconds\?"/,
      );
      assert.deepEqual(sink.spans, []);

      const dataPoints = [{ timeUnixNano: String(nowMs / 1_000) }];
      const metrics = [{ name: 'm', gauge: { dataPoints } }];
      const points = await request('/v1/metrics', 'MetricsRequest', {
        resourceMetrics: [{ scopeMetrics: [{ metrics }] }],
      });
      assert.match(JSON.stringify(points), /a time of 1970-01-01 .*; were seconds sent as nanoseconds\?"/);
      assert.equal(live.server.counters.rejected, 5);
    });

    test(`a warning comes without a count, ${format}`, async () => {
      const url = await live.start({ now: () => 0 });
      const message = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1700000000000000000' }] }] }] };
      const body = format === 'json' ? JSON.stringify(message) : encodeOtlp('LogsRequest', message);
      const answer = await send(`${url}/v1/logs`, { headers: { 'content-type': TYPE[format] }, body });
      assert.deepEqual(partialSuccess(answer), {
        errorMessage: 'warning: a time more than 24 h in the future was set to the time of receipt',
      });
      assert.equal(live.server.counters.rejected, 0);
    });

    test(`gzip, deflate and zstd, ${format}`, async () => {
      const sink = createRecordingSink();
      const url = await live.start({ sink });
      for (const [encoding, compress] of [
        ['gzip', gzipSync],
        ['GZIP', gzipSync],
        ['deflate', deflateSync],
        ['zstd', zstdCompressSync],
        ['identity', (bytes: Buffer) => bytes],
      ] as const) {
        const answer = await send(`${url}/v1/logs`, {
          headers: { 'content-type': TYPE[format], 'content-encoding': encoding },
          body: compress(logsRequest(format, encoding)),
        });
        assert.equal(answer.status, 200, encoding);
      }
      assert.deepEqual(
        sink.logs.map((log) => log.severityText),
        ['gzip', 'GZIP', 'deflate', 'zstd', 'identity'],
      );
    });
  }

  test('a key is taken from Authorization, with and without Bearer, and from x-api-key', async () => {
    const url = await live.start({ checkKey: (headers) => ingestKeyOf(headers) === 'secret' });
    for (const header of [{ authorization: 'Bearer secret' }, { authorization: 'secret' }, { 'x-api-key': 'secret' }]) {
      const answer = await send(`${url}/v1/logs`, { headers: { 'content-type': TYPE.json, ...header }, body: '{}' });
      assert.equal(answer.status, 200);
    }
  });

  test('success is answered only after the sink has stored the batch', async () => {
    const stored = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const sink = {
      ...createRecordingSink(),
      acceptLogs: () => {
        reached.resolve();
        return stored.promise;
      },
    };
    const url = await live.start({ sink });
    let isAnswered = false;
    const answer = send(`${url}/v1/logs`, { headers: { 'content-type': TYPE.json }, body: logsRequest('json', 'a') });
    answer.then(
      () => {
        isAnswered = true;
      },
      () => {},
    );
    await reached.promise;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isAnswered, false);
    assert.equal(live.server.counters.accepted.logs, 0);
    stored.resolve();
    assert.equal((await answer).status, 200);
  });

  test('pages of configured origins may send', async () => {
    const url = await live.start({ corsOrigins: ['https://shop.example'] });
    const preflight = (origin: string) =>
      send(`${url}/v1/traces`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-team' },
      });
    const allowed = await preflight('https://shop.example');
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers['access-control-allow-origin'], 'https://shop.example');
    assert.match(String(allowed.headers['access-control-allow-headers']), /content-type, .*traceparent, .*x-team/);
    const refused = await preflight('https://evil.example');
    assert.equal(refused.status, 403);
    assert.equal(refused.headers['access-control-allow-origin'], undefined);
    const answer = await send(`${url}/v1/traces`, {
      headers: { 'content-type': TYPE.json, origin: 'https://shop.example' },
      body: '{}',
    });
    assert.equal(answer.headers['access-control-allow-origin'], 'https://shop.example');
    assert.equal(answer.headers['access-control-expose-headers'], 'retry-after');
  });
});
