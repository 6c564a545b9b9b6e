/** One TanStack Query definition per read of the API. Keys start with the path, so that a change can invalidate by prefix. */
import type {
  AlertRulesAnswer,
  AlertsAnswer,
  DemoFaultsAnswer,
  ErrorGroupDetail,
  ErrorGroupsAnswer,
  Facets,
  FieldsAnswer,
  Histogram,
  IncidentDetail,
  IncidentsAnswer,
  LogsPage,
  LogView,
  ReceiversAnswer,
  ServicesAnswer,
  StatusAnswer,
  TraceDetail,
  TracesPage,
} from '@breakwater/server/api-types';
import { infiniteQueryOptions, type QueryKey, queryOptions } from '@tanstack/react-query';
import type { TimeWindow } from '../time/range.ts';
import { api, type Params, type RequestOptions } from './client.ts';

const read = <T>(path: string, params: Params = {}, options: Pick<RequestOptions, 'timeoutMs'> = {}) =>
  queryOptions<T, Error, T, QueryKey>({
    queryKey: [path, params],
    queryFn: ({ signal }) => api<T>(path, { params, signal, ...options }),
  });

const between = ({ fromMs, toMs }: TimeWindow) => ({ from: fromMs, to: toMs });

// Soon, so that a server that hangs is noticed.
const STATUS_TIMEOUT_MS = 6_000;
export const statusQuery = {
  ...read<StatusAnswer>('/status', {}, { timeoutMs: STATUS_TIMEOUT_MS }),
  refetchInterval: 5_000,
};

export const LOG_PAGE_ROWS = 200;
const LOOKUP_ROWS = 1_000;

export const logsQuery = (query: string, window: TimeWindow) =>
  infiniteQueryOptions<LogsPage, Error, { pages: LogsPage[] }, QueryKey, string>({
    queryKey: ['/logs', { query, ...between(window) }],
    queryFn: ({ signal, pageParam }) =>
      api('/logs', { params: { query, ...between(window), limit: LOG_PAGE_ROWS, cursor: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    // Rows that were read do not change: only a new window reads anew.
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What stands around a moment, newest first: up to `limit` records of either side. */
export const logsAroundQuery = (query: string, atMs: number, aroundMs: number, limit: number) =>
  queryOptions<LogView[], Error, LogView[], QueryKey>({
    queryKey: ['/logs', { around: atMs, query, aroundMs, limit }],
    queryFn: async ({ signal }) => {
      const side = (params: Params) => api<LogsPage>('/logs', { params: { query, limit, ...params }, signal });
      const [before, after] = await Promise.all([
        side({ from: atMs - aroundMs, to: atMs + 1 }),
        side({ from: atMs + 1, to: atMs + aroundMs + 1, order: 'oldest' }),
      ]);
      return [...after.rows.toReversed(), ...before.rows];
    },
  });

/** One record, null where it is not stored. Huge records fill a page each, so it may be on a later one. */
export const logQuery = (id: string, window: TimeWindow) =>
  queryOptions<LogView | null, Error, LogView | null, QueryKey>({
    queryKey: ['/logs', { id, ...between(window) }],
    queryFn: async ({ signal }) => {
      let cursor: string | null = '';
      while (cursor !== null) {
        const params: Params = { ...between(window), limit: LOOKUP_ROWS, cursor };
        const page: LogsPage = await api<LogsPage>('/logs', { params, signal });
        const row = page.rows.find((candidate) => candidate.id === id);
        if (row) return row;
        cursor = page.nextCursor;
      }
      return null;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
export const logHistogramQuery = (query: string, window: TimeWindow, buckets: number) =>
  read<Histogram>('/logs/histogram', { query, ...between(window), buckets });
export const facetsQuery = (query: string, window: TimeWindow) =>
  read<Facets>('/logs/facets', { query, ...between(window) });
export const fieldsQuery = (signal: 'logs' | 'spans') => ({
  ...read<FieldsAnswer>('/fields', { signal }),
  staleTime: 60_000,
});

export type TraceSort = 'recent' | 'slowest';
export const tracesQuery = (query: string, window: TimeWindow, sort: TraceSort, limit: number) =>
  read<TracesPage>('/traces', { query, ...between(window), sort, limit });
export const traceHistogramQuery = (query: string, window: TimeWindow, buckets: number) =>
  read<Histogram>('/traces/histogram', { query, ...between(window), buckets });
export const traceQuery = (traceId: string) => read<TraceDetail>(`/traces/${encodeURIComponent(traceId)}`);

export const servicesQuery = (window: TimeWindow) => read<ServicesAnswer>('/services', between(window));

export const errorGroupsQuery = (window: TimeWindow, filter: Params) =>
  read<ErrorGroupsAnswer>('/error-groups', { ...between(window), ...filter });
export const errorGroupQuery = (id: string, window: TimeWindow) =>
  read<ErrorGroupDetail>(`/error-groups/${encodeURIComponent(id)}`, between(window));

const LIVE_MS = 5_000;
export const alertRulesQuery = { ...read<AlertRulesAnswer>('/alert-rules'), refetchInterval: LIVE_MS };
export const alertsQuery = (params: Params) => ({ ...read<AlertsAnswer>('/alerts', params), refetchInterval: LIVE_MS });
export const receiversQuery = read<ReceiversAnswer>('/receivers');
export const incidentsQuery = (params: Params) => ({
  ...read<IncidentsAnswer>('/incidents', params),
  refetchInterval: LIVE_MS,
});
export const incidentQuery = (id: string) => ({
  ...read<IncidentDetail>(`/incidents/${encodeURIComponent(id)}`),
  refetchInterval: LIVE_MS,
});
export const openIncidentsQuery = incidentsQuery({ status: 'open', limit: 100 });

export const demoFaultsQuery = { ...read<DemoFaultsAnswer>('/demo/faults'), refetchInterval: 2_000 };
