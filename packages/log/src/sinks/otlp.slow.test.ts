import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { dropLowest, spill } from '../full.ts';
import { type OtlpOptions, otlpSink } from './otlp.ts';

const line = (index: number): string =>
  `{"timestamp":"2025-11-25T01:02:03.123Z","severityText":"INFO","severityNumber":9,"body":"b${index}","resource":{"service.name":"t"},"attributes":{}}\n`;

async function receiver(answer: (count: number, response: ServerResponse, request: IncomingMessage) => void) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      bodies.push(text);
      answer(bodies.length, response, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { bodies, url, close };
}

test('R62 what the receiver cannot take now is sent again, after the time it asks for; a refused batch is counted', async () => {
  const { bodies, url, close } = await receiver((count, response) => {
    if (count === 1) response.writeHead(503, { 'retry-after': '0' }).end();
    else if (count === 2) response.destroy();
    else if (count === 3) response.end('{"partialSuccess":{"rejectedLogRecords":"2"}}');
    else response.writeHead(400).end();
  });
  const sink = otlpSink({ url, encoding: 'json', random: () => 0 });
  for (let index = 0; index < 5; index++) sink.write(line(index), 9);
  await sink.flush();
  assert.equal(bodies.length, 3);
  assert.equal(bodies[0], bodies[2]);
  assert.deepEqual(sink.counts(), { emitted: 5, written: 3, pending: 0, dropped: { rejected: 2 } });
  sink.write(line(6), 9);
  await sink.close();
  assert.deepEqual(sink.counts(), { emitted: 6, written: 3, pending: 0, dropped: { rejected: 3 } });
  await close();
});

test('R62 while the receiver is away lines wait in bounded memory; at close the rest is counted', async () => {
  const sink = otlpSink({
    url: 'http://127.0.0.1:9/v1/logs',
    maxBufferChars: 1500,
    whenFull: dropLowest(),
    flushTimeoutMs: 50,
  });
  for (let index = 0; index < 20; index++) sink.write(line(index), index < 5 ? 17 : 9);
  await sink.close();
  const { emitted, pending, dropped } = sink.counts();
  assert.equal(emitted, 20);
  assert.equal(pending, 0);
  assert.equal((dropped['queue-full'] ?? 0) + (dropped.timeout ?? 0), 20);
  assert.ok((dropped.timeout ?? 0) >= 5);
});

test('R64 after the last flush of a process nothing is pending: what no receiver took is counted', () => {
  const sink = otlpSink({ url: 'http://127.0.0.1:9/v1/logs', exitTimeoutMs: 100 });
  for (let index = 0; index < 5; index++) sink.write(line(index), 9);
  sink.flushSync();
  assert.equal(sink.counts().pending, 5);
  sink.flushSync(true);
  sink.write(line(5), 9);
  assert.deepEqual(sink.counts(), { emitted: 6, written: 0, pending: 0, dropped: { timeout: 5, closed: 1 } });
});

test('R62 nothing is sent before Retry-After has passed, not even by flush', async () => {
  const times: number[] = [];
  const { url, close } = await receiver((count, response) => {
    times.push(performance.now());
    response.writeHead(count === 1 ? 429 : 200, count === 1 ? { 'retry-after': '0.4' } : {}).end();
  });
  const sink = otlpSink({ url, random: () => 0 });
  sink.write(line(0), 9);
  await Promise.all([sink.flush(), sink.flush()]);
  assert.ok(times[1]! - times[0]! >= 399, `${times[1]! - times[0]!} ms`);
  assert.equal(sink.counts().written, 1);
  await sink.close();
  await close();
});

test('R61 refusals and warnings are told in the receiver’s words; a line that is none does not stop the others', async () => {
  const { url, close } = await receiver((count, response) => {
    if (count === 1) response.end('{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}');
    else if (count === 2) response.end('{"partialSuccess":{"errorMessage":"slow down"}}');
    else response.writeHead(413).end();
  });
  const told: [number, string][] = [];
  const sink = otlpSink({
    url,
    encoding: 'json',
    onRejected(count, reason) {
      told.push([count, reason]);
      throw new Error('must not matter');
    },
  });
  sink.write('no line of this package\n', 9);
  for (let index = 0; index < 3; index++) {
    sink.write(line(index), 9);
    sink.write(line(index), 9);
    await sink.flush();
  }
  assert.deepEqual(told, [
    [1, 'too old'],
    [0, 'slow down'],
    [2, 'HTTP 413'],
  ]);
  assert.deepEqual(sink.counts(), { emitted: 7, written: 3, pending: 0, dropped: { failed: 1, rejected: 3 } });
  await sink.close();
  await close();
});

test('R7 wrong options are named, and no key is shown', () => {
  const url = 'https://127.0.0.1:9/v1/logs';
  const wrong: [object, RegExp][] = [
    [{}, /otlpSink\.url/],
    [{ url: 'ftp://x' }, /otlpSink\.url/],
    [{ url, batchsize: 3 }, /otlpSink\.batchsize: .*no such option/],
    [{ url, headers: { 'x y': '1' } }, /otlpSink\.headers/],
    [{ url, headers: { authorization: 'Bearer a\nb' } }, /otlpSink\.headers/],
    [{ url, headers: { 'x-count': 1 } }, /otlpSink\.headers/],
    [{ url, whenFull: 'drop-oldest' }, /otlpSink\.whenFull: .*dropOldest/],
    [{ url, whenFull: spill('never') }, /otlpSink\.whenFull/],
    [{ url, tls: { rejectUnauthorized: false } }, /otlpSink\.tls\.rejectUnauthorized/],
    [{ url, tls: { ca: '/etc/ca.pem' } }, /otlpSink\.tls\.ca: expected a PEM text/],
    [{ url, tls: { key: '-----BEGIN PRIVATE KEY-----\nsecret' } }, /otlpSink\.tls: /],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => otlpSink(options as OtlpOptions),
      (error: Error) => message.test(error.message) && !/secret|etc/.test(error.message),
      message.source,
    );
  }
});

for (const encoding of ['json', 'protobuf'] as const)
  test(`R61 JSON that is no record does not stop the others: ${encoding}`, async () => {
    const { url, close } = await receiver((_count, response) => response.end());
    const sink = otlpSink({ url, encoding, flushTimeoutMs: 2000 });
    const whole = JSON.parse(line(0)) as object;
    const wrong = {
      attributes: null,
      resource: 7,
      body: 1,
      scope: {},
      traceId: 5,
      traceFlags: 'x',
      severityNumber: -1,
    };
    const foreign = [
      {},
      [],
      null,
      1,
      'text',
      ...Object.entries(wrong).map(([key, value]) => ({ ...whole, [key]: value })),
    ];
    for (const each of foreign) sink.write(`${JSON.stringify(each)}\n`, 9);
    sink.write(line(1), 9);
    await sink.flush();
    const dropped = { failed: foreign.length };
    assert.deepEqual(sink.counts(), { emitted: foreign.length + 1, written: 1, pending: 0, dropped });
    await sink.close();
    await close();
  });

test('R62 compression: what is sent while the program runs and at its end unpacks to the same', async () => {
  const seen: (readonly [string | undefined, string])[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      seen.push([request.headers['content-encoding'], gunzipSync(Buffer.concat(parts)).toString()]);
      response.end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
  const sink = otlpSink({ url, encoding: 'json', compression: 'gzip' });
  sink.write(line(1), 9);
  await sink.flush();
  await sink.close();
  const ending = spawn(
    process.execPath,
    [
      '--conditions=@breakwater/source',
      '--input-type=module',
      '-e',
      `import { otlpSink } from '@breakwater/log/otlp';
       const [, url, line] = process.argv;
       try { otlpSink({ url, compression: 'br' }); } catch (error) { console.log(error.option); }
       const sink = otlpSink({ url, encoding: 'json', compression: 'gzip' });
       sink.write(line, 9);
       sink.flushSync();
       console.log(sink.counts().written);
       process.exit();`,
      url,
      line(1),
    ],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [said] = await Promise.all([text(ending.stdout), once(ending, 'close')]);
  assert.equal(said, 'otlpSink.compression\n1\n');
  assert.deepEqual(new Set(seen.map(([encoding]) => encoding)), new Set(['gzip']));
  assert.equal(new Set(seen.map(([, text]) => text)).size, 1);
  assert.ok(seen[0]![1].includes('"b1"'));
  server.close();
  server.closeAllConnections();
});
