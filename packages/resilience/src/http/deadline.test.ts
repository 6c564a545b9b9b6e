import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import { DEADLINE_HEADER, deadlineFromHeaders, toDeadlineHeader } from '../http.ts';

test('D1 comes in as a deadline of this machine, goes out as what is left, and is never longer', async () => {
  const clock = createVirtualClock();
  await clock.advance(1000);
  const deadline = deadlineFromHeaders({ [DEADLINE_HEADER]: '500' }, { clock });
  assert.equal(deadline, 1500);
  await clock.advance(120.5);
  assert.equal(toDeadlineHeader(deadline, { clock }), '379');
  assert.equal(toDeadlineHeader(deadline, { clock, reserveMs: 79 }), '300');
  await clock.advance(1000);
  assert.equal(toDeadlineHeader(deadline, { clock }), '0');
  assert.equal(toDeadlineHeader(Number.POSITIVE_INFINITY, { clock }), undefined);
});

test('D2 a header never makes a deadline later: neither one known already, nor the most this service grants', () => {
  const clock = createVirtualClock();
  const headers = new Headers({ [DEADLINE_HEADER]: '999999' });
  assert.equal(deadlineFromHeaders(headers, { clock, deadline: 100 }), 100);
  assert.equal(deadlineFromHeaders(headers, { clock, maxMs: 2000 }), 2000);
  assert.equal(deadlineFromHeaders({}, { clock, maxMs: 2000 }), 2000);
  assert.equal(deadlineFromHeaders({ [DEADLINE_HEADER]: ['50', '70'] }, { clock, maxMs: 2000 }), 50);
});

test('D3 what is not a whole number of milliseconds counts as none', () => {
  const clock = createVirtualClock();
  for (const value of ['', '-5', '1.5', '1e3', 'abc', '9'.repeat(400), '5, 7', 'Infinity']) {
    assert.equal(deadlineFromHeaders({ [DEADLINE_HEADER]: value }, { clock }), Number.POSITIVE_INFINITY, value);
  }
});

test('P8 wrong options name option and value; without a limit, `Infinity` is one', () => {
  const wrong: [object, RegExp][] = [
    [{ maxMs: Number.NaN }, /deadlineFromHeaders\.maxMs: .*NaN/],
    [{ maxMs: 0 }, /maxMs.*0/],
    [{ maxMs: '5' }, /maxMs.*"5"/],
    [{ deadline: Number.NaN }, /deadline.*NaN/],
    [{ clock: 5 }, /clock.*5/],
    [{ maxms: 5 }, /maxms: no such option/],
  ];
  for (const [options, message] of wrong)
    assert.throws(() => deadlineFromHeaders({}, options), { name: 'OptionError', message });
  for (const [deadline, options, message] of [
    [Number.NaN, {}, /toDeadlineHeader\.deadline: .*NaN/],
    [5, { reserveMs: -1 }, /reserveMs.*-1/],
    [5, { reserve: 1 }, /reserve: no such option/],
    [5, 5, /options: expected an object, got 5/],
    ['5', {}, /deadline.*"5"/],
  ] as const)
    assert.throws(() => toDeadlineHeader(deadline as never, options as never), { name: 'OptionError', message });
  const none = Number.POSITIVE_INFINITY;
  assert.equal(deadlineFromHeaders({}, { maxMs: none, deadline: none }), none);
});
