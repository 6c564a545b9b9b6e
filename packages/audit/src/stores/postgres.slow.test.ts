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

  const newClient = async (more: pg.ClientConfig = {}): Promise<pg.Client> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', ...more });
    await client.connect();
    return client;
  };
  const connect = (): Promise<PostgresClient> => newClient();

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

  test('R25: a session that the server ends does not end the process, and a refused writer keeps no connection', async () => {
    const store = postgresStore({ connect, trail: 'ended' });
    await store.lock();
    const admin = await newClient({ application_name: 'admin' });
    const sessions = async (): Promise<number[]> => {
      const text = `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'admin'`;
      return (await admin.query<{ pid: number }>(text)).rows.map(({ pid }) => pid);
    };
    const signer = generateSigner('audit.example.com/pg');
    const before = await sessions();
    await assert.rejects(openTrail({ store: postgresStore({ connect, trail: 'ended' }), signer }), (error: unknown) =>
      isAuditError(error, 'AUDIT_LOCKED'),
    );
    while ((await sessions()).length > before.length);
    for (const pid of before) await admin.query('SELECT pg_terminate_backend($1)', [pid]);
    while ((await sessions()).length > 0);
    await assert.rejects(store.appendJournal(0, [Buffer.from('a')]), (error: unknown) =>
      isAuditError(error, 'AUDIT_STORAGE_FAILED'),
    );
    await store.close();
    const again = postgresStore({ connect, trail: 'ended' });
    await again.lock();
    await again.close();
    await admin.end();
  });

  test('R25: a batch that the client gave up waiting for is undone before the next one', async () => {
    const client = await newClient({ query_timeout: 100 });
    const store = postgresStore({ trail: 'patience', connect: async () => client });
    await store.lock();
    await store.appendJournal(0, [Buffer.from('zero')]);
    const other = await newClient();
    await other.query('BEGIN');
    await other.query('LOCK TABLE breakwater_audit_journal');
    await assert.rejects(store.appendJournal(1, [Buffer.from('late')]), /timeout/);
    await other.query('COMMIT');
    await other.end();
    await store.appendJournal(1, [Buffer.from('one')]);
    const found: string[] = [];
    for await (const { entry } of store.readJournal()) found.push(Buffer.from(entry).toString());
    assert.deepEqual(found, ['zero', 'one']);
    await store.close();
  });

  test('R25: a pool, or a session that two share, is no lock', async () => {
    const isLocked = (error: unknown): boolean => isAuditError(error, 'AUDIT_LOCKED');
    const one = await newClient();
    const first = postgresStore({ trail: 'shared', connect: async () => one });
    await first.lock();
    const kept = { query: one.query.bind(one), end: async () => undefined } as unknown as PostgresClient;
    await assert.rejects(postgresStore({ trail: 'shared', connect: async () => kept }).lock(), isLocked);
    await first.appendJournal(0, [Buffer.from('a')]);
    await first.close();

    const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: 2 });
    const pooled = postgresStore({ trail: 'pooled', connect: async () => pool as unknown as PostgresClient });
    await pooled.lock();
    const busy = await pool.connect();
    await assert.rejects(pooled.appendJournal(0, [Buffer.from('a')]), isLocked);
    await assert.rejects(pooled.write('checkpoint', Buffer.from('a')), isLocked);
    busy.release();
    await pooled.close();
  });

  test('R25: a role that may only write rows can write a trail', async () => {
    const admin = await newClient();
    for (const text of [
      'CREATE ROLE auditor LOGIN',
      'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
      'GRANT SELECT, INSERT, UPDATE, DELETE ON breakwater_audit_file, breakwater_audit_journal TO auditor',
    ])
      await admin.query(text);
    await admin.end();
    const signer = generateSigner('audit.example.com/role');
    const store = postgresStore({ trail: 'role', connect: () => newClient({ user: 'auditor' }) });
    const trail = await openTrail({ store, signer });
    await trail.append(authentication({ actor: { id: 'a' }, outcome: 'success', action: 'login' }), 'published');
    await trail.close();
  });

  test('R17: options are checked when given', () => {
    for (const options of [{ connect }, { trail: 'a', connect: 'postgres://' }, { trail: 'a', connect, pool: 1 }])
      assert.throws(
        () => postgresStore(options as never),
        (error: unknown) => isAuditError(error, 'AUDIT_INVALID_OPTION'),
      );
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
