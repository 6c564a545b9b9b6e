import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createLiveServer, open, raw, readAll, TYPE } from './testing/live-server.ts';
import { type Answer, send, statusOf } from './testing/otlp-client.ts';
import { createRecordingSink } from './testing/recording-sink.ts';

const live = createLiveServer();
afterEach(() => live.stop());

describe('hostile and broken clients', () => {
  const head = (length: number | 'chunked', extra = ''): string =>
    `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${extra}${
      length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
    }\r\n\r\n`;

  test('a body that stalls is answered with 408 and the connection ends', async () => {
    const url = await live.start({ bodyTimeoutMs: 50 });
    const answer = await raw(url, head(1_000), '{');
    assert.match(answer, /^HTTP\/1.1 408 .*"code":4,"message":"the request body did not arrive within 50 ms"/s);
    assert.match(String(live.server.counters.faults[0]?.reason), /did not arrive/);
  });

  test('headers that stall are answered with 408 and the connection ends', async () => {
    const url = await live.start({ headersTimeoutMs: 50 });
    assert.match(await raw(url, 'POST /v1/logs HTTP/1.1\r\nHost: x\r\nX-Slow: '), /^HTTP\/1.1 408 /);
  });

  test('a zip bomb of 4 GiB is refused at the limit', async () => {
    const url = await live.start({ maxBodyBytes: 8 * 1024 * 1024 });
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
    const url = await live.start();
    // Magic number, frame header without content size, window descriptor 2^27, an empty last block.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00]);
    const answer = await send(`${url}/v1/logs`, {
      headers: { 'content-type': TYPE.protobuf, 'content-encoding': 'zstd' },
      body: frame,
    });
    assert.equal(answer.status, 400);
  });

  test('a body without end is refused at the limit, and not read for ever', async () => {
    const url = await live.start({ maxBodyBytes: 1_000 });
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
    const url = await live.start({ maxBodyBytes: 1_000 });
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
    const url = await live.start({ maxBodyBytes: 1_000, maxInFlightBytes: 1_000, bodyTimeoutMs: 10_000 });
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
    const url = await live.start({ sink });
    const socket = await open(url);
    socket.write(head(1_000, 'Content-Encoding: gzip\r\n'));
    socket.write(gzipSync(Buffer.alloc(100)).subarray(0, 10), () => socket.resetAndDestroy());
    await once(socket, 'close');
    await live.server.stop();
    assert.deepEqual(sink.logs, []);
    assert.deepEqual(live.logged, []);
  });

  test('HTTP/2 (gRPC), TLS and noise are answered in HTTP/1.1 and remembered by name', async () => {
    const url = await live.start();
    assert.match(
      await raw(url, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', Buffer.alloc(9)),
      /^HTTP\/1.1 400 .*gRPC \(HTTP\/2\)/s,
    );
    await raw(url, Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]));
    assert.match(await raw(url, 'hello\r\n\r\n'), /^HTTP\/1.1 400 /);
    assert.deepEqual(
      live.server.counters.faults.map((fault) => fault.path),
      ['(not a request)', '(TLS)', '(HTTP/2)'],
    );
    assert.equal(live.server.counters.rejected, 0);
  });
});
