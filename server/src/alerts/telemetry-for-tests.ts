import type { TelemetryReader } from '../errors/telemetry-reader.ts';

/** An error group's occurrences, a service's requests and the services that share error traces, by hand. */
export interface TelemetryForTests extends TelemetryReader {
  /** Adds occurrences at the time. */
  errors(at: number, count: number, target?: { service?: string; environment?: string; group?: string }): void;
  /** Share of failing requests per service, from now on; 100 requests in every window. */
  readonly errorRates: Map<string, number>;
  /** Services that are connected to a service by error traces. */
  readonly connections: Map<string, string[]>;
  /** Services in which errors began, likeliest first. */
  origins: string[];
  /** Queries with this text in them fail, or never end where `error` is `hang`. */
  readonly faults: Map<string, Error | 'hang'>;
  readonly queries: string[];
}

const STATS = { rowsRead: 0, bytesRead: 0, elapsedMs: 0 };

/** Answers the detector's queries from memory, so that its tests need no engine and no real time. */
export function createTelemetryForTests(): TelemetryForTests {
  const occurrences: { at: number; service: string; environment: string; group: string }[] = [];
  const errorRates = new Map<string, number>();
  const connections = new Map<string, string[]>();
  const faults = new Map<string, Error | 'hang'>();
  const queries: string[] = [];

  function countErrors(params: Record<string, unknown>): unknown[] {
    const counts = new Map<string, number>();
    for (const { at, service, environment, group } of occurrences) {
      if (at < Number(params['from']) || at >= Number(params['to'])) continue;
      const key = JSON.stringify({ service, environment, errorGroup: group });
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts]
      .filter(([, count]) => count >= Number(params['threshold']))
      .map(([key, count]) => ({
        ...(JSON.parse(key) as object),
        value: String(count),
        samples: String(count),
        type: 'TimeoutError',
        message: 'no answer',
      }));
  }

  function answer(sql: string, params: Record<string, unknown>): unknown[] {
    if (sql.includes('AS errorGroup')) return countErrors(params);
    if (sql.includes('countIf(status')) {
      return [...errorRates].map(([service, value]) => ({ service, environment: 'test', value, samples: '100' }));
    }
    if (sql.includes('arrayJoin(services)')) {
      return (connections.get(String(params['service'])) ?? []).map((name) => ({ name }));
    }
    if (sql.includes('SELECT DISTINCT together')) {
      return [...connections].map(([service, others]) => ({ together: [...new Set([service, ...others])] }));
    }
    if (sql.includes('NOT IN (SELECT trace_id, parent_span_id')) return telemetry.origins.map((name) => ({ name }));
    return [];
  }

  const telemetry: TelemetryForTests = {
    origins: [],
    errorRates,
    connections,
    faults,
    queries,
    errors(at, count, { service = 'payments', environment = 'test', group = '00ab00cd00ef0012' } = {}) {
      for (let index = 0; index < count; index += 1) occurrences.push({ at, service, environment, group });
    },
    async query<T>(sql: string, params: Record<string, unknown> = {}) {
      queries.push(sql);
      for (const [part, fault] of faults) {
        if (!sql.includes(part)) continue;
        if (fault === 'hang') return await new Promise<never>(() => undefined);
        throw fault;
      }
      return { rows: answer(sql, params) as T[], stats: STATS };
    },
  };
  return telemetry;
}
