import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AlertDecision, type AlertState, type AlertTiming, nextAlertState } from './alert-state.ts';

const TIMING: AlertTiming = { forMs: 10, clearMs: 10, cooldownMs: 100 };

/** One evaluation every 5 ms: `x` is met, `.` is not. */
function run(script: string, timing: AlertTiming = TIMING): AlertDecision[] {
  let state: AlertState = { state: 'ok' };
  return [...script].map((mark, index) => {
    const step = nextAlertState(state, mark === 'x', index * 5, timing);
    state = step.next;
    return step.decision;
  });
}

test('a condition that holds long enough fires, and resolves after it has been clear long enough', () => {
  assert.deepEqual(run('.xxxx...'), [
    'quiet',
    'began',
    'waiting',
    'fired',
    'still_firing',
    'clearing',
    'clearing',
    'resolved',
  ]);
});

test('a condition that does not hold long enough is dropped', () => {
  assert.deepEqual(run('xx.x'), ['began', 'waiting', 'dropped', 'began']);
});

test('without a waiting time it fires at once', () => {
  assert.deepEqual(run('x', { ...TIMING, forMs: 0 }), ['fired']);
});

test('a dip does not resolve a firing alert', () => {
  assert.deepEqual(run('xxx..x..x').slice(2), [
    'fired',
    'clearing',
    'clearing',
    'still_firing',
    'clearing',
    'clearing',
    'still_firing',
  ]);
});

test('after it resolved, nothing fires until the cooldown is over', () => {
  const decisions = run(`xxx...${'x'.repeat(25)}`);
  assert.equal(decisions[5], 'resolved');
  assert.ok(decisions.slice(6, 25).every((decision) => decision === 'cooling_down'));
  assert.deepEqual(decisions.slice(25, 28), ['began', 'waiting', 'fired']);
});

test('whatever happens: fired and resolved take turns, and nothing fires within the cooldown', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), fc.nat(3), fc.nat(3), fc.nat(20), (marks, f, c, cool) => {
      const timing = { forMs: f * 5, clearMs: c * 5, cooldownMs: cool * 5 };
      let state: AlertState = { state: 'ok' };
      let firing = false;
      let resolvedAt = Number.NEGATIVE_INFINITY;
      for (const [index, met] of marks.entries()) {
        const { next, decision } = nextAlertState(state, met, index * 5, timing);
        if (decision === 'fired') {
          assert.equal(firing, false);
          assert.ok(index * 5 - resolvedAt >= timing.cooldownMs);
          firing = true;
        }
        if (decision === 'resolved') {
          assert.equal(firing, true);
          firing = false;
          resolvedAt = index * 5;
        }
        assert.equal(next.state === 'firing', firing);
        state = next;
      }
    }),
    { numRuns: 200 },
  );
});
