import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { end } from '../testing/run-end.ts';

interface Request {
  resourceLogs: { scopeLogs: { logRecords: { attributes: { key: string; value: { intValue: string } }[] }[] }[] }[];
}

function indexesOf(body: string): number[] {
  return (JSON.parse(body) as Request).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map(({ attributes }) => Number(attributes.find(({ key }) => key === 'index')!.value.intValue)),
    ),
  );
}

/** Counts the records it takes. `answer` says whether it takes those of the request with that number. */
async function receiver(
  answer: (number: number, response: ServerResponse) => boolean | Promise<boolean>,
  arrived: (number: number, request: IncomingMessage) => void,
) {
  const taken: number[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const number = ++requests;
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', async () => {
      if (await answer(number, response)) taken.push(...indexesOf(body));
    });
    request.on('error', () => undefined);
    arrived(number, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { taken, url, close };
}

/** Answers the first request only after the process has begun to end, which takes a child process or a signal. */
const late = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400));

const ANSWERS: Record<string, (number: number, response: ServerResponse) => Promise<boolean>> = {
  'an empty answer': async (number, response) => {
    if (number === 1) await late();
    response.end();
    return true;
  },
  'an answer in pieces': async (number, response) => {
    if (number === 1) await late();
    response.write('{"partialSuccess":');
    response.end('{}}');
    return true;
  },
  'a refusal for now': async (number, response) => {
    if (number > 1) {
      response.end();
      return true;
    }
    await late();
    response.writeHead(503, { 'retry-after': '0.05' }).end('later');
    return false;
  },
};

for (const how of ['exit', 'throw', 'term'] as const) {
  for (const [name, answer] of Object.entries(ANSWERS)) {
    test(`R20 a batch under way at ${how} arrives once: ${name}`, async () => {
      let child: ChildProcess | undefined;
      const { taken, url, close } = await receiver(answer, (number) => {
        if (number === 1) child!.send('end');
      });
      const result = await end([`told-${how}`, 'otlp-busy', url, '200'], (started) => {
        child = started;
      });
      await close();
      assert.deepEqual(
        taken.sort((a, b) => a - b),
        Array.from({ length: 250 }, (_, index) => index),
        result.stderr,
      );
      assert.doesNotMatch(result.stderr, /did not write/);
      if (how === 'term') assert.equal(result.signal, 'SIGTERM');
      else assert.deepEqual(result.counts?.sinks['otlp'], { emitted: 250, written: 250, pending: 0, dropped: {} });
    });
  }
}

test('R20 a request that did not leave whole at exit is called off, and its records arrive once', async () => {
  let child: ChildProcess | undefined;
  const { taken, url, close } = await receiver(
    (_number, response) => {
      response.end();
      return true;
    },
    (number, request) => {
      if (number > 1) return;
      // More than the buffers of both sides hold: the rest of it waits in the process.
      request.pause();
      child!.send('end');
    },
  );
  process.env['FILLER'] = '30000';
  const result = await end(['told-exit', 'otlp-busy', url, '500'], (started) => {
    child = started;
  }).finally(() => {
    delete process.env['FILLER'];
  });
  await close();
  assert.deepEqual(result.counts?.sinks['otlp'], { emitted: 550, written: 550, pending: 0, dropped: {} });
  assert.equal(taken.length, 550);
  assert.equal(new Set(taken).size, 550);
});

test('R20 a receiver that never answers: the end waits its time, and what is left is told', async () => {
  let child: ChildProcess | undefined;
  const { url, close } = await receiver(
    () => false,
    (number) => {
      if (number === 1) child!.send('end');
    },
  );
  const result = await end(['told-exit', 'otlp-busy', url, '200'], (started) => {
    child = started;
  });
  await close();
  assert.match(result.stderr, /sink otlp did not write 250 of 250 records/);
});
