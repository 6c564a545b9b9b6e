import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import * as chaos from './chaos.ts';
import * as http from './http.ts';
import * as main from './index.ts';
import * as redis from './redis.ts';
import * as registry from './registry.ts';
import * as telemetry from './telemetry.ts';
import * as undici from './undici.ts';
import * as worker from './worker.ts';

test('E1 each entry has its own names, and the main entry none of them', async () => {
  const entries = { chaos, http, redis, registry, telemetry, undici, worker };
  assert.deepEqual(
    Object.fromEntries(Object.entries(entries).map(([entry, names]) => [entry, Object.keys(names).sort()])),
    {
      chaos: ['createChaos'],
      http: [
        'DEADLINE_HEADER',
        'HttpStatusError',
        'createFetch',
        'deadlineFromHeaders',
        'toDeadlineHeader',
        'toRateLimitHeaders',
      ],
      redis: ['createRedisBreakerStore', 'createRedisRateLimit', 'shareBreaker'],
      registry: ['createRegistry'],
      telemetry: ['connectTelemetry', 'logEvents'],
      undici: ['HttpStatusError', 'createUndiciInterceptor'],
      worker: ['WorkerCrashedError', 'createWorkerBulkhead'],
    },
  );
  for (const [entry, names] of Object.entries(entries)) {
    assert.deepEqual(
      Object.keys(names).filter((name) => name in main),
      [],
    );
    assert.equal(await import(`@breakwater/resilience/${entry}`), names, 'package.json points at another file');
  }
});

test('E1 entries share classes with the main entry', async () => {
  assert.equal(http.HttpStatusError, undici.HttpStatusError);
  const clock = createVirtualClock();
  const limit = redis.createRedisRateLimit({
    redis: { eval: async () => [0, 0, '1', '1'] },
    limit: 1,
    windowMs: 1000,
    clock,
  });
  const retry = main.createRetry({ clock });
  await assert.rejects(clock.run(main.compose(retry, limit).execute(() => 1)), main.RateLimitedError);
});
