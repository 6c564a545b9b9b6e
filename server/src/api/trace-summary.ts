import { idOf } from './attributes-view.ts';
import type { TraceSummary } from './types.ts';

/**
 * What to select from `traces`, grouped by trace, for {@link traceSummary}. The table holds one row per batch of spans of
 * a trace until the engine merges them.
 */
export const TRACE_SUMMARY_COLUMNS: string = `lower(hex(trace_id)) AS trace_hex,
  toUnixTimestamp64Nano(min(start)) AS start_ns, toUnixTimestamp64Nano(max(end)) AS end_ns,
  sum(spans) AS span_count, sum(errors) AS error_count,
  arraySort(groupUniqArrayArray(services)) AS all_services, argMinIfMerge(root) AS root_span`;

export interface TraceSummaryRow {
  readonly trace_hex: string;
  readonly start_ns: string;
  readonly end_ns: string;
  readonly span_count: string;
  readonly error_count: string;
  readonly all_services: string[];
  readonly root_span: readonly [service: string, name: string];
}

/** Service and name of the root are '' where no span without a parent has arrived. */
export function traceSummary(row: TraceSummaryRow): TraceSummary {
  const durationNanos = BigInt(row.end_ns) - BigInt(row.start_ns);
  return {
    traceId: idOf(row.trace_hex),
    rootService: row.root_span[0],
    rootName: row.root_span[1],
    startTimeUnixNano: row.start_ns,
    durationNanos: (durationNanos > 0n ? durationNanos : 0n).toString(),
    spanCount: Number(row.span_count),
    errorCount: Number(row.error_count),
    services: row.all_services,
  };
}
