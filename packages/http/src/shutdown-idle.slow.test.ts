import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createShutdown } from './shutdown.ts';

test('H19 connections that never sent a request are closed, not waited for: nothing was cut off', async () => {
  const said: Record<string, unknown>[] = [];
  let finish = (): void => {};
  const server = createServer((_request, response) => {
    response.write('part');
    finish = () => response.end('end');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const idle = connect(port, '127.0.0.1').resume();
  await once(idle, 'connect');
  const { run, dispose } = createShutdown({
    server,
    log: { log: (_level, message, fields) => void said.push({ message, ...fields }) },
    drainMs: 0,
    timeoutMs: 30_000,
    signals: [],
  });
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  const closed = once(idle, 'close');
  const ended = run('test');
  // The request under way is waited for all the same.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal(idle.destroyed, false);
  finish();
  assert.equal(await answer.text(), 'partend');
  const startedAt = performance.now();
  assert.equal(await ended, 0);
  await closed;
  assert.ok(performance.now() - startedAt < 5000);
  assert.deepEqual(said.at(-1), { message: 'Requests have ended', requestsCutOff: 0 });
  dispose();
});
