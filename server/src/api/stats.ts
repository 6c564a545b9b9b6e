import type { QueryStats } from './types.ts';

export const NO_STATS: QueryStats = { rowsRead: 0, bytesRead: 0, elapsedMs: 0 };

/** What several statements cost together. */
export function sumOfStats(all: readonly QueryStats[]): QueryStats {
  return all.reduce(
    (sum, stats) => ({
      rowsRead: sum.rowsRead + stats.rowsRead,
      bytesRead: sum.bytesRead + stats.bytesRead,
      elapsedMs: sum.elapsedMs + stats.elapsedMs,
    }),
    NO_STATS,
  );
}
