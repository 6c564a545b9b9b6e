import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { goTool, LITEWITNESS } from '../../scripts/go-tool.ts';
import { publicKey } from '../../scripts/mutation-run.ts';
import { nodePrimitives } from '../cli/primitives.ts';
import { isAuditError } from '../errors.ts';
import { emptyRoot } from '../merkle.ts';
import { generateSigner, type Signer } from '../note.ts';
import { authentication } from '../presets.ts';
import { memoryStore } from '../stores/memory.ts';
import { openTrail } from '../trail.ts';
import { readPublicKey } from '../verify/signed-checkpoint.ts';
import { verifyTrail } from '../verify/verify.ts';
import { httpWitness } from './http-witness.ts';

const witnessProgram = goTool(LITEWITNESS);
const hasAgent = ['ssh-agent', 'ssh-add', 'ssh-keygen'].every((name) => (spawnSync('which', [name]).status ?? 1) === 0);
const skipped = witnessProgram.startsWith('skip: ') ? witnessProgram.slice(6) : undefined;
const options = {
  timeout: 120_000,
  ...(skipped === undefined ? (hasAgent ? {} : { skip: 'there is no ssh-agent' }) : { skip: skipped }),
};

function run(command: string, args: string[], env: { [name: string]: string } = {}): string {
  const done = spawnSync(command, args, { env: { ...process.env, ...env }, encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

/** What `witnessctl add-log` and `add-key` write. That program itself has a dependency that is not everywhere to be had. */
function addTrail(path: string, signer: Signer): void {
  const db = new DatabaseSync(path);
  db.exec(`CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);
    CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));`);
  db.prepare('INSERT INTO log VALUES (?, 0, ?)').run(signer.name, emptyRoot().toString('base64'));
  db.prepare('INSERT INTO key VALUES (?, ?)').run(signer.name, String(signer.verifier));
  db.close();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

test('R33: litewitness of filippo.io/torchwood signs our checkpoints and refuses a fork', options, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bw-audit-litewitness-'));
  const agentSocket = join(folder, 'agent');
  const children: ChildProcess[] = [];
  try {
    const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(agent);
    await once(createInterface(agent.stdout), 'line');
    assert.ok(existsSync(agentSocket));
    const key = join(folder, 'key');
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    run('ssh-add', ['-q', key], { SSH_AUTH_SOCK: agentSocket });
    const fingerprint = run('ssh-keygen', ['-lf', `${key}.pub`]).split(' ')[1]!;

    const signer = generateSigner('audit.example.com/go-witness');
    const db = join(folder, 'witness.db');
    addTrail(db, signer);
    const listen = `127.0.0.1:${await freePort()}`;
    const args = ['-name', 'witness.example/go', '-key', fingerprint, '-ssh-agent', agentSocket];
    const witness = spawn(witnessProgram, [...args, '-db', db, '-listen', listen], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    children.push(witness);
    let verifierKey = '';
    for await (const line of createInterface(witness.stderr)) {
      verifierKey ||= /vkey="?(\S+?)"?$/.exec(line)?.[1] ?? '';
      if (/listening/.test(line)) break;
    }
    witness.stderr.resume();
    await untilReachable(`http://${listen}/`);

    const witnesses = [httpWitness({ url: `http://${listen}`, key: verifierKey })];
    const login = authentication({ actor: { id: 'a' }, outcome: 'success', action: 'login' });
    const store = memoryStore();
    for (const count of [1, 2, 255, 300]) {
      const trail = await openTrail({ store, signer, witnesses });
      await Promise.all(Array.from({ length: count }, () => trail.append(login)));
      await trail.append(login, 'witnessed');
      await trail.append(login, 'witnessed');
      await trail.close();
    }
    const goKey = readPublicKey(verifierKey, nodePrimitives);
    assert.ok(typeof goKey !== 'string', String(goKey));
    const report = await verifyTrail({ source: store, keys: [publicKey(signer), goKey], primitives: nodePrimitives });
    assert.deepEqual([report.ok, report.checkedEntries], [true, 566]);
    assert.deepEqual(
      report.checkpoint!.witnesses.map(({ name }) => name),
      ['witness.example/go'],
    );

    const fork = await openTrail({ store: memoryStore(), signer, witnesses });
    await Promise.all(Array.from({ length: 600 }, () => fork.append(login)));
    await assert.rejects(fork.append(login, 'witnessed'), (error: unknown) => {
      assert.ok(isAuditError(error, 'AUDIT_NOT_WITNESSED'));
      assert.match((error.cause as Error).message, /two histories/);
      return true;
    });
    await fork.close();
    const stranger = await openTrail({ store: memoryStore(), signer: generateSigner(signer.name), witnesses });
    await assert.rejects(stranger.append(login, 'witnessed'), (error: unknown) => {
      assert.match(((error as Error).cause as Error).message, /does not know this trail's key/);
      return true;
    });
    await stranger.close();
  } finally {
    for (const child of children.reverse()) await stop(child);
    await rm(folder, { recursive: true });
  }
});

/** The program says that it listens a moment before it does. */
async function untilReachable(url: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
