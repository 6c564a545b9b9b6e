import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import pg from 'pg';
import type { DependencyEvent } from '../dependency/guard.ts';
import { guardPgPool, type PgGuardOptions } from '../pg.ts';
import { startPostgres, type TestServer } from './servers.ts';

/** A password that must be in no event, error or metric. */
export const CANARY = 'canary-5d1f';

/** How to reach a PostgreSQL of the tests. */
export const local = (port: number): pg.PoolConfig => ({ host: '127.0.0.1', port, user: 'postgres', password: CANARY });

/** The PostgreSQL of a test file, with a table `items`, and guarded pools over it. */
export function usePostgres(): {
  /** The server, or why there is none. */
  readonly server: () => TestServer | string;
  /** A pool that no guard is on. */
  readonly admin: () => pg.Pool;
  readonly guarded: (max: number, options?: PgGuardOptions) => Guarded;
  /** Ends a pool after its test, also when it fails. */
  readonly keep: (pool: pg.Pool) => pg.Pool;
} {
  let server: TestServer | string = 'not started';
  let admin: pg.Pool;
  const kept: pg.Pool[] = [];
  const open = (max: number): pg.Pool => new pg.Pool({ ...local((server as TestServer).port), max });
  const keep = (pool: pg.Pool): pg.Pool => {
    kept.push(pool);
    return pool;
  };
  before(async () => {
    server = await startPostgres();
    if (typeof server === 'string') return;
    admin = open(2);
    // Its connections end with the server, when a test ends that.
    admin.on('error', () => undefined);
    await admin.query('CREATE TABLE items (id integer PRIMARY KEY, note text)');
  });
  afterEach(() => {
    for (const pool of kept.splice(0)) if (!pool.ending) void pool.end();
  });
  after(async () => {
    if (typeof server === 'string') return;
    await admin.end();
    await server.stop();
  });
  return {
    server: () => server,
    admin: () => admin,
    keep,
    guarded(max, options = {}) {
      const raw = keep(open(max));
      const pool = guardPgPool(raw, { connectTimeoutMs: 10_000, ...options });
      const events: DependencyEvent[] = [];
      pool.guard.on((event) => events.push(event));
      return { raw, pool, events };
    },
  };
}

/** A guarded pool, the pool it guards, and what the guard has told. */
export interface Guarded {
  readonly raw: pg.Pool;
  readonly pool: ReturnType<typeof guardPgPool<pg.Pool>>;
  readonly events: readonly DependencyEvent[];
}

/** Waits for a condition, for at most 20 seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!(await condition())) {
    assert.ok(performance.now() < limit, `never so: ${condition.toString()}`);
    await turn();
  }
}

export const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | null)?.code;
