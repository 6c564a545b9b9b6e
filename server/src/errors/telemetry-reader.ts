import type { QueryStats } from '../api/types.ts';

/** What detection and the errors inbox need of the store. 64-bit integers arrive as decimal strings. */
export interface TelemetryReader {
  query<T>(
    sql: string,
    params?: Record<string, unknown>,
    options?: { signal?: AbortSignal; timeoutMs?: number; maxRows?: number },
  ): Promise<{ rows: T[]; stats: QueryStats }>;
}
