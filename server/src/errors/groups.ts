import type {
  ErrorGroup,
  ErrorGroupDetail,
  ErrorGroupStatus,
  ErrorGroupsAnswer,
  Histogram,
  QueryStats,
} from '../api/types.ts';
import { incidentsOfErrorGroup } from '../incidents/incident-rows.ts';
import { createInputReader } from '../state/input-reader.ts';
import { InvalidInputError, NotFoundError, shown } from '../state/refusals.ts';
import type { State } from '../state/state.ts';
import { fingerprint } from './fingerprint.ts';
import { isGroupId } from './group-id.ts';
import {
  addStats,
  type GroupFilter,
  queryBuckets,
  queryEvents,
  queryGroups,
  queryNewestEvent,
  type TimeRange,
} from './group-queries.ts';
import { createRegressionCheck, lifecycles, OPEN, setGroupStatus } from './lifecycle.ts';
import type { TelemetryReader } from './telemetry-reader.ts';

export interface ErrorGroupsQuery {
  /** Epoch milliseconds, inclusive. */
  from: number;
  /** Epoch milliseconds, exclusive. */
  to: number;
  status?: ErrorGroupStatus | string | undefined;
  /** Groups with an occurrence in the service; counts are then those of the service. */
  service?: string | undefined;
  /** `last_seen` (default), `first_seen` or `count`, each largest first. */
  sort?: string | undefined;
  /** Part of type, message or culprit; letter case does not matter. */
  search?: string | undefined;
  /** 1 to 1000, default 100. */
  limit?: number | undefined;
}

/** The errors inbox. Counts come from the store, the lifecycle from the state. */
export interface ErrorGroups {
  /** Groups with an occurrence in the range. Rejects with `InvalidInputError` and the store's errors. */
  list(query: ErrorGroupsQuery): Promise<ErrorGroupsAnswer>;
  /** Rejects with `NotFoundError` where no occurrence is stored, `InvalidInputError` for a malformed id. */
  detail(id: string, range: TimeRange): Promise<ErrorGroupDetail>;
  /** `status` is untrusted. The answer's counts are those of the last 24 hours. */
  setStatus(id: string, status: unknown): Promise<ErrorGroup>;
}

export interface ErrorGroupsOptions {
  state: State;
  store: TelemetryReader;
  now?: () => number;
  log: (line: string) => void;
}

const DAY_MS = 86_400_000;
const SPARKLINE_POINTS = 24;
const HISTOGRAM_BUCKETS = 60;
const MAX_EVENTS = 50;
const STATUSES: readonly ErrorGroupStatus[] = ['open', 'resolved', 'ignored'];

export function createErrorGroups(options: ErrorGroupsOptions): ErrorGroups {
  const { state, store, now = Date.now, log } = options;
  const checkRegressions = createRegressionCheck({ state, store, now, log });

  async function detail(id: string, untrustedRange: TimeRange): Promise<ErrorGroupDetail> {
    requireGroupId(id);
    const range = toRange(untrustedRange);
    await checkRegressions();
    const [found, events, newest, histogram] = await Promise.all([
      readGroups({ state, store, now }, { range, ids: [id], limit: 1 }),
      queryEvents(store, id, range, MAX_EVENTS),
      queryNewestEvent(store, id),
      readHistogram(store, id, range),
    ]);
    const [group] = found.groups;
    if (group === undefined || newest.value === undefined)
      throw new NotFoundError(`there is no error group ${shown(id)}`);
    const { version, parts } = fingerprint(newest.value);
    return {
      group,
      events: events.value,
      histogram,
      fingerprint: { version, parts },
      incidents: incidentsOfErrorGroup(state, id),
    };
  }

  return {
    async list(query) {
      const range = toRange(query);
      const { status, ...filter } = toFilter(query);
      await checkRegressions();
      return await readGroups({ state, store, now }, { ...filter, ...groupsOfStatus(state, status), range });
    },

    detail,

    async setStatus(id, untrusted) {
      requireGroupId(id);
      const status = createInputReader({ status: untrusted }).oneOf('status', STATUSES);
      const filter = { range: { from: now() - DAY_MS, to: now() + 1 }, ids: [id], limit: 1 };
      const before = await readGroups({ state, store, now }, filter);
      if (before.groups.length === 0) throw new NotFoundError(`there is no error group ${shown(id)}`);
      setGroupStatus(state, id, status, now());
      const [group] = (await readGroups({ state, store, now }, filter)).groups;
      if (group === undefined) throw new NotFoundError(`there is no error group ${shown(id)}`);
      return group;
    },
  };
}

interface Reading {
  state: State;
  store: TelemetryReader;
  now: () => number;
}

/** Groups with lifecycle and sparkline, in the order of the filter. */
export async function readGroups(reading: Reading, filter: GroupFilter): Promise<ErrorGroupsAnswer> {
  const { state, store, now } = reading;
  if (filter.only?.length === 0 || filter.ids?.length === 0) {
    return { groups: [], stats: { rowsRead: 0, bytesRead: 0, elapsedMs: 0 } };
  }
  const { range } = filter;
  const found = await queryGroups(store, filter);
  const stepMs = Math.ceil((range.to - range.from) / SPARKLINE_POINTS);
  const ids = found.value.map(({ id }) => id);
  const sparklines = ids.length === 0 ? undefined : await queryBuckets(store, ids, range, stepMs, filter.services);
  const decisions = lifecycles(state);
  const newSince = BigInt(Math.floor(now() - DAY_MS)) * 1_000_000n;
  const groups = found.value.map((facts): ErrorGroup => {
    const { status, regressed } = decisions.get(facts.id) ?? OPEN;
    const isNew = BigInt(facts.firstSeenUnixNano) >= newSince;
    const badge = status !== 'open' ? null : regressed ? 'regressed' : isNew ? 'new' : null;
    const counts = sparklines?.value.get(facts.id);
    const sparkline = Array.from({ length: SPARKLINE_POINTS }, (_, index) => counts?.get(index) ?? 0);
    return { ...facts, status, badge, sparkline };
  });
  return { groups, stats: addStats(found.stats, ...(sparklines === undefined ? [] : [sparklines.stats])) };
}

async function readHistogram(store: TelemetryReader, id: string, range: TimeRange): Promise<Histogram> {
  const stepMs = Math.max(1, Math.ceil((range.to - range.from) / HISTOGRAM_BUCKETS));
  const buckets = Math.ceil((range.to - range.from) / stepMs);
  const { value, stats } = await queryBuckets(store, [id], range, stepMs);
  const counts = Array.from({ length: buckets }, (_, index) => value.get(id)?.get(index) ?? 0);
  return {
    stepMs,
    times: counts.map((_, index) => range.from + index * stepMs),
    series: [{ name: 'error', counts }],
    total: counts.reduce((sum, count) => sum + count, 0),
    stats: stats satisfies QueryStats,
  };
}

function groupsOfStatus(state: State, status: ErrorGroupStatus | undefined): Pick<GroupFilter, 'only' | 'except'> {
  if (status === undefined) return {};
  const decided = [...lifecycles(state)];
  if (status !== 'open') return { only: decided.filter(([, group]) => group.status === status).map(([id]) => id) };
  return { except: decided.filter(([, group]) => group.status !== 'open').map(([id]) => id) };
}

function toRange({ from, to }: TimeRange): TimeRange {
  const reader = createInputReader({ from, to });
  const range = {
    from: reader.integer('from', { min: 0, max: 8_640_000_000_000 }),
    to: reader.integer('to', { min: 0, max: 8_640_000_000_000 }),
  };
  if (range.from >= range.to) throw new InvalidInputError('from', `from must be before to, got ${from} and ${to}`);
  return range;
}

function toFilter(query: ErrorGroupsQuery): Omit<GroupFilter, 'range'> & { status?: ErrorGroupStatus } {
  const reader = createInputReader(query);
  const service = reader.has('service') ? reader.text('service', { min: 0, max: 300 }) : '';
  return {
    ...(reader.has('status') && { status: reader.oneOf('status', STATUSES) }),
    services: service === '' ? [] : [service],
    ...(reader.has('sort') && { sort: reader.oneOf('sort', ['last_seen', 'first_seen', 'count']) }),
    ...(reader.has('search') && { search: reader.text('search', { min: 0, max: 500 }) }),
    limit: reader.has('limit') ? reader.integer('limit', { min: 1, max: 1_000 }) : 100,
  };
}

function requireGroupId(id: string): void {
  if (!isGroupId(id))
    throw new InvalidInputError('id', `id must be 16 lower-case hexadecimal digits, got ${shown(id)}`);
}
