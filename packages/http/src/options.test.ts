import assert from 'node:assert/strict';
import { Server } from 'node:http';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { OptionError } from '@breakwater/errors';
import { expressEdge, expressErrors } from './adapters/express.ts';
import { fastifyEdge, fastifyFrameworkErrors } from './adapters/fastify.ts';
import { honoEdge } from './adapters/hono.ts';
import { koaEdge } from './adapters/koa.ts';
import { nestEdge } from './adapters/nest.ts';
import { admissionGuard } from './admit.ts';
import { createClient } from './client.ts';
import { connectDependencyTelemetry } from './dependency/telemetry.ts';
import { createEdge } from './edge.ts';
import { createHealth } from './health.ts';
import { createIdempotency } from './idempotency/idempotency.ts';
import { memoryIdempotencyStore } from './idempotency/memory-store.ts';
import { postgresIdempotencyStore } from './idempotency/postgres-store.ts';
import { redisIdempotencyStore } from './idempotency/redis-store.ts';
import { guardRedis } from './ioredis/guard-redis.ts';
import { jwtGuard } from './jwt.ts';
import { guardPgPool } from './pg/guard-pool.ts';
import { inTransaction } from './pg/transaction.ts';
import { createPropagatingFetch, propagationHeaders, toHostTest } from './propagate.ts';
import { rateLimitGuard } from './rate-limit.ts';
import { readJson } from './read-json.ts';
import { createShutdown } from './shutdown.ts';
import { createPropagationInterceptor } from './undici.ts';
import { validate } from './validate.ts';

const nothing = (): undefined => undefined;
const log = { log: nothing };
const pool = { options: {}, totalCount: 0, idleCount: 0, connect: nothing, query: nothing, on: nothing } as never;
const redis = {
  status: 'wait',
  connect: nothing,
  getBuiltinCommands: () => [],
  ping: nothing,
  info: nothing,
  on: nothing,
};
const guard = { on: nothing, setReadOnly: nothing } as never;
const store = memoryIdempotencyStore();
const server = new Server();

type Call = (options: never) => unknown;

/** Every public function with options: how it is called, options that are right, and a wrong value of each. */
const functions: Readonly<Record<string, readonly [Call, object, Readonly<Record<string, unknown>>]>> = {
  createEdge: [
    createEdge,
    { log },
    {
      log: {},
      guards: nothing,
      'guards[0]': [[7]],
      problems: 7,
      'problems.typeBase': { typeBase: 7 },
      'problems.locale': { locale: 'en\r\nx: y' },
      'problems.extra': { extra: 1 },
      classify: 'x',
      logStart: 'no',
      quietPaths: '/livez',
      'quietPaths[0]': [['livez']],
      trustedHops: -1,
      maxDurationMs: Number.POSITIVE_INFINITY,
      baggage: 'tier',
      'baggage[1]': [['tier', 'a b']],
      ids: 7,
      'ids.newId': { newId: 7 },
      'ids.newid': { newid: nothing },
      clock: {},
    },
  ],
  admissionGuard: [
    (options) => admissionGuard({ execute: nothing as never }, options),
    {},
    { priority: 7, exempt: true },
  ],
  createClient: [
    createClient,
    { baseUrl: 'http://a' },
    {
      baseUrl: 'ftp://a',
      errors: 7,
      typeBase: 7,
      policy: {},
      hosts: 'a',
      'hosts[0]': [['http://a']],
      baggage: 7,
      maxBytes: 0,
      fetch: 7,
    },
  ],
  createHealth: [
    createHealth,
    {},
    {
      checks: nothing,
      'checks[0]': [[7]],
      'checks[0].name': [[{ name: '', check: nothing }]],
      'checks[0].check': [[{ name: 'a' }]],
      'checks[0].timeout': [[{ name: 'a', check: nothing, timeout: 5 }]],
      'checks[0].timeoutMs': [[{ name: 'a', check: nothing, timeoutMs: '5' }]],
      detailsFor: true,
      clock: {},
    },
  ],
  createIdempotency: [
    createIdempotency,
    { store },
    { store: {}, required: 'yes', ttlMs: 0.5, leaseMs: 0, onUnknown: 'retry', clientOf: 'x' },
  ],
  memoryIdempotencyStore: [memoryIdempotencyStore, {}, { maxKeys: 0, now: 7 }],
  postgresIdempotencyStore: [(options) => postgresIdempotencyStore(pool, options), {}, { table: 'a; drop' }],
  redisIdempotencyStore: [
    (options) => redisIdempotencyStore({ eval: async () => [] }, options),
    {},
    { prefix: 7, onError: 'x', timeoutMs: 0, clock: {} },
  ],
  createPropagatingFetch: [
    createPropagatingFetch,
    { hosts: [] },
    { hosts: 'a', 'hosts[1]': [['a', 'B']], baggage: 'tier', deadline: 7 },
  ],
  createPropagationInterceptor: [
    createPropagationInterceptor,
    { hosts: [] },
    { hosts: 'a', 'hosts[0]': [[7]], baggage: 'tier', deadline: 7 },
  ],
  propagationHeaders: [propagationHeaders, {}, { baggage: 'tier', deadline: 7 }],
  rateLimitGuard: [
    (options) => rateLimitGuard([{ name: 'a', limit: 1, windowMs: 1 }], options),
    {},
    { clock: {}, onLimiterError: true },
  ],
  'rateLimitGuard.rules[0]': [
    (rule) => rateLimitGuard([rule]),
    { name: 'a', limit: 1, windowMs: 1 },
    { name: 'a\n', for: 'login', key: 'ip', counts: 'errors', limiter: {}, onFailure: 'shut' },
  ],
  readJson: [(options) => readJson(null, options), {}, { maxBytes: '1mb' }],
  createShutdown: [
    createShutdown,
    { server, log, signals: [] },
    {
      server: {},
      log: {},
      health: {},
      drainMs: -1,
      timeoutMs: 2 ** 31,
      closers: nothing,
      'closers[0]': [[7]],
      'closers[0].close': [[{ name: 'a' }]],
      closeTimeoutMs: '5s',
      signals: 'SIGTERM',
      'signals[0]': [['SIGNONE']],
      exit: 0,
    },
  ],
  jwtGuard: [
    jwtGuard,
    { key: new Uint8Array(32), algorithms: ['HS256'], issuer: 'a', audience: 'b' },
    {
      key: 'secret',
      algorithms: [[]],
      'algorithms[1]': [['HS256', 'none']],
      issuer: '',
      audience: 7,
      required: 1,
      tenantClaim: '',
      clockToleranceMs: 3_600_000,
      keyTimeoutMs: 0,
    },
  ],
  guardPgPool: [
    (options) => guardPgPool(pool, options),
    {},
    {
      name: '',
      acquireTimeoutMs: 0,
      maxWaiting: -1,
      breaker: 7,
      'breaker.expected': { expected: nothing },
      recheckMs: '5s',
      checkTimeoutMs: Number.NaN,
      clock: {},
      connectTimeoutMs: 2 ** 31,
      queryTimeoutMs: -5,
    },
  ],
  guardRedis: [
    (options) => guardRedis(redis as never, options),
    {},
    { name: 7, maxPending: 0, connectTimeoutMs: 0, commandTimeoutMs: '1s', breaker: null },
  ],
  inTransaction: [(options) => inTransaction(pool, async () => 7, options), {}, { begin: 'SELECT 1' }],
  connectDependencyTelemetry: [(options) => connectDependencyTelemetry(guard, options), {}, { meter: 7 }],
};

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

for (const [at, [call, right, wrong]] of Object.entries(functions)) {
  test(`H40 ${at}: an unknown option and a wrong value of each are refused by name`, async () => {
    const ask = (options: unknown): Promise<unknown> => errorOf(() => call(options as never));
    const refused = (error: unknown, option: string): void => {
      assert.ok(error instanceof OptionError, `${option}: ${String(error)}`);
      assert.equal(error.option, option);
      assert.match(error.message, /expected .+, got .+|: no such option \(there are: .+\)$/);
    };
    const unknown = await ask({ ...right, extraOption: 1 });
    refused(unknown, `${at}.extraOption`);
    assert.match((unknown as Error).message, /: no such option \(there are: /);
    assert.ok((await ask(7)) instanceof OptionError);
    for (const [option, value] of Object.entries(wrong)) {
      const key = option.replace(/[.[].*$/, '');
      // A value that is itself a list stands in a list.
      refused(await ask({ ...right, [key]: Array.isArray(value) ? value[0] : value }), `${at}.${option}`);
    }
  });
}

test('H40 no message shows a text that is given where a secret, or an address with one, may stand', async () => {
  const secret = 'postgres://user:hunter2@db/app';
  const calls: readonly (() => unknown)[] = [
    () => guardPgPool(secret as never),
    () => inTransaction(secret as never, async () => 7),
    () => postgresIdempotencyStore(secret as never),
    () => redisIdempotencyStore(secret as never),
    () => guardRedis(secret as never),
    () => guardPgPool(pool, secret as never),
    () => jwtGuard({ key: secret, algorithms: ['HS256'], issuer: 'a', audience: 'b' } as never),
    () => jwtGuard({ secret, key: new Uint8Array(32), algorithms: ['HS256'], issuer: 'a', audience: 'b' } as never),
    () => createClient({ baseUrl: secret }),
    () => createClient({ baseUrl: 'user:hunter2@pay' }),
    () => createClient({ baseUrl: 'http://pay/?key=hunter2' }),
    () => createClient({ baseUrl: 'http://a' }).request('GET', '/', { headers: secret as never }),
  ];
  for (const call of calls) {
    const error = await errorOf(call);
    assert.ok(error instanceof OptionError, String(call));
    assert.doesNotMatch(inspect(error, { showHidden: true }).replace(error.stack ?? '', error.message), /hunter2/);
    assert.doesNotMatch(error.message, /hunter2/, String(call));
  }
});

test('H40 arguments that are no options are refused by name too', async () => {
  const wrong: readonly (readonly [string, () => unknown])[] = [
    ['fastifyEdge.app', () => fastifyEdge({} as never, createEdge({ log }))],
    ['fastifyFrameworkErrors.edge', () => fastifyFrameworkErrors({} as never)],
    ['expressEdge.edge', () => expressEdge({} as never)],
    ['expressErrors.edge', () => expressErrors(undefined as never)],
    ['honoEdge.app', () => honoEdge({} as never, createEdge({ log }))],
    ['koaEdge.edge', () => koaEdge(7 as never)],
    ['nestEdge.app', () => nestEdge({} as never, createEdge({ log }))],
    ['admissionGuard.policy', () => admissionGuard({} as never)],
    ['createPropagatingFetch.base', () => createPropagatingFetch({ hosts: [] }, 7 as never)],
    ['toHostTest.hosts[0]', () => toHostTest(['A'])],
    ['rateLimitGuard.rules', () => rateLimitGuard([])],
    ['guardPgPool.pool', () => guardPgPool({} as never)],
    ['guardRedis.redis', () => guardRedis({} as never)],
    ['postgresIdempotencyStore.pool', () => postgresIdempotencyStore({} as never)],
    ['redisIdempotencyStore.redis', () => redisIdempotencyStore({} as never)],
    ['inTransaction.pool', () => inTransaction({} as never, async () => 7)],
    ['connectDependencyTelemetry.guard', () => connectDependencyTelemetry({} as never)],
    ['validate.schema', () => validate({} as never, 7)],
    ['validate.part', () => validate({ '~standard': { validate: nothing } } as never, 7, 'head' as never)],
    ['rateLimitGuard.rules[1].name', () => rateLimitGuard([1, 2].map(() => ({ name: 'same', limit: 1, windowMs: 1 })))],
  ];
  for (const [option, call] of wrong) {
    const error = await errorOf(call);
    assert.ok(error instanceof OptionError, `${option}: ${String(error)}`);
    assert.equal(error.option, option);
  }
});
