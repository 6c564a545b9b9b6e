import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { isAuditError } from '../errors.ts';
import { generateSigner } from '../note.ts';
import { authentication } from '../presets.ts';
import { openTrail } from '../trail.ts';
import { storeContract } from './contract.ts';
import { type PostgresClient, postgresStore } from './postgres.ts';

const bin = globSync('/usr/lib/postgresql/*/bin').sort().at(-1);
const isRoot = process.getuid?.() === 0;
const skip = bin === undefined ? 'PostgreSQL is not installed (apt-get install postgresql)' : false;

/** PostgreSQL refuses to run as root. */
function asPostgres(args: string[]): [string, string[]] {
  return isRoot ? ['runuser', ['-u', 'postgres', '--', ...args]] : [args[0]!, args.slice(1)];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('PostgreSQL', { skip, timeout: 120_000 }, () => {
  let folder: string;
  let port: number;
  let server: ReturnType<typeof spawn>;
  let ended: Promise<unknown>;

  const connect = async (): Promise<PostgresClient> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bw-audit-pg-'));
    await chmod(folder, 0o777);
    const data = join(folder, 'data');
    const [command, args] = asPostgres([
      join(bin!, 'initdb'),
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '--no-sync',
    ]);
    const made = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    port = await freePort();
    const [run, runArgs] = asPostgres([
      join(bin!, 'postgres'),
      '-D',
      data,
      '-p',
      String(port),
      '-k',
      folder,
      '-h',
      '127.0.0.1',
    ]);
    server = spawn(run, runArgs, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    ended = new Promise((resolve) => server.once('close', resolve));
    await new Promise<void>((resolve, reject) => {
      let log = '';
      server.stderr!.on('data', (chunk: Buffer) => {
        log += chunk.toString('utf8');
        if (log.includes('ready to accept connections')) resolve();
      });
      server.once('close', () => reject(new Error(log)));
    });
  });
  after(async () => {
    const [command, args] = asPostgres([join(bin!, 'pg_ctl'), 'stop', '-m', 'fast', '-D', join(folder, 'data')]);
    spawnSync(command, args, { cwd: folder });
    await ended;
    await rm(folder, { recursive: true });
  });

  let places = 0;
  storeContract('PostgreSQL', async () => {
    places += 1;
    const trail = `place ${places}`;
    return { open: () => postgresStore({ connect, trail }) };
  });

  test('R25: a trail lives in it, and the end of the connection ends the writer', async () => {
    const signer = generateSigner('audit.example.com/pg');
    const clients: PostgresClient[] = [];
    const store = postgresStore({
      trail: 'whole',
      connect: async () => {
        const client = await connect();
        clients.push(client);
        return client;
      },
    });
    const trail = await openTrail({ store, signer });
    const login = authentication({ actor: { id: 'a' }, outcome: 'success', action: 'login' });
    await Promise.all(Array.from({ length: 300 }, () => trail.append(login, 'published')));
    await clients[0]!.end();
    await assert.rejects(trail.append(login), (error: unknown) => isAuditError(error, 'AUDIT_STORAGE_FAILED'));
    await assert.rejects(trail.rotateKey(signer), (error: unknown) => isAuditError(error, 'AUDIT_STORAGE_FAILED'));
    const again = await openTrail({ store: postgresStore({ connect, trail: 'whole' }), signer });
    assert.equal(again.size, 300);
    await again.close();
  });

  test('R22: the same index is never written twice', async () => {
    const store = postgresStore({ connect, trail: 'twice' });
    await store.lock();
    await store.appendJournal(0, [Buffer.from('a')]);
    await assert.rejects(store.appendJournal(0, [Buffer.from('b')]), (error: unknown) =>
      isAuditError(error, 'AUDIT_STORAGE_FAILED'),
    );
    await store.close();
  });
});
