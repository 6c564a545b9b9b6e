import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createTimeout } from './index.ts';

test('T3 known mistake: on the real clock, answers that arrive while the event loop is blocked are not reported as timeouts', async () => {
  const timeout = createTimeout({ timeoutMs: 100 });
  const calls = Array.from({ length: 20 }, () => timeout.execute(() => readFile(import.meta.filename)));
  // One turn, so that the calls are on their way and their time is running.
  await new Promise((resolve) => setImmediate(resolve));
  const end = performance.now() + 500;
  while (performance.now() < end) Math.sqrt(end);
  const outcomes = await Promise.allSettled(calls);
  assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['fulfilled']));
});

test('O1 on the real clock a deaf function is given up in time, and no timer is left', async () => {
  const timeout = createTimeout({ timeoutMs: 50 });
  // Of this process, which may be that of other tests too.
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const start = performance.now();
  await assert.rejects(
    timeout.execute(() => new Promise(() => undefined)),
    { name: 'TimeoutError' },
  );
  const tookMs = performance.now() - start;
  assert.ok(tookMs >= 50 && tookMs < 1000, String(tookMs));
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.equal(timers(), before);
});
