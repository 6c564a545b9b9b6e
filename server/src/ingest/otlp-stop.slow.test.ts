import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { afterEach, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { LogRecord } from '../telemetry/records.ts';
import { createOtlpServer } from './otlp-server.ts';
import { createLiveServer, logsRequest, open, readAll, TYPE } from './testing/live-server.ts';
import { send } from './testing/otlp-client.ts';
import { createRecordingSink } from './testing/recording-sink.ts';
import type { WireFormat } from './wire-format.ts';

const live = createLiveServer();
afterEach(() => live.stop());

describe('start and stop', () => {
  test('a taken port is the error of start', async () => {
    const url = await live.start();
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
    const url = await live.start({ sink });
    const idle = await open(url);
    idle.write('GET /v1/logs HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    const inFlight = await open(url);
    const answers = readAll(inFlight);
    const body = logsRequest('json', 'a').toString();
    const request = `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    inFlight.write(request);
    await reached.promise;
    const idleClosed = once(idle, 'close');
    const stopping = live.server.stop();
    await idleClosed;
    assert.equal(kept.length, 0);
    stored.resolve();
    await stopping;
    assert.equal(kept.length, 1);
    assert.match(await answers, /^HTTP\/1.1 200 OK.*connection: close/is);
    await assert.rejects(send(`${url}/v1/logs`), { code: 'ECONNREFUSED' });
  });

  test('a body that is still arriving at stop is refused with 503 after the grace', async () => {
    const url = await live.start({ stopGraceMs: 20 });
    const socket = await open(url);
    const answer = readAll(socket);
    socket.write(
      'POST /v1/logs HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n',
    );
    // The 100 says that the body is being waited for.
    await once(socket, 'data');
    socket.write('{');
    await live.server.stop();
    assert.match(await answer, /HTTP\/1.1 503 .*retry-after: 3/is);
  });

  test('stop under load loses no acknowledged record', async () => {
    const sink = createRecordingSink();
    const stored = new Set<string>();
    let batches = 0;
    const url = await live.start({
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
            body: gzipSync(logsRequest(format, text)),
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
    await live.server.stop();
    await Promise.all(clients);
    agent.destroy();
    assert.ok(acknowledged.length >= 200);
    assert.deepEqual(
      acknowledged.filter((text) => !stored.has(text)),
      [],
    );
    assert.ok(refusals.has('ECONNREFUSED'));
    for (const refusal of refusals) assert.ok([503, 'ECONNREFUSED', 'ECONNRESET'].includes(refusal), String(refusal));
    assert.equal(live.server.counters.accepted.logs, stored.size);
  });
});
