import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import { createBreaker, createBulkhead, createHedge, createRetry, createTimeout } from './index.ts';
import { createRegistry } from './registry.ts';

const clock = createVirtualClock();
const makers = { retry: createRetry, breaker: createBreaker, bulkhead: createBulkhead, timeout: createTimeout };
const down = (): Promise<never> => Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' }));

test('G1 a reload keeps the state of what stays: an open breaker stays open', async () => {
  const registry = createRegistry(makers, {
    payments: { breaker: { consecutiveFailures: 1, clock }, timeout: { timeoutMs: 100, clock } },
  });
  const payments = registry.get('payments');
  const events: string[] = [];
  payments.on((event) => events.push((event as { type: string }).type));
  await assert.rejects(payments.execute(down));
  registry.reload({
    payments: { breaker: { consecutiveFailures: 5, clock }, retry: { maxAttempts: 2, clock } },
    stock: { bulkhead: { maxConcurrent: 2, clock } },
  });
  assert.equal(registry.get('payments'), payments);
  await assert.rejects(
    payments.execute(() => 1),
    { code: 'BREAKER_OPEN', policy: 'payments.breaker' },
  );
  assert.deepEqual(events, ['breaker.opened', 'breaker.rejected', 'retry.stopped']);
  assert.deepEqual(registry.names, ['payments', 'stock']);
});

test('G2 calls under way end as they began', async () => {
  const registry = createRegistry(makers, { db: { bulkhead: { maxConcurrent: 1, maxQueue: 5, clock } } });
  const db = registry.get('db');
  const calls = [1, 2, 3].map((n) => db.execute(() => clock.sleep(10).then(() => n)));
  registry.reload({ db: { bulkhead: { maxConcurrent: 3, maxQueue: 5, clock } } });
  await clock.advance(10);
  assert.deepEqual(await Promise.all(calls), [1, 2, 3]);
});

test('G3 a configuration with any mistake changes nothing', async () => {
  const registry = createRegistry(makers, { a: { timeout: { timeoutMs: 100, clock } } });
  const wrong: [object, RegExp][] = [
    [{ a: { timeout: { timeoutMs: 50, clock } }, b: { bulkhead: { maxConcurrent: -1 } } }, /maxConcurrent.*-1/],
    [{ a: { cache: {} } }, /a\.cache/],
    [{ a: { breaker: { failureRat: 1 } } }, /failureRat/],
    [{ a: {} }, /at least one policy/],
  ];
  for (const [config, message] of wrong)
    assert.throws(() => registry.reload(config as never), { name: 'OptionError', message });
  assert.deepEqual(registry.names, ['a']);
  const call = registry
    .get('a')
    .execute(() => new Promise(() => undefined))
    .catch(() => clock.now());
  const start = clock.now();
  await clock.advance(200);
  assert.equal(await call, start + 100);
  assert.throws(() => registry.get('b'), /registry\.get.*"b"/);
  assert.throws(() => createRegistry({ retyr: createRetry } as never), /retyr/);
});

test('G1 R15 new options of a budget hold, and its balance stays', async () => {
  const budgetOf = (policy: { budget: { tokens: number } | undefined }): number | undefined => policy.budget?.tokens;
  const retry = createRetry({ budget: { reserve: 5, ratio: 0 }, backoff: () => 1, clock });
  await assert.rejects(clock.run(retry.execute(down)));
  assert.equal(budgetOf(retry), 3);
  retry.reconfigure({ budget: { reserve: 20, ratio: 1 }, clock });
  assert.equal(budgetOf(retry), 3);
  await retry.execute(() => 'ok');
  assert.equal(budgetOf(retry), 4);
  retry.reconfigure({ budget: { reserve: 2 } });
  assert.equal(budgetOf(retry), 2);
  const hedge = createHedge({ delayMs: 1, budget: { reserve: 1, ratio: 0 }, clock });
  await clock.run(hedge.execute(() => clock.sleep(5)));
  hedge.reconfigure({ delayMs: 1, budget: { reserve: 10, ratio: 0.5 } });
  assert.equal(budgetOf(hedge), 0);
  await hedge.execute(() => 'ok');
  assert.equal(budgetOf(hedge), 0.5);
  // Whoever shares a budget goes on doing so.
  const shared = retry.budget;
  retry.reconfigure({ budget: { reserve: 3 }, maxAttempts: 9 });
  assert.equal(retry.budget, shared);
  hedge.reconfigure({ budget: shared });
  assert.equal(hedge.budget, shared);
  hedge.reconfigure({});
  assert.notEqual(hedge.budget, shared);
  hedge.reconfigure({ budget: false });
  assert.equal(hedge.budget, undefined);
  hedge.reconfigure({ budget: { reserve: 3 } });
  assert.equal(budgetOf(hedge), 0.5);
});
