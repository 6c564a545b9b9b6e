import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShutdown, runStep, type ShutdownStep } from './shutdown.ts';

test('phases run in turn, hooks of one phase together, whatever the order they came in (R31)', async () => {
  const shutdown = createShutdown();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  shutdown.add('resources', 'pool', () => void seen.push('pool'));
  shutdown.add('work', 'queue', () => void seen.push('queue'));
  shutdown.add('intake', 'slow server', async () => {
    await gate.promise;
    seen.push('slow server');
  });
  shutdown.add('intake', 'server', () => {
    seen.push('server');
    gate.resolve();
  });
  await shutdown.runHooks(5_000, (step) => assert.equal(step.outcome, 'done'));
  assert.deepEqual(seen, ['server', 'slow server', 'queue', 'pool']);
});

test('a hook that fails is reported and does not stop the others (R32)', async () => {
  const shutdown = createShutdown();
  const steps: ShutdownStep[] = [];
  shutdown.add('intake', 'server', () => {
    throw new Error('no');
  });
  shutdown.add('work', 'queue', () => Promise.reject(new Error('nor this')));
  shutdown.add('resources', 'pool', () => {});
  await shutdown.runHooks(5_000, (step) => steps.push(step));
  assert.deepEqual(
    steps.map(({ phase, name, outcome, error }) => [phase, name, outcome, (error as Error | undefined)?.message]),
    [
      ['intake', 'server', 'failed', 'no'],
      ['work', 'queue', 'failed', 'nor this'],
      ['resources', 'pool', 'done', undefined],
    ],
  );
});

test('a hook that hangs is told by its signal and left behind (R32)', async () => {
  let reason: unknown;
  const step = await runStep(
    'work',
    'hanging',
    (signal) =>
      new Promise<void>(() => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
      }),
    5,
  );
  assert.equal(step.outcome, 'timed out');
  assert.equal((reason as Error).name, 'TimeoutError');
});

test('a hook that was taken off does not run', async () => {
  const shutdown = createShutdown();
  shutdown.add('work', 'gone', () => assert.fail('it ran'))();
  await shutdown.runHooks(1_000, (step) => assert.fail(step.name));
});

test('a wrong phase, name or hook is refused, named', () => {
  const { add } = createShutdown();
  assert.throws(() => add('later' as never, 'x', () => {}), { code: 'ERR_BREAKWATER_OPTION', option: 'phase' });
  assert.throws(() => add('work', '', () => {}), { code: 'ERR_BREAKWATER_OPTION', option: 'name' });
  assert.throws(() => add('work', 'x', 1 as never), { code: 'ERR_BREAKWATER_OPTION', option: 'hook' });
});

test('a hook that comes too late to run is refused, one for a later phase is not (R32)', async () => {
  const shutdown = createShutdown();
  const seen: string[] = [];
  shutdown.add('work', 'queue', () => {
    assert.throws(() => shutdown.add('intake', 'server', () => {}), { code: 'ERR_BREAKWATER_STOPPED' });
    assert.throws(() => shutdown.add('work', 'worker', () => {}), /phase work were begun: worker would never run/);
    shutdown.add('resources', 'pool', () => void seen.push('pool'));
  });
  await shutdown.runHooks(1_000, ({ error }) => assert.equal(error, undefined));
  assert.deepEqual(seen, ['pool']);
  assert.throws(() => shutdown.add('resources', 'late', () => {}), { code: 'ERR_BREAKWATER_STOPPED' });
});
