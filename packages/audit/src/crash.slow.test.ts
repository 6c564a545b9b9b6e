import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCrashes } from '../scripts/crash-run.ts';
import { runMutations } from '../scripts/mutation-run.ts';

test('R60: SIGKILL at random moments loses nothing that was acknowledged and never forks', {
  timeout: 120_000,
}, async () => {
  const { acknowledged, faults } = await runCrashes(20, 1);
  assert.deepEqual(faults, []);
  assert.ok(acknowledged > 20, `${acknowledged} entries were acknowledged`);
});

test('R59: 700 mutations are all found', { timeout: 120_000 }, async () => {
  const { missed, found } = await runMutations(700, 2);
  assert.deepEqual(missed, []);
  assert.equal(
    Object.values(found).reduce((total, count) => total + count, 0),
    700,
  );
});
