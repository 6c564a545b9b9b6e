import { checkValue, having } from '@breakwater/errors/options';
import { checkGuardOptions, type DependencyGuard, GuardCore, type GuardOptions } from '../dependency/guard.ts';
import { timerMs } from '../options.ts';
import { isAnswer, Lease, type RawClient, splitCallback, toAsked } from './lease.ts';
import { mayWrite } from './statement.ts';

/** Options of `guardPgPool`. */
export interface PgGuardOptions extends GuardOptions {
  /** Longest time to open a connection, unless the pool has a `connectionTimeoutMillis` of its own. Default: `acquireTimeoutMs`. */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest time of a statement; one's own `query_timeout` takes its place. Default 10 000. */
  readonly queryTimeoutMs?: number | undefined;
}

/** What is used of a pool of `pg`. */
export interface GuardablePgPool {
  readonly options: { max?: number | undefined; connectionTimeoutMillis?: number | undefined };
  readonly totalCount: number;
  readonly idleCount: number;
  connect(...args: never[]): unknown;
  query(...args: never[]): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * A pool of `pg` to be used in the place of the one given: `query`, `connect`, everything it has, in the shapes it has,
 * and `guard`. What is added:
 *
 * - A place is waited for at most `acquireTimeoutMs` (`PoolExhaustedError`: overload, no failure of the server), and a
 *   connection is opened in at most `connectTimeoutMs`.
 * - A statement that takes longer than `queryTimeoutMs` rejects with `TimeoutError`, its outcome unknown. It is cancelled
 *   at the server, and its connection is closed. So is one that breaks, or is released in the midst of a transaction.
 * - The breaker opens by failures of the server and of the way to it, never by its answers: a unique violation, a syntax
 *   error or a missing table say that it works. A transaction under way is not cut off by an open breaker.
 * - A connection that breaks while nobody uses it is removed and told as an event; it does not end the process.
 * - In read-only mode (`guard.setReadOnly()`, or the server refused with SQLSTATE 25006) statements that may write are
 *   refused at once with `ReadOnlyError`; reads go on. Inside of a function that a query calls, only the server can see a write.
 *
 * Cursors, streams and `COPY` of `connect()`'s client are admitted as statements are, and not limited in time. Use the
 * given pool no more: its own callers are not counted. Throws `OptionError` for wrong options.
 */
export function guardPgPool<P extends GuardablePgPool>(
  pool: P,
  options: PgGuardOptions = {},
): P & { readonly guard: DependencyGuard } {
  checkValue('guardPgPool.pool', pool, having('a pool of pg', 'connect', 'query', 'on'));
  checkValue('guardPgPool.pool', pool.options, ['a pool of pg', (v) => typeof v === 'object' && v !== null]);
  checkGuardOptions('guardPgPool', options, { connectTimeoutMs: timerMs, queryTimeoutMs: timerMs });
  const max = pool.options.max ?? 10;
  const {
    queryTimeoutMs = 10_000,
    checkTimeoutMs = 1000,
    connectTimeoutMs = options.acquireTimeoutMs ?? 1000,
  } = options;
  const core = new GuardCore(options, {
    defaultName: 'postgres',
    max,
    isAnswer,
    count: () => ({ total: pool.totalCount, idle: pool.idleCount }),
    look: () => look(),
  });
  if (!pool.options.connectionTimeoutMillis) pool.options.connectionTimeoutMillis = connectTimeoutMs;
  pool.on('error', (error) => core.tellLost(error));

  const open = async (leave: () => void, askedAt: number): Promise<Lease> => {
    try {
      const client = (await pool.connect()) as RawClient;
      core.tell({ type: 'dependency.acquired', waitedMs: core.clock.now() - askedAt });
      return new Lease(core, client, leave);
    } catch (error) {
      leave();
      throw error;
    }
  };
  const acquire = async (operation: string): Promise<Lease> => {
    const askedAt = core.clock.now();
    return open(await core.enter(operation), askedAt);
  };
  const runOnce = async (args: readonly unknown[], timeoutMs: number): Promise<unknown> => {
    const asked = toAsked(args, timeoutMs);
    const lease = await acquire(asked.operation);
    try {
      return await lease.run(asked);
    } finally {
      lease.release();
    }
  };
  const look = async (): Promise<boolean> => {
    const operation = `${core.name} SELECT`;
    const askedAt = core.clock.now();
    const left = (): number => Math.max(1, checkTimeoutMs - (core.clock.now() - askedAt));
    // Half of the time: that no place is free must be known before the check counts as hung.
    const leave = await core.enter('SELECT', checkTimeoutMs / 2);
    const opening = open(leave, askedAt);
    const lease = await core.limit(opening, operation, left(), () => {
      // What comes too late is given back. That it failed is said already.
      opening.then(
        (late) => late.release(),
        () => undefined,
      );
    });
    try {
      const asked = toAsked(["SELECT current_setting('transaction_read_only') AS read_only"], left());
      const result = (await lease.run(asked)) as { rows: { read_only: string }[] };
      return result.rows[0]?.read_only === 'on';
    } finally {
      lease.release();
    }
  };

  const query = async (args: readonly unknown[]): Promise<unknown> => {
    const asked = toAsked(args, queryTimeoutMs);
    if (asked.submittable) throw new TypeError('A cursor or stream needs a client: pool.connect()');
    if (!core.switch.open && mayWrite(asked.text)) core.requireWritable(asked.operation);
    return core.breaker.execute(() => runOnce(args, queryTimeoutMs), { operation: `${core.name} ${asked.operation}` });
  };
  const connect = async (): Promise<Lease> => {
    const probing = core.breaker.state !== 'closed';
    return core.breaker.execute(
      async () => {
        const lease = await acquire('connect');
        // A connection that was idle says nothing about the server until it is used.
        if (probing)
          await lease.run(toAsked(['SELECT 1'], checkTimeoutMs)).catch((error: unknown) => {
            lease.release();
            throw error;
          });
        return lease;
      },
      { operation: `${core.name} connect` },
    );
  };

  const guardedQuery = (...args: unknown[]): unknown => settle(args, query);
  const guardedConnect = (...args: unknown[]): unknown => {
    const client = connect().then((lease) => guardClient(core, lease, queryTimeoutMs));
    const [callback] = args;
    if (typeof callback !== 'function') return client;
    client.then(
      (got) => process.nextTick(callback, undefined, got, got.release),
      (error: unknown) => process.nextTick(callback, error, undefined, () => undefined),
    );
    return undefined;
  };
  return new Proxy(pool, {
    get(target, property) {
      if (property === 'query') return guardedQuery;
      if (property === 'connect') return guardedConnect;
      if (property === 'guard') return core satisfies DependencyGuard;
      if (property === 'waitingCount') return core.connections.waiting;
      return bound(target, property);
    },
  }) as P & { readonly guard: DependencyGuard };
}

function guardClient(core: GuardCore, lease: Lease, queryTimeoutMs: number): RawClient {
  const query = (args: readonly unknown[]): Promise<unknown> => {
    const asked = toAsked(args, queryTimeoutMs);
    if (core.breaker.state !== 'closed') return lease.run(asked);
    return core.breaker.execute(() => lease.run(asked), { operation: `${core.name} ${asked.operation}` });
  };
  const guardedQuery = (...args: unknown[]): unknown => {
    const asked = toAsked(args, queryTimeoutMs);
    if (!asked.submittable) return settle(args, query);
    lease.admit(asked);
    return lease.client.query(...args);
  };
  const release = (error?: Error | boolean): void => lease.release(error);
  return new Proxy(lease.client, {
    get(target, property) {
      if (property === 'query') return guardedQuery;
      if (property === 'release') return release;
      return bound(target, property);
    },
  });
}

function bound(target: object, property: string | symbol): unknown {
  const value: unknown = Reflect.get(target, property, target);
  return typeof value === 'function' && property !== 'constructor' ? value.bind(target) : value;
}

/** Calls `work`, and a callback with what comes of it where one was given. */
function settle(args: readonly unknown[], work: (args: readonly unknown[]) => Promise<unknown>): unknown {
  const [rest, callback] = splitCallback(args);
  const result = work(rest);
  if (callback === undefined) return result;
  result.then(
    (value) => process.nextTick(callback, undefined, value),
    (error: unknown) => process.nextTick(callback, error),
  );
  return undefined;
}
