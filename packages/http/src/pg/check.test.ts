import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeoutError } from '@breakwater/resilience';
import { createVirtualClock } from '@breakwater/testing';
import { guardPgPool } from './guard-pool.ts';

function fakePool() {
  const pool = {
    options: { max: 1 },
    totalCount: 1,
    idleCount: 0,
    released: 0,
    connects: 0,
    opening: undefined as Promise<void> | undefined,
    async connect() {
      pool.connects++;
      await pool.opening;
      return {
        query: async () => ({ rows: [{ read_only: 'off' }] }),
        release: () => void pool.released++,
        on() {},
        off() {},
      };
    },
    query: async () => undefined,
    on() {},
  };
  return pool;
}

test('H35 the check of a pool without a free place waits half of its time, whatever callers may wait', async () => {
  const clock = createVirtualClock();
  const pool = fakePool();
  const { guard } = guardPgPool(pool, { clock, acquireTimeoutMs: 60_000, checkTimeoutMs: 200 });
  const guarded = guardPgPool(pool, { clock, acquireTimeoutMs: 60_000, checkTimeoutMs: 200 });
  const client = (await guarded.connect()) as unknown as { release(): void };
  const checked = guarded.guard.check.check(new AbortController().signal);
  assert.equal(guarded.guard.connections.waiting, 1);
  await clock.advance(100);
  assert.deepEqual(await checked, { status: 'degraded', reason: 'exhausted' });
  assert.equal(guarded.guard.connections.waiting, 0);
  client.release();
  assert.equal(await guard.check.check(new AbortController().signal), 'pass');
});

test('H35 a connection that takes too long ends the check, and goes back when it comes', async () => {
  const clock = createVirtualClock();
  const pool = fakePool();
  let open = (): void => {};
  pool.opening = new Promise((resolve) => {
    open = resolve;
  });
  const { guard } = guardPgPool(pool, { clock, acquireTimeoutMs: 60_000, checkTimeoutMs: 200 });
  const checked = guard.check.check(new AbortController().signal);
  const refused = assert.rejects(checked, (error) => error instanceof TimeoutError);
  await clock.advance(200);
  await refused;
  open();
  while (pool.released === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await guard.check.check(new AbortController().signal), 'pass');
  assert.deepEqual([pool.connects, pool.released], [2, 2]);
});
