import type { AlertCondition, AlertRule } from '../api/types.ts';
import type { Measurement } from './measure.ts';

/** One sentence with figures: what is wrong with the target. */
export function alertSummary(rule: AlertRule, { labels, value, samples }: Measurement): string {
  const { condition } = rule;
  const service = labels['service'] ?? '';
  const window = duration(rule.windowSeconds * 1_000);
  switch (condition.kind) {
    case 'error_count':
      return `${service}: ${labels['error'] || 'an error'} occurred ${times(value)} in ${window}, the limit is ${condition.threshold}.`;
    case 'log_count': {
      const records = value === 1 ? 'log record' : 'log records';
      const query = condition.query === '' ? records : `${records} matching ${condition.query}`;
      return `${service}: ${value} ${query} in ${window}, the limit is ${condition.threshold}.`;
    }
    case 'span_error_rate':
      return `${service}: ${percent(value)} of ${samples} requests failed in ${window}, the limit is ${percent(condition.threshold)}.`;
    case 'span_latency':
      return `${service}: ${quantileName(condition.quantile)} latency of ${samples} requests was ${duration(value)} over ${window}, the limit is ${duration(condition.thresholdMs)}.`;
  }
}

/** One sentence: the target is well again. `value` is null where nothing was measured any more. */
export function clearedSummary(condition: AlertCondition, service: string, value: number | null): string {
  switch (condition.kind) {
    case 'error_count':
      return `${service}: the error occurs below its limit again (${value ?? 0} of ${condition.threshold}).`;
    case 'log_count':
      return `${service}: matching log records are below the limit again (${value ?? 0} of ${condition.threshold}).`;
    case 'span_error_rate':
      return value === null
        ? `${service}: too few requests to measure an error rate.`
        : `${service}: ${percent(value)} of requests fail, below the limit of ${percent(condition.threshold)} again.`;
    case 'span_latency':
      return value === null
        ? `${service}: too few requests to measure latency.`
        : `${service}: ${quantileName(condition.quantile)} latency is ${duration(value)}, below the limit of ${duration(condition.thresholdMs)} again.`;
  }
}

/** What is wrong, without figures that change: for the title of an incident. */
export function problemName(kind: AlertCondition['kind'] | string, labels: Record<string, string>): string {
  switch (kind) {
    case 'error_count':
      return labels['error'] || 'repeated errors';
    case 'span_error_rate':
      return 'requests fail';
    case 'span_latency':
      return 'requests are slow';
    default:
      return 'many error logs';
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(ratio >= 0.1 ? 3 : 2))}%`;
}

function quantileName(quantile: number): string {
  return `p${Number((quantile * 100).toPrecision(6))}`;
}

function duration(ms: number): string {
  if (ms < 1_000) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toPrecision(3))} s`;
  if (ms < 3_600_000) return `${Number((ms / 60_000).toPrecision(3))} min`;
  return `${Number((ms / 3_600_000).toPrecision(3))} h`;
}
