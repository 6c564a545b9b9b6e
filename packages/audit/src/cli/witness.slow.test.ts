import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isAuditError } from '../errors.ts';
import { generateSigner, generateWitnessSigner } from '../note.ts';
import { authentication } from '../presets.ts';
import { directoryStore } from '../stores/directory.ts';
import { memoryStore } from '../stores/memory.ts';
import { openTrail } from '../trail.ts';
import { httpWitness } from '../witness/http-witness.ts';
import { runCli } from './run.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));
const signer = generateSigner('audit.example.com/witnessed');
const witnessSigner = generateWitnessSigner('w.example');
const key = String(witnessSigner.verifier);
const login = authentication({ actor: { id: 'a' }, outcome: 'success', action: 'login' });

async function start(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const args = ['witness', '--key-file', join(folder, 'key'), '--trail', String(signer.verifier)];
  const more = ['--state', join(folder, 'state'), '--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, ['--conditions=@breakwater/source', program, ...args, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const url = /http:\S+/.exec(line)?.[0];
  assert.ok(url, line);
  return { child, url };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await ended)[0];
}

test('R36: a witness that was killed remembers what it signed, and refuses a fork after it', {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bw-audit-witness-'));
  let running: ChildProcess | null = null;
  try {
    await writeFile(join(folder, 'key'), witnessSigner.exportPrivateKey());
    const store = (): ReturnType<typeof directoryStore> => directoryStore(join(folder, 'trail'));
    for (let round = 1; round <= 3; round += 1) {
      const { child, url } = await start(folder);
      running = child;
      const trail = await openTrail({ store: store(), signer, witnesses: [httpWitness({ url, key })] });
      await trail.append(login, 'witnessed');
      await trail.append(login, 'witnessed');
      assert.equal(await end(child, 'SIGKILL'), null);
      running = null;
      await trail.close();
      assert.equal(trail.size, 2 * round);
    }
    const { child, url } = await start(folder);
    running = child;
    const fork = await openTrail({ store: memoryStore(), signer, witnesses: [httpWitness({ url, key })] });
    await Promise.all(Array.from({ length: 20 }, () => fork.append(login)));
    await assert.rejects(fork.append(login, 'witnessed'), (error: unknown) => {
      assert.ok(isAuditError(error, 'AUDIT_NOT_WITNESSED'));
      assert.match((error.cause as Error).message, /two histories/);
      return true;
    });
    await fork.close();
    assert.equal(await end(child, 'SIGTERM'), 0);
    running = null;
    const left = await readdir(join(folder, 'state'));
    assert.deepEqual(left.length, 1, 'the lock is gone, the checkpoint stays');
    assert.match(await readFile(join(folder, 'state', left[0]!), 'utf8'), /^audit\.example\.com\/witnessed\n6\n/);

    const shown: string[] = [];
    const show = (text: string): number => shown.push(text);
    const output = { out: show, err: show, showProgress: false };
    const verify = ['verify', join(folder, 'trail'), '--key', String(signer.verifier), '--witness', key];
    assert.equal(await runCli(verify, output), 0, shown.join(''));
    assert.match(shown.join(''), /Witnessed by: w\.example, at 20/);
  } finally {
    if (running !== null) await end(running, 'SIGKILL');
    await rm(folder, { recursive: true });
  }
});

test('R36: a client that sends half a request does not hold a witness that is stopped', {
  timeout: 20_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bw-audit-witness-'));
  let running: ChildProcess | null = null;
  try {
    await writeFile(join(folder, 'key'), witnessSigner.exportPrivateKey());
    const { child, url } = await start(folder);
    running = child;
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const sent = Promise.withResolvers<void>();
    socket.write('POST /add-checkpoint HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nold 0\n', () =>
      sent.resolve(),
    );
    await sent.promise;
    // An answer to a later connection: the half request has been seen.
    assert.equal((await fetch(`${url}add-checkpoint`, { method: 'POST', body: 'x' })).status, 400);
    assert.equal(await end(child, 'SIGTERM'), 0);
    running = null;
    socket.destroy();
    assert.deepEqual(await readdir(join(folder, 'state')), []);
  } finally {
    if (running !== null) await end(running, 'SIGKILL');
    await rm(folder, { recursive: true });
  }
});
