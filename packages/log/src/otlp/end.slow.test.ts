import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
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

/** How a receiver behaves: whether it takes the request with that number, known when all of it is there, and how it answers. */
interface Behaviour {
  readonly takes: (number: number) => boolean;
  readonly answer: (number: number, response: ServerResponse) => Promise<unknown>;
}

/** Counts the records it takes, when it takes them: its answer may come too late for anybody. */
async function receiver(
  { takes, answer }: Behaviour,
  arrived: (number: number, request: IncomingMessage) => void,
  tls?: { readonly key: Buffer; readonly cert: Buffer },
) {
  const taken: number[] = [];
  let requests = 0;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const number = ++requests;
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      if (takes(number)) taken.push(...indexesOf(body));
      void answer(number, response);
    });
    request.on('error', () => undefined);
    arrived(number, request);
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http${tls === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { taken, url, close };
}

/** Answers the first request only after the process has begun to end, which takes a child process or a signal. */
const late = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400));

const ANSWERS: Record<string, Behaviour> = {
  'an empty answer': {
    takes: () => true,
    async answer(number, response) {
      if (number === 1) await late();
      response.end();
    },
  },
  'an answer in pieces': {
    takes: () => true,
    async answer(number, response) {
      if (number === 1) await late();
      response.write('{"partialSuccess":');
      response.end('{}}');
    },
  },
  'a refusal for now': {
    takes: (number) => number > 1,
    async answer(number, response) {
      if (number > 1) return response.end();
      await late();
      return response.writeHead(503, { 'retry-after': '0.05' }).end('later');
    },
  },
};

for (const how of ['exit', 'throw'] as const)
  for (const [name, refuse] of [
    ['refuses', (response: ServerResponse) => response.writeHead(503, { 'retry-after': '0' }).end()],
    ['closes the connection', (response: ServerResponse) => response.destroy()],
  ] as const)
    test(`R64 at ${how} a receiver that ${name} is tried again while there is time`, async () => {
      const { taken, url, close } = await receiver(
        {
          takes: (number) => number > 2,
          answer: async (number, response) => (number > 2 ? response.end() : refuse(response)),
        },
        () => undefined,
      );
      const result = await end([how, 'otlp-idle', url, '50']);
      await close();
      assert.equal(new Set(taken).size, 50, result.stderr);
      assert.deepEqual(result.counts?.sinks['otlp'], { emitted: 50, written: 50, pending: 0, dropped: {} });
    });

const folder = mkdtempSync(join(tmpdir(), 'bw-log-otlp-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const key = join(folder, 'key.pem');
const certificate = join(folder, 'certificate.pem');

function canEncrypt(): boolean {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  try {
    execFileSync('openssl', [...args, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    return true;
  } catch {
    // No openssl: the tests over https are skipped, which the runner shows.
    return false;
  }
}

const SCHEMES = { http: true, https: canEncrypt() } as const;

for (const [scheme, isThere] of Object.entries(SCHEMES)) {
  for (const how of ['exit', 'throw', 'term'] as const) {
    for (const [name, answer] of Object.entries(ANSWERS)) {
      test(`R64 a batch under way over ${scheme} at ${how} arrives once: ${name}`, { skip: !isThere }, async () => {
        let child: ChildProcess | undefined;
        const { taken, url, close } = await receiver(
          answer,
          (number) => {
            if (number === 1) child!.send('end');
          },
          scheme === 'http' ? undefined : { key: readFileSync(key), cert: readFileSync(certificate) },
        );
        const act = (started: ChildProcess): void => {
          child = started;
        };
        const result = await end(
          [`told-${how}`, 'otlp-busy', url, '200'],
          act,
          scheme === 'http' ? {} : { CA_PATH: certificate },
        );
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
}

test('R64 what is sent at exit trusts whom the process trusts', { skip: !SCHEMES.https }, async () => {
  const behaviour: Behaviour = { takes: () => true, answer: async (_number, response) => response.end() };
  const tls = { key: readFileSync(key), cert: readFileSync(certificate) };
  const { taken, url, close } = await receiver(behaviour, () => undefined, tls);
  const env = { NODE_EXTRA_CA_CERTS: certificate };
  const result = await end(['exit', 'otlp-idle', url, '20'], undefined, env);
  await close();
  assert.equal(taken.length, 20, result.stderr);
});

test('R64 a request that did not leave whole at exit is called off, and its records arrive once', async () => {
  let child: ChildProcess | undefined;
  const { taken, url, close } = await receiver(
    { takes: () => true, answer: async (_number, response) => response.end() },
    (number, request) => {
      if (number > 1) return;
      // More than the buffers of both sides hold: the rest of it waits in the process.
      request.pause();
      child!.send('end');
    },
  );
  const act = (started: ChildProcess): void => {
    child = started;
  };
  const result = await end(['told-exit', 'otlp-busy', url, '500'], act, { FILLER: '30000' });
  await close();
  assert.deepEqual(result.counts?.sinks['otlp'], { emitted: 550, written: 550, pending: 0, dropped: {} });
  assert.equal(taken.length, 550);
  assert.equal(new Set(taken).size, 550);
});

test('R64 a receiver that never answers: the end waits its time, and what is left is told', async () => {
  let child: ChildProcess | undefined;
  const { url, close } = await receiver({ takes: () => false, answer: () => Promise.resolve() }, (number) => {
    if (number === 1) child!.send('end');
  });
  const result = await end(['told-exit', 'otlp-busy', url, '200'], (started) => {
    child = started;
  });
  await close();
  assert.match(result.stderr, /sink otlp did not write 250 of 250 records/);
});
