import type { IncidentSummary } from '@breakwater/server/api-types';
import { expect, test } from 'vitest';
import { mergersOf } from './mergers.ts';

const incident = (number: number, given: Partial<IncidentSummary> = {}): IncidentSummary => ({
  ...{ id: `id-${number}`, number, title: `title ${number}`, status: 'open', severity: 'high', environment: 'live' },
  ...{ services: [], alertCount: 1, firingCount: 1, openedAt: number, resolvedAt: null, reopensAt: null },
  mergedInto: null,
  ...given,
});
const told = (current: IncidentSummary, all: readonly IncidentSummary[]) =>
  mergersOf(current, all).map(({ newer, older, other }) => [newer.number, older.number, other.number]);

test('the newer of two open incidents becomes part of the older, whichever is on the page', () => {
  const all = [incident(3), incident(2), incident(1, { status: 'acknowledged' })];
  expect(told(all[1]!, all)).toEqual([
    [3, 2, 3],
    [2, 1, 1],
  ]);
});

test('resolved ones and those of other environments are not offered', () => {
  const all = [incident(3, { environment: 'test' }), incident(2), incident(1, { status: 'resolved' })];
  expect(told(all[1]!, all)).toEqual([]);
});

test('an incident resolved by hand goes into an older open one, and takes none itself', () => {
  const all = [incident(3), incident(2, { status: 'resolved', reopensAt: 1 }), incident(1)];
  expect(told(all[1]!, all)).toEqual([[2, 1, 1]]);
});
