import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from './index.ts';

test('timers that call for themselves without delay are told, not run for ever', async () => {
  const clock = createVirtualClock();
  const again = (): void => void clock.setTimer(again, 0);
  again();
  await assert.rejects(clock.advance(1), /More than 10000 callbacks at 0 ms/);
  const deferring = createVirtualClock();
  const defer = (): void => deferring.defer(defer);
  defer();
  await assert.rejects(deferring.settle(), /More than 10000/);
});

test('many timers at one instant are no endless loop', async () => {
  const clock = createVirtualClock();
  let fired = 0;
  for (let count = 0; count < 12_000; count++) clock.setTimer(() => fired++, 5);
  await clock.advance(5);
  assert.equal(fired, 12_000);
});
