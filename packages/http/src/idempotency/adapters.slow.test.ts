import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import pg from 'pg';
import { payApps } from '../conformance/pay-apps.ts';
import { type RawResponse, send } from '../conformance/raw-client.ts';
import { startPostgres, type TestServer } from '../conformance/servers.ts';
import { postgresIdempotencyStore } from './postgres-store.ts';

let postgres: TestServer | string = 'not started';
let pool: pg.Pool;

before(async () => {
  postgres = await startPostgres();
  if (typeof postgres === 'string') return;
  pool = new pg.Pool({ host: '127.0.0.1', port: postgres.port, user: 'postgres' });
  pool.on('error', () => undefined);
  await pool.query('CREATE TABLE payments (id serial PRIMARY KEY, amount integer NOT NULL)');
  await postgresIdempotencyStore(pool).createTable();
});
after(async () => {
  if (typeof postgres === 'string') return;
  await pool.end();
  await postgres.stop();
});

async function service(framework: string, crash = ''): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL('../conformance/pay-service.ts', import.meta.url), {
    execArgv: ['--conditions=@breakwater/source'],
    env: { ...process.env, PG_PORT: String((postgres as TestServer).port), CRASH: crash, FRAMEWORK: framework },
  });
  const [port] = (await once(child, 'message')) as [number];
  return { child, port };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function pay(port: number, key: string | undefined, body: object): Promise<RawResponse> {
  const headers = {
    'content-type': 'application/json',
    'x-correlation-id': 'c-1',
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  return send(port, '/payments', { method: 'POST', headers, body: JSON.stringify(body) });
}

async function count(): Promise<number> {
  return ((await pool.query('SELECT count(*)::int AS count FROM payments')).rows[0] as { count: number }).count;
}

/** What must be the same on every adapter; ids of payments differ. */
const bytes = ({ status, headers, body }: RawResponse): unknown => ({
  status,
  type: headers['content-type'],
  length:
    headers['content-length'] === undefined ? 'none' : Number(headers['content-length']) - Buffer.byteLength(body),
  location: headers['location']?.replace(/\d+/, 'N'),
  replayed: headers['idempotency-replayed'],
  retryAfter: headers['retry-after'],
  body: body.replace(/"payment":\d+/, '"payment":N'),
});

const seen = new Map<string, unknown>();

for (const framework of Object.keys(payApps)) {
  test(`H1 H20 H23 ${framework}: first call, the same bytes again, other content, no key, at the same time, killed`, async (t) => {
    if (typeof postgres === 'string') return t.skip(postgres);
    const running = await service(framework);
    const { port } = running;
    try {
      const before = await count();
      const first = await pay(port, `"${framework}-1"`, { amount: 5 });
      const again = await pay(port, `"${framework}-1"`, { amount: 5 });
      assert.deepEqual([first.status, first.headers['idempotency-replayed']], [201, undefined]);
      assert.deepEqual([again.status, again.headers['idempotency-replayed']], [201, 'true']);
      assert.equal(again.body, first.body);
      for (const name of ['content-type', 'content-length', 'location'])
        assert.equal(again.headers[name], first.headers[name], name);
      assert.equal(await count(), before + 1);

      const other = await pay(port, `"${framework}-1"`, { amount: 6 });
      const none = await pay(port, undefined, { amount: 5 });
      const malformed = await pay(port, 'a b', { amount: 5 });
      assert.deepEqual([other.status, none.status, malformed.status], [422, 400, 400]);
      for (const { headers } of [other, none, malformed])
        assert.equal(headers['content-type'], 'application/problem+json');

      // One is held in its work by a lock while the others come.
      const gate = await pool.connect();
      await gate.query('SELECT pg_advisory_lock(42)');
      const slow = pay(port, `"${framework}-2"`, { amount: 7, waits: true });
      const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'";
      while ((await pool.query(waiting)).rowCount === 0) await turn();
      const meanwhile = await Promise.all(
        [1, 2, 3].map(() => pay(port, `"${framework}-2"`, { amount: 7, waits: true })),
      );
      for (const { status } of meanwhile) assert.equal(status, 409);
      await gate.query('SELECT pg_advisory_unlock(42)');
      gate.release();
      assert.equal((await slow).status, 201);
      const late = await pay(port, `"${framework}-2"`, { amount: 7, waits: true });
      assert.deepEqual([late.body, late.headers['idempotency-replayed']], [(await slow).body, 'true']);
      assert.equal(await count(), before + 2);

      const crashing = await service(framework, 'after commit');
      await assert.rejects(pay(crashing.port, `"${framework}-3"`, { amount: 8 }));
      await end(crashing.child);
      assert.equal(await count(), before + 3);
      const recovered = await pay(port, `"${framework}-3"`, { amount: 8 });
      assert.deepEqual([recovered.status, recovered.headers['idempotency-replayed']], [201, 'true']);
      assert.equal(await count(), before + 3);

      const answers = [first, again, other, none, malformed, meanwhile[0]!, late, recovered].map(bytes);
      seen.set(framework, answers);
      assert.deepEqual(answers, [...seen.values()][0], `${framework} is not as ${[...seen.keys()][0]}`);
    } finally {
      await end(running.child);
    }
  });
}
