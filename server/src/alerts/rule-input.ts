import type { AlertCondition, AlertRuleInput, Severity } from '../api/types.ts';
import { isGroupId } from '../errors/group-id.ts';
import { parseQuery } from '../query/parse.ts';
import { createInputReader, type InputReader } from '../state/input-reader.ts';
import { InvalidInputError } from '../state/refusals.ts';

/** Lowest first. */
export const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical'];

const CONDITION_KINDS = ['error_count', 'log_count', 'span_error_rate', 'span_latency'] as const;
const MAX_COUNT = 1_000_000_000;
const MAX_WINDOW_SECONDS = 86_400;
const MAX_COOLDOWN_SECONDS = 604_800;

/**
 * An untrusted rule, checked. Windows are 10 seconds to a day; counts at least 1; a rate above 0 and at most 1; a
 * quantile between 0 and 1. Unknown fields are refused.
 *
 * @throws InvalidInputError naming the field and its value; for a query also where in it the fault is
 */
export function toRuleInput(input: unknown): AlertRuleInput {
  const reader = createInputReader(input);
  const rule: AlertRuleInput = {
    name: reader.text('name', { min: 1, max: 200 }),
    condition: toCondition(reader.object('condition')),
    windowSeconds: reader.integer('windowSeconds', { min: 10, max: MAX_WINDOW_SECONDS }),
    forSeconds: reader.integer('forSeconds', { min: 0, max: MAX_WINDOW_SECONDS }),
    cooldownSeconds: reader.integer('cooldownSeconds', { min: 0, max: MAX_COOLDOWN_SECONDS }),
    severity: reader.oneOf('severity', SEVERITIES),
    enabled: reader.boolean('enabled'),
    runbookUrl: toRunbookUrl(reader),
  };
  reader.end();
  return rule;
}

function toRunbookUrl(reader: InputReader): string {
  if (!reader.has('runbookUrl') || reader.text('runbookUrl', { min: 0, max: 2_000 }) === '') return '';
  return reader.httpUrl('runbookUrl');
}

function toCondition(reader: InputReader): AlertCondition {
  const kind = reader.oneOf('kind', CONDITION_KINDS);
  const service = reader.has('service') ? reader.text('service', { min: 0, max: 300 }) : '';
  const ofService = service === '' ? {} : { service };
  const condition = ((): AlertCondition => {
    switch (kind) {
      case 'error_count': {
        const groupId = reader.has('groupId') ? reader.text('groupId', { min: 0, max: 16 }) : '';
        if (groupId !== '' && !isGroupId(groupId)) {
          const message = `condition.groupId must be 16 lower-case hexadecimal digits, got "${groupId}"`;
          throw new InvalidInputError('condition.groupId', message);
        }
        const threshold = reader.integer('threshold', { min: 1, max: MAX_COUNT });
        return { kind, ...ofService, ...(groupId !== '' && { groupId }), threshold };
      }
      case 'log_count': {
        const query = reader.text('query', { min: 0, max: 4_096 });
        requireQuery(query);
        return { kind, query, ...ofService, threshold: reader.integer('threshold', { min: 1, max: MAX_COUNT }) };
      }
      case 'span_error_rate': {
        const threshold = reader.number('threshold', { above: 0, max: 1 });
        return { kind, ...ofService, threshold, minCount: reader.integer('minCount', { min: 1, max: MAX_COUNT }) };
      }
      case 'span_latency':
        return {
          kind,
          ...ofService,
          quantile: reader.number('quantile', { above: 0, max: 1, below: 1 }),
          thresholdMs: reader.number('thresholdMs', { above: 0, max: 86_400_000 }),
          minCount: reader.integer('minCount', { min: 1, max: MAX_COUNT }),
        };
    }
  })();
  reader.end();
  return condition;
}

function requireQuery(query: string): void {
  const parsed = parseQuery(query, 'logs');
  if (parsed.ok) return;
  const suggestion = parsed.suggestion === undefined ? '' : ` Did you mean: ${parsed.suggestion}`;
  const message = `condition.query cannot be read at character ${parsed.position + 1}: ${parsed.message}${suggestion}`;
  throw new InvalidInputError('condition.query', message);
}
