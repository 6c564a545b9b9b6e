import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import { createBareEdge } from './conformance/test-exchange.ts';
import { createHealth, type Health } from './health.ts';

async function get(health: Health, path: string, headers: Record<string, string> = {}): Promise<[number, unknown]> {
  const answer = await createBareEdge({ guards: [health.guard] })
    .open(path, headers)
    .guard();
  return [answer?.status ?? 0, JSON.parse(answer?.body ?? 'null')];
}

test('H15 phases: starting, started, draining', async () => {
  const health = createHealth();
  assert.deepEqual(await get(health, '/livez'), [200, { status: 'pass' }]);
  assert.deepEqual([(await get(health, '/readyz'))[0], (await get(health, '/startupz'))[0]], [503, 503]);
  health.started();
  assert.deepEqual([(await get(health, '/readyz'))[0], (await get(health, '/startupz'))[0]], [200, 200]);
  health.drain();
  health.started();
  assert.deepEqual(
    [(await get(health, '/readyz'))[0], (await get(health, '/startupz'))[0], (await get(health, '/livez'))[0]],
    [503, 200, 200],
  );
  assert.equal((await get(health, '/other'))[0], 0);
});

test('H16 checks: required, optional, degraded; details only for the allowed, and never a message', async () => {
  let database = async (): Promise<void> => {};
  const health = createHealth({
    checks: [
      { name: 'database', check: (): Promise<void> => database(), holdMs: 0.001 },
      { name: 'cache', required: false, check: () => Promise.reject(new Error('canary')), holdMs: 0.001 },
    ],
    detailsFor: (exchange) => exchange.request.header('x-probe') === 'secret',
  });
  health.started();
  assert.deepEqual(await get(health, '/readyz'), [200, { status: 'degraded' }]);
  const [, details] = await get(health, '/readyz', { 'x-probe': 'secret' });
  assert.deepEqual(
    (details as { checks: { name: string; status: string }[] }).checks.map(({ name, status }) => [name, status]),
    [
      ['database', 'pass'],
      ['cache', 'fail'],
    ],
  );
  assert.ok(!JSON.stringify(details).includes('canary'));
  database = async () => {
    throw new Error('canary');
  };
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await get(health, '/readyz'), [503, { status: 'fail' }]);
});

test('H16 a result that throws when it is read is a failure, not the end of the process', async () => {
  const result = {
    get status(): string {
      throw new Error('canary');
    },
  };
  const { report } = createHealth({ checks: [{ name: 'odd', check: async () => result }] });
  const { status, checks } = await report();
  assert.deepEqual([status, checks[0]?.reason], ['fail', 'UNKNOWN']);
});

test('H17 a check is time-boxed, asked once for many probes, and not asked again while it hangs', async () => {
  const clock = createVirtualClock();
  let asked = 0;
  let release: () => void = () => {};
  const signals: AbortSignal[] = [];
  const check = (signal: AbortSignal): Promise<void> => {
    asked++;
    signals.push(signal);
    return new Promise((resolve) => {
      release = resolve;
    });
  };
  const health = createHealth({ clock, checks: [{ name: 'slow', check, timeoutMs: 500, holdMs: 100 }] });
  const many = Promise.all(Array.from({ length: 10 }, () => health.report()));
  await clock.advance(500);
  for (const report of await many) assert.equal(report.checks[0]!.reason, 'timeout');
  assert.equal(asked, 1);
  assert.equal(signals[0]!.aborted, true);
  await clock.advance(1000);
  assert.equal((await health.report()).checks[0]!.reason, 'timeout');
  assert.equal(asked, 1);
  release();
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(1000);
  const next = health.report();
  release();
  assert.equal((await next).status, 'pass');
  assert.equal(asked, 2);
  assert.throws(() => createHealth({ checks: [{ name: '', check }] }), /checks\[0\]\.name/);
  assert.throws(() => createHealth({ checks: [{ name: 'a', check, timeoutMs: 0 }] }), /timeoutMs.*0/);
});

test('H17 a check that never settles is asked again in the end, and what becomes of the first run counts no more', async () => {
  const clock = createVirtualClock();
  const runs: (() => void)[] = [];
  const check = (): Promise<void> => new Promise((resolve) => runs.push(resolve));
  const health = createHealth({ clock, checks: [{ name: 'lost', check, timeoutMs: 500, holdMs: 100 }] });
  const ask = async (): Promise<string> => {
    const asked = health.report();
    await clock.advance(500);
    return (await asked).status;
  };
  assert.equal(await ask(), 'fail');
  await clock.advance(29_000);
  assert.deepEqual([await ask(), runs.length], ['fail', 1]);
  await clock.advance(500);
  assert.deepEqual([await ask(), runs.length], ['fail', 2]);
  // The first comes back: the second still hangs.
  runs[0]!();
  await clock.advance(500);
  assert.deepEqual([await ask(), runs.length], ['fail', 2]);
  runs[1]!();
  await clock.advance(500);
  const last = health.report();
  runs[2]!();
  assert.equal((await last).status, 'pass');
});
