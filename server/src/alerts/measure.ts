import type { AlertCondition, AlertRule } from '../api/types.ts';
import { GROUP_ID_TEXT, toGroupNumber } from '../errors/group-id.ts';
import { messageTemplate } from '../errors/normalise-message.ts';
import type { TelemetryReader } from '../errors/telemetry-reader.ts';
import { parseQuery } from '../query/parse.ts';
import { toSql } from '../query/sql.ts';

/** What a rule found on one target. */
export interface Measurement {
  /** `service` always; `environment` where telemetry names one; `errorGroup` and `error` (type and the template of the message)
   * for error counts. */
  labels: Record<string, string>;
  /** The same text for the same target, evaluation after evaluation. */
  target: string;
  value: number;
  /** Records the value was computed from. */
  samples: number;
  /** The value is at or above the rule's threshold. */
  met: boolean;
}

export interface MeasureOptions {
  store: TelemetryReader;
  /** End of the window, epoch milliseconds. */
  now: number;
  /** Error groups that never alert. */
  ignoredGroups: readonly string[];
  /** Error groups that are measured even below the threshold, because an alert on them is active. */
  activeGroups: readonly string[];
  signal: AbortSignal;
  timeoutMs: number;
}

/** A span is looked for by its end, and found if it began at most this long before the window. */
const MAX_SPAN_SECONDS = 900;
/** Targets of one rule in one evaluation; of more, those with the highest values. */
const MAX_TARGETS = 1_000;
const MAX_READ_CHARACTERS = 1_000;
const MAX_ERROR_CHARACTERS = 160;

interface Row {
  service: string;
  environment: string;
  value: number | string;
  samples: number | string;
  errorGroup?: string;
  type?: string;
  message?: string;
}

/**
 * Measures the rule's condition over the window `[now - windowSeconds, now)`, per service and environment. Targets
 * without records are absent. Spans count by the time they ended. A condition is met at or above its threshold. Rejects
 * with the store's error where the query fails.
 *
 * Telemetry arrives some seconds late. The window still ends now, so that trouble is seen as soon as it can be: a record
 * counts from when it is stored until the window has passed it, and one that is later than the window never counts. The
 * youngest seconds of a window are therefore incomplete; an alert resolves only after it has been clear for a while
 * (`CLEAR_MS`). Times are those of the services: a clock that is wrong by more than the window is not seen.
 */
export async function measure(rule: AlertRule, options: MeasureOptions): Promise<Measurement[]> {
  const { condition } = rule;
  const { sql, params } = toStatement(condition, options);
  const window = { from: Math.floor(options.now) - rule.windowSeconds * 1_000, to: Math.floor(options.now) };
  const { rows } = await options.store.query<Row>(
    `${sql} LIMIT ${MAX_TARGETS}`,
    { ...params, ...window, service: condition.service ?? '' },
    { signal: options.signal, timeoutMs: options.timeoutMs, maxRows: MAX_TARGETS },
  );
  return rows.map((row) => toMeasurement(row, condition));
}

/** The figure the condition is compared with, and its unit. */
export function thresholdOf(condition: AlertCondition): { threshold: number; unit: 'count' | 'ratio' | 'ms' } {
  switch (condition.kind) {
    case 'error_count':
    case 'log_count':
      return { threshold: condition.threshold, unit: 'count' };
    case 'span_error_rate':
      return { threshold: condition.threshold, unit: 'ratio' };
    case 'span_latency':
      return { threshold: condition.thresholdMs, unit: 'ms' };
  }
}

function toMeasurement(row: Row, condition: AlertCondition): Measurement {
  const value = Number(row.value);
  const labels: Record<string, string> = { service: row.service };
  if (row.environment !== '') labels['environment'] = row.environment;
  if (row.errorGroup !== undefined) {
    labels['errorGroup'] = row.errorGroup;
    const error = [row.type, messageTemplate(row.message ?? '')].filter((part) => part !== '').join(': ');
    labels['error'] = error.length > MAX_ERROR_CHARACTERS ? `${error.slice(0, MAX_ERROR_CHARACTERS - 1)}…` : error;
  }
  return {
    labels,
    target: JSON.stringify([row.service, row.environment, row.errorGroup ?? '']),
    value,
    samples: Number(row.samples),
    met: value >= thresholdOf(condition).threshold,
  };
}

const IN_WINDOW = 'ts >= fromUnixTimestamp64Milli({from:Int64}) AND ts < fromUnixTimestamp64Milli({to:Int64})';
const OF_SERVICE = "({service:String} = '' OR service = {service:String})";
const SPANS_IN_WINDOW = `end_ts >= fromUnixTimestamp64Milli({from:Int64}) AND end_ts < fromUnixTimestamp64Milli({to:Int64})
    AND ts >= fromUnixTimestamp64Milli({from:Int64} - ${MAX_SPAN_SECONDS * 1_000}) AND ts < fromUnixTimestamp64Milli({to:Int64})
    AND kind IN ('server', 'consumer')`;
const TARGET = 'toString(service) AS service, toString(environment) AS environment';

function toStatement(
  condition: AlertCondition,
  options: MeasureOptions,
): { sql: string; params: Record<string, unknown> } {
  switch (condition.kind) {
    case 'error_count':
      // Inside, the columns keep their types for the primary key; outside, they become what the answer holds.
      return {
        sql: `SELECT ${TARGET}, ${GROUP_ID_TEXT} AS errorGroup, count AS value, count AS samples,
            type, message
          FROM (
            SELECT service, environment, group_id, count() AS count, argMax(toString(type), ts) AS type,
              argMax(substring(splitByChar('\\n', message)[1], 1, ${MAX_READ_CHARACTERS}), ts) AS message
            FROM error_events
            WHERE ${IN_WINDOW} AND ${OF_SERVICE}
              AND (empty({groups:Array(UInt64)}) OR group_id IN {groups:Array(UInt64)})
              AND group_id NOT IN {ignored:Array(UInt64)}
            GROUP BY service, environment, group_id
            HAVING count >= {threshold:UInt64} OR group_id IN {active:Array(UInt64)}
          )
          ORDER BY group_id IN {active:Array(UInt64)} DESC, count DESC`,
        params: {
          groups: condition.groupId === undefined ? [] : [toGroupNumber(condition.groupId)],
          ignored: options.ignoredGroups.map(toGroupNumber),
          active: options.activeGroups.map(toGroupNumber),
          threshold: condition.threshold,
        },
      };
    case 'log_count': {
      const parsed = parseQuery(condition.query, 'logs');
      if (!parsed.ok) throw new TypeError(`the rule's query cannot be read: ${parsed.message}`);
      const { where, params } = toSql(parsed.query, 'logs');
      return {
        sql: `SELECT ${TARGET}, count() AS value, count() AS samples
          FROM logs WHERE ${IN_WINDOW} AND ${OF_SERVICE} AND (${where})
          GROUP BY service, environment ORDER BY value DESC`,
        params: { ...params },
      };
    }
    case 'span_error_rate':
      return {
        sql: `SELECT ${TARGET}, countIf(status = 'error') / count() AS value, count() AS samples
          FROM spans WHERE ${SPANS_IN_WINDOW} AND ${OF_SERVICE}
          GROUP BY service, environment HAVING samples >= {minCount:UInt64} ORDER BY value DESC`,
        params: { minCount: condition.minCount },
      };
    case 'span_latency':
      return {
        // A parameter of an aggregate function cannot be bound; the rule's input check made it a number in (0, 1).
        sql: `SELECT ${TARGET}, quantileTDigest(${Number(condition.quantile)})(duration_ns) / 1e6 AS value, count() AS samples
          FROM spans WHERE ${SPANS_IN_WINDOW} AND ${OF_SERVICE}
          GROUP BY service, environment HAVING samples >= {minCount:UInt64} ORDER BY value DESC`,
        params: { minCount: condition.minCount },
      };
  }
}
