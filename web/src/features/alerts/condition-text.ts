/** Rules and measured values in words. */
import type { Alert, AlertCondition, AlertRuleInput } from '@breakwater/server/api-types';
import { formatCount, formatMillis, formatShare, longDuration } from '../../time/format.ts';

/** `at least 5 events of one error in 1m`, from where a sentence about the rule goes on. */
export function describeCondition(condition: AlertCondition, windowSeconds: number): string {
  const window = longDuration(windowSeconds * 1_000);
  const where = condition.service ? ` in ${condition.service}` : '';
  switch (condition.kind) {
    case 'error_count':
      return `at least ${formatCount(condition.threshold)} events of ${condition.groupId ? 'this error' : 'one error'}${where} in ${window}`;
    case 'log_count':
      return `at least ${formatCount(condition.threshold)} log records${condition.service ? where : ' of one service'} in ${window} match ${condition.query || 'anything'}`;
    case 'span_error_rate':
      return `at least ${formatShare(condition.threshold)} of requests${where || ' of one service'} fail over ${window}, from ${formatCount(condition.minCount)} requests`;
    case 'span_latency':
      return `p${Number((condition.quantile * 100).toFixed(3))} of requests${where || ' of one service'} is at least ${shortMillis(condition.thresholdMs)} over ${window}, from ${formatCount(condition.minCount)} requests`;
  }
}

/** `1 s` where the figures behind the point are all 0. */
function shortMillis(ms: number): string {
  return formatMillis(ms).replace(/\.0+ /, ' ');
}

export function formatValue(value: number, unit: Alert['unit']): string {
  if (unit === 'ratio') return formatShare(value);
  return unit === 'ms' ? shortMillis(value) : formatCount(value);
}

export const CONDITION_NAMES: Record<AlertCondition['kind'], string> = {
  error_count: 'Events of an error',
  log_count: 'Log records that match',
  span_error_rate: 'Share of failed requests',
  span_latency: 'Latency of requests',
};

/** A condition of that kind to begin with. */
export function newCondition(kind: AlertCondition['kind']): AlertCondition {
  switch (kind) {
    case 'error_count':
      return { kind, threshold: 5 };
    case 'log_count':
      return { kind, query: 'level:>=error', threshold: 10 };
    case 'span_error_rate':
      return { kind, threshold: 0.05, minCount: 20 };
    case 'span_latency':
      return { kind, quantile: 0.95, thresholdMs: 1_000, minCount: 20 };
  }
}

export const NEW_RULE: AlertRuleInput = {
  name: '',
  condition: newCondition('error_count'),
  windowSeconds: 60,
  forSeconds: 0,
  cooldownSeconds: 300,
  severity: 'high',
  enabled: true,
  runbookUrl: '',
};
