import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { send } from './conformance/raw-client.ts';
import { createShutdown } from './shutdown.ts';

async function start(env: Record<string, string> = {}): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL('./conformance/drain-service.ts', import.meta.url), {
    execArgv: ['--conditions=@breakwater/source'],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return { child, port };
}

test('H18 SIGTERM under load: not one request fails, and the process ends with 0', async () => {
  const { child, port } = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  let served = 0;
  let servedAfterSignal = 0;
  let ready = true;
  let signalled = false;
  // What a load balancer does: no new requests once the service says that it is not ready.
  const watch = async (): Promise<void> => {
    while (ready) ready = (await send(port, '/readyz', { headers: { connection: 'close' } })).status === 200;
  };
  const worker = async (): Promise<void> => {
    while (ready) {
      const answer = await send(port, `/work?ms=${served % 50}`, { agent });
      assert.equal(answer.status, 200);
      served++;
      if (signalled) servedAfterSignal++;
      if (served === 1000) {
        signalled = true;
        child.kill('SIGTERM');
      }
    }
  };
  const slow = send(port, '/work?ms=1500', { agent });
  const ended = once(child, 'exit');
  await Promise.all([watch(), ...Array.from({ length: 30 }, worker)]);
  assert.equal((await slow).status, 200);
  assert.deepEqual(await ended, [0, null]);
  assert.ok(servedAfterSignal > 0, 'requests were under way at the signal');
  agent.destroy();
});

test('H19 what is open after the time limit is cut off, said, and told by the exit code', async () => {
  const { child, port } = await start({ TIMEOUT_MS: '200' });
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const hanging = send(port, '/work?ms=60000').then(
    () => 'answered',
    () => 'cut off',
  );
  await send(port, '/work');
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [1, null]);
  assert.equal(await hanging, 'cut off');
  assert.match(output, /"requestsCutOff":1/);
});

test('H19 connections that never sent a request are closed, not waited for: nothing was cut off', async (t) => {
  const said: Record<string, unknown>[] = [];
  let response: ServerResponse | undefined;
  const server = createServer((_request, given) => {
    given.write('part');
    response = given;
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
  const answer = send(port, '/');
  while (response === undefined) await setImmediate();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const ended = run('test');
  t.mock.timers.tick(0);
  while (server.listening) await setImmediate();
  // The request under way is waited for all the same, far longer than a server without any.
  t.mock.timers.tick(29_000);
  await setImmediate();
  assert.equal(said.length, 1);
  const closed = once(idle, 'close');
  const answered = once(response, 'close');
  response.end('end');
  assert.equal((await answer).body, 'partend');
  await answered;
  assert.equal(idle.destroyed, false);
  t.mock.timers.tick(500);
  assert.equal(await ended, 0);
  await closed;
  assert.deepEqual(said.at(-1), { message: 'Requests have ended', requestsCutOff: 0 });
  dispose();
});

for (const broken of ['log', 'health', 'server']) {
  test(`H19 a ${broken} that throws is told, the rest is done, and the process ends with 1`, async () => {
    const told: Error[] = [];
    const onWarning = (warning: Error): void => void told.push(warning);
    process.on('warning', onWarning);
    const fail = (): never => {
      throw new Error(`broken ${broken}`);
    };
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    if (broken === 'server') Object.assign(server, { closeAllConnections: fail });
    let closed = 0;
    const code = new Promise<number>((resolve) => {
      createShutdown({
        server,
        log: { log: broken === 'log' ? fail : () => undefined },
        health: { drain: broken === 'health' ? fail : () => undefined },
        drainMs: 0,
        timeoutMs: 100,
        closers: [{ name: 'pool', close: () => void closed++ }],
        signals: ['SIGWINCH'],
        exit: resolve,
      });
    });
    process.kill(process.pid, 'SIGWINCH');
    assert.equal(await code, 1);
    process.off('warning', onWarning);
    process.removeAllListeners('SIGWINCH');
    // Without the server's own way to end its connections nothing after it is known to be over.
    assert.equal(closed, broken === 'server' ? 0 : 1);
    assert.equal(server.listening, false);
    assert.ok(told.length > 0);
    for (const warning of told) {
      assert.equal((warning as { code?: unknown }).code, 'BREAKWATER_HTTP');
      assert.match(String((warning as { detail?: unknown }).detail), new RegExp(`broken ${broken}`));
    }
  });
}
