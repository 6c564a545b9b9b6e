import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { LogRecord } from '../telemetry/records.ts';
import { ingestKeyOf } from './ingest-key.ts';
import { createOtlpServer, type OtlpServer, type OtlpServerOptions } from './otlp-server.ts';
import { type Answer, send, statusOf } from './testing/otlp-client.ts';
import { encodeOtlp, otlpType } from './testing/otlp-schema.ts';
import { createRecordingSink } from './testing/recording-sink.ts';
import type { WireFormat } from './wire-format.ts';

const FORMATS: readonly WireFormat[] = ['protobuf', 'json'];
const TYPE: Readonly<Record<WireFormat, string>> = { protobuf: 'application/x-protobuf', json: 'application/json' };

let server: OtlpServer | undefined;
let logged: string[] = [];
afterEach(async () => {
  await server?.stop();
  server = undefined;
  logged = [];
});

async function start(options: Partial<OtlpServerOptions> = {}): Promise<string> {
  server = createOtlpServer({
    host: '127.0.0.1',
    port: 0,
    sink: createRecordingSink(),
    log: (line) => logged.push(line),
    ...options,
  });
  return `http://127.0.0.1:${(await server.start()).port}`;
}

function logsMessage(format: WireFormat, ...texts: string[]): Buffer {
  const message = { resourceLogs: [{ scopeLogs: [{ logRecords: texts.map((severityText) => ({ severityText })) }] }] };
  return format === 'json' ? Buffer.from(JSON.stringify(message)) : Buffer.from(encodeOtlp('LogsRequest', message));
}

/** Opens a socket, writes, and collects what comes back until the other side closes. */
async function raw(url: string, ...parts: (string | Uint8Array)[]): Promise<string> {
  const socket = await open(url);
  for (const part of parts) socket.write(part);
  return readAll(socket);
}
async function open(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  // A reset by the server ends the reading, too.
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

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
    body: (format) => gzipSync(logsMessage(format, 'x'.repeat(5_000))).subarray(0, 30),
    status: 400,
    code: 3,
    message: /not valid gzip/,
  },
  {
    name: 'zstd that ends early',
    headers: { 'content-encoding': 'zstd' },
    body: (format) => zstdCompressSync(logsMessage(format, 'x'.repeat(5_000))).subarray(0, 20),
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
    body: (format) => logsMessage(format, 'x'.repeat(200)),
    status: 413,
    code: 8,
    message: /larger than 100 bytes/,
  },
  {
    name: 'body past the limit once decompressed',
    server: { maxBodyBytes: 1_000 },
    headers: { 'content-encoding': 'gzip' },
    body: (format) => gzipSync(logsMessage(format, 'x'.repeat(2_000))),
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
        const url = await start(refusal.server);
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        const path = refusal.path ?? '/v1/logs';
        const options = {
          method: refusal.method ?? 'POST',
          headers: { 'content-type': TYPE[format], ...refusal.headers },
          body: refusal.body?.(format) ?? logsMessage(format, 'a'),
          agent,
        };
        const answer = await send(url + path, options);
        assert.equal(answer.status, refusal.status);
        assert.equal(answer.headers['content-type'], TYPE[format]);
        const status = statusOf(answer);
        assert.equal(status.code, refusal.code);
        assert.match(status.message, refusal.message);
        if (refusal.header !== undefined) assert.equal(answer.headers[refusal.header[0]], refusal.header[1]);
        const [fault] = server?.counters.faults ?? [];
        assert.deepEqual({ ...fault, at: 0 }, { at: 0, path, status: refusal.status, reason: status.message });
        assert.equal(server?.counters.rejected, 1);
        // The connection is as good as before.
        assert.equal((await send(url + path, options)).status, refusal.status);
        agent.destroy();
      });
    }
  }

  test('415 for other content types, in JSON; gRPC is named', async () => {
    const url = await start();
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
    const url = await start();
    assert.equal((await send(`${url}/favicon.ico`, { method: 'GET' })).status, 404);
    assert.equal((await send(`${url}/v1/logs`, { method: 'GET' })).status, 405);
    assert.deepEqual(
      server?.counters.faults.map((fault) => fault.path),
      ['/v1/logs'],
    );
  });

  test('a failure of the sink is logged with its reason', async () => {
    const url = await start({ sink: refusing(new Error('disk on fire')) });
    await send(`${url}/v1/logs`, { headers: { 'content-type': TYPE.json }, body: logsMessage('json', 'a') });
    assert.match(logged.join('\n'), /disk on fire/);
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
      const url = await start();
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
        body: logsMessage(format, 'a'),
      });
      assert.equal(answer.body.toString(), empty);
      assert.deepEqual(server?.counters.accepted, { logs: 1, spans: 0, metricPoints: 0 });
      assert.deepEqual(server?.counters.faults, []);
    });

    test(`a bad span is rejected alone and counted, ${format}`, async () => {
      const sink = createRecordingSink();
      const url = await start({ sink });
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
      assert.ok(server);
      const { faults, rejected, accepted } = server.counters;
      assert.deepEqual({ rejected, spans: accepted.spans }, { rejected: 1, spans: 2 });
      assert.deepEqual({ ...faults[0], at: 0 }, { at: 0, path: '/v1/traces', status: 200, reason: errorMessage });
    });

    test(`a warning comes without a count, ${format}`, async () => {
      const url = await start({ now: () => 0 });
      const message = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1700000000000000000' }] }] }] };
      const body = format === 'json' ? JSON.stringify(message) : encodeOtlp('LogsRequest', message);
      const answer = await send(`${url}/v1/logs`, { headers: { 'content-type': TYPE[format] }, body });
      assert.deepEqual(partialSuccess(answer), {
        errorMessage: 'warning: a time more than 24 h in the future was set to the time of receipt',
      });
      assert.equal(server?.counters.rejected, 0);
    });

    test(`gzip, deflate and zstd, ${format}`, async () => {
      const sink = createRecordingSink();
      const url = await start({ sink });
      for (const [encoding, compress] of [
        ['gzip', gzipSync],
        ['GZIP', gzipSync],
        ['deflate', deflateSync],
        ['zstd', zstdCompressSync],
        ['identity', (bytes: Buffer) => bytes],
      ] as const) {
        const answer = await send(`${url}/v1/logs`, {
          headers: { 'content-type': TYPE[format], 'content-encoding': encoding },
          body: compress(logsMessage(format, encoding)),
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
    const url = await start({ checkKey: (headers) => ingestKeyOf(headers) === 'secret' });
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
    const url = await start({ sink });
    let isAnswered = false;
    const answer = send(`${url}/v1/logs`, { headers: { 'content-type': TYPE.json }, body: logsMessage('json', 'a') });
    answer.then(
      () => {
        isAnswered = true;
      },
      () => {},
    );
    await reached.promise;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isAnswered, false);
    assert.equal(server?.counters.accepted.logs, 0);
    stored.resolve();
    assert.equal((await answer).status, 200);
  });

  test('pages of configured origins may send', async () => {
    const url = await start({ corsOrigins: ['https://shop.example'] });
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

describe('hostile and broken clients', () => {
  const head = (length: number | 'chunked', extra = ''): string =>
    `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${extra}${
      length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
    }\r\n\r\n`;

  test('a body that stalls is answered with 408 and the connection ends', async () => {
    const url = await start({ bodyTimeoutMs: 50 });
    const answer = await raw(url, head(1_000), '{');
    assert.match(answer, /^HTTP\/1.1 408 .*"code":4,"message":"the request body did not arrive within 50 ms"/s);
    assert.match(server?.counters.faults[0]?.reason ?? '', /did not arrive/);
  });

  test('headers that stall are answered with 408 and the connection ends', async () => {
    const url = await start({ headersTimeoutMs: 50 });
    assert.match(await raw(url, 'POST /v1/logs HTTP/1.1\r\nHost: x\r\nX-Slow: '), /^HTTP\/1.1 408 /);
  });

  test('a zip bomb of 4 GiB is refused at the limit', async () => {
    const url = await start({ maxBodyBytes: 8 * 1024 * 1024 });
    const member = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    const bomb = Buffer.concat(Array.from({ length: 256 }, () => member));
    const before = process.memoryUsage.rss();
    const answer = await send(`${url}/v1/logs`, {
      headers: { 'content-type': TYPE.protobuf, 'content-encoding': 'gzip' },
      body: bomb,
    });
    assert.equal(answer.status, 413);
    const grown = process.memoryUsage.rss() - before;
    assert.ok(grown < 100 * 1024 * 1024, `grew by ${grown} bytes`);
  });

  test('a zstd frame that asks for a window of 128 MiB is refused', async () => {
    const url = await start();
    // Magic number, frame header without content size, window descriptor 2^27, an empty last block.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00]);
    const answer = await send(`${url}/v1/logs`, {
      headers: { 'content-type': TYPE.protobuf, 'content-encoding': 'zstd' },
      body: frame,
    });
    assert.equal(answer.status, 400);
  });

  test('a body without end is refused at the limit, and not read for ever', async () => {
    const url = await start({ maxBodyBytes: 1_000 });
    const socket = await open(url);
    const answer = readAll(socket);
    socket.write(head('chunked'));
    const chunk = `400\r\n${' '.repeat(1024)}\r\n`;
    const pump = (): void => {
      if (!socket.destroyed) socket.write(chunk, () => setImmediate(pump));
    };
    pump();
    assert.match(await answer, /^HTTP\/1.1 413 /);
  });

  test('a large body is refused by its length before it is sent, where the client asks first', async () => {
    const url = await start({ maxBodyBytes: 1_000 });
    const refused = await raw(url, head(5_000, 'Expect: 100-continue\r\n'));
    assert.match(refused, /^HTTP\/1.1 413 /);
    const socket = await open(url);
    const answer = readAll(socket);
    socket.write(head(2, 'Expect: 100-continue\r\nConnection: close\r\n'));
    await once(socket, 'data');
    socket.write('{}');
    assert.match(await answer, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
  });

  test('bodies that together hold too much are put off with 503', async () => {
    const url = await start({ maxBodyBytes: 1_000, maxInFlightBytes: 1_000, bodyTimeoutMs: 10_000 });
    const holder = await open(url);
    holder.write(head(1_000) + ' '.repeat(900));
    const headers = { 'content-type': TYPE.json };
    let answer: Answer;
    // The bytes of the holder are on their way; until they have arrived there is room.
    do {
      answer = await send(`${url}/v1/logs`, { headers, body: `{}${' '.repeat(500)}` });
    } while (answer.status === 200);
    assert.equal(answer.status, 503);
    assert.match(statusOf(answer).message, /too much data/);
    const closed = once(holder, 'close');
    holder.destroy();
    await closed;
    do {
      answer = await send(`${url}/v1/logs`, { headers, body: `{}${' '.repeat(500)}` });
    } while (answer.status === 503);
    assert.equal(answer.status, 200);
  });

  test('a client that goes away in the middle of its body leaves nothing behind', async () => {
    const sink = createRecordingSink();
    const url = await start({ sink });
    const socket = await open(url);
    socket.write(head(1_000, 'Content-Encoding: gzip\r\n'));
    socket.write(gzipSync(Buffer.alloc(100)).subarray(0, 10), () => socket.resetAndDestroy());
    await once(socket, 'close');
    await server?.stop();
    assert.deepEqual(sink.logs, []);
    assert.deepEqual(logged, []);
  });

  test('HTTP/2 (gRPC), TLS and noise are answered in HTTP/1.1 and remembered by name', async () => {
    const url = await start();
    assert.match(
      await raw(url, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', Buffer.alloc(9)),
      /^HTTP\/1.1 400 .*gRPC \(HTTP\/2\)/s,
    );
    await raw(url, Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]));
    assert.match(await raw(url, 'hello\r\n\r\n'), /^HTTP\/1.1 400 /);
    assert.deepEqual(
      server?.counters.faults.map((fault) => fault.path),
      ['(not a request)', '(TLS)', '(HTTP/2)'],
    );
    assert.equal(server?.counters.rejected, 0);
  });
});

describe('start and stop', () => {
  test('a taken port is the error of start', async () => {
    const url = await start();
    const second = createOtlpServer({
      host: '127.0.0.1',
      port: Number(new URL(url).port),
      sink: createRecordingSink(),
      log: () => {},
    });
    await assert.rejects(second.start(), { code: 'EADDRINUSE' });
    await second.stop();
  });

  test('wrong options are refused by name', () => {
    const options = { host: '127.0.0.1', port: 0, sink: createRecordingSink(), log: () => {} };
    assert.throws(() => createOtlpServer({ ...options, maxBodyBytes: 0 }), /maxBodyBytes must be above 0, got 0/);
    assert.throws(() => createOtlpServer({ ...options, bodyTimeoutMs: Number.NaN }), /bodyTimeoutMs/);
  });

  test('stop waits for what is being stored, refuses what comes after, and closes idle connections', async () => {
    const stored = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const kept: LogRecord[] = [];
    const sink = {
      ...createRecordingSink(),
      acceptLogs: async (records: readonly LogRecord[]) => {
        reached.resolve();
        await stored.promise;
        kept.push(...records);
      },
    };
    const url = await start({ sink });
    const idle = await open(url);
    idle.write('GET /v1/logs HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    const inFlight = await open(url);
    const answers = readAll(inFlight);
    const body = logsMessage('json', 'a').toString();
    const request = `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    inFlight.write(request);
    await reached.promise;
    const idleClosed = once(idle, 'close');
    const stopping = server?.stop();
    await idleClosed;
    assert.equal(kept.length, 0);
    stored.resolve();
    await stopping;
    assert.equal(kept.length, 1);
    assert.match(await answers, /^HTTP\/1.1 200 OK.*connection: close/is);
    await assert.rejects(send(`${url}/v1/logs`), { code: 'ECONNREFUSED' });
  });

  test('a body that is still arriving at stop is refused with 503 after the grace', async () => {
    const url = await start({ stopGraceMs: 20 });
    const socket = await open(url);
    const answer = readAll(socket);
    socket.write(
      'POST /v1/logs HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n',
    );
    // The 100 says that the body is being waited for.
    await once(socket, 'data');
    socket.write('{');
    await server?.stop();
    assert.match(await answer, /HTTP\/1.1 503 .*retry-after: 3/is);
  });

  test('stop under load loses no acknowledged record', async () => {
    const sink = createRecordingSink();
    const stored = new Set<string>();
    let batches = 0;
    const url = await start({
      sink: {
        ...sink,
        acceptLogs: async (records) => {
          // A store that takes its time, not always the same.
          await new Promise((resolve) => setTimeout(resolve, batches++ % 5));
          for (const record of records) stored.add(record.severityText);
        },
      },
    });
    const acknowledged: string[] = [];
    const refusals = new Set<number | string>();
    const enough = Promise.withResolvers<void>();
    const agent = new Agent({ keepAlive: true });
    const client = async (name: number): Promise<void> => {
      for (let i = 0; ; i++) {
        const format: WireFormat = i % 2 === 0 ? 'json' : 'protobuf';
        const text = `${name}-${i}`;
        try {
          const answer = await send(`${url}/v1/logs`, {
            headers: { 'content-type': TYPE[format], 'content-encoding': 'gzip' },
            body: gzipSync(logsMessage(format, text)),
            agent,
          });
          if (answer.status === 200) acknowledged.push(text);
          else refusals.add(answer.status);
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          refusals.add(String(code));
          if (code === 'ECONNREFUSED') return;
        }
        if (acknowledged.length === 200) enough.resolve();
      }
    };
    const clients = Array.from({ length: 16 }, (_, name) => client(name));
    await enough.promise;
    await server?.stop();
    await Promise.all(clients);
    agent.destroy();
    assert.ok(acknowledged.length >= 200);
    assert.deepEqual(
      acknowledged.filter((text) => !stored.has(text)),
      [],
    );
    assert.ok(refusals.has('ECONNREFUSED'));
    for (const refusal of refusals) assert.ok([503, 'ECONNREFUSED', 'ECONNRESET'].includes(refusal), String(refusal));
    assert.equal(server?.counters.accepted.logs, stored.size);
  });
});
