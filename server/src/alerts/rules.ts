import type { AlertCondition, AlertRule, AlertRulesAnswer, Severity } from '../api/types.ts';
import type { RuleFunctions } from '../detector.ts';
import { NotFoundError, shown } from '../state/refusals.ts';
import type { State } from '../state/state.ts';
import { toRuleInput } from './rule-input.ts';

type Row = Record<string, unknown>;

function toRule(row: Row): AlertRule {
  return {
    id: row['id'] as string,
    name: row['name'] as string,
    condition: JSON.parse(row['condition_json'] as string) as AlertCondition,
    windowSeconds: row['window_seconds'] as number,
    forSeconds: row['for_seconds'] as number,
    cooldownSeconds: row['cooldown_seconds'] as number,
    severity: row['severity'] as Severity,
    enabled: row['enabled'] === 1,
    runbookUrl: row['runbook_url'] as string,
    createdAt: row['created_at'] as number,
    updatedAt: row['updated_at'] as number,
  };
}

/** An enabled rule and the number of times it was changed. */
export interface RuleRevision {
  rule: AlertRule;
  revision: number;
}

export function enabledRules(state: State): RuleRevision[] {
  return state
    .prepare('SELECT * FROM alert_rules WHERE enabled = 1 ORDER BY created_at, rowid')
    .all()
    .map((row) => ({ rule: toRule(row), revision: row['revision'] as number }));
}

/** Whether the rule is enabled and as it was at that revision. */
export function isCurrent(state: State, { rule, revision }: RuleRevision): boolean {
  const row = state
    .prepare('SELECT 1 AS found FROM alert_rules WHERE id = ? AND revision = ? AND enabled = 1')
    .get(rule.id, revision);
  return row !== undefined;
}

/** Notes the outcome of an evaluation; `error` null where it succeeded. Returns the error noted before. */
export function noteEvaluation(state: State, ruleId: string, error: string | null): string | null {
  const before = state.prepare('SELECT last_error FROM alert_rules WHERE id = ?').get(ruleId);
  const last = (before?.['last_error'] ?? null) as string | null;
  // What has not changed is not written: it would be a synced write per rule and evaluation.
  if (error !== last) {
    state.prepare('UPDATE alert_rules SET last_error = ? WHERE id = ?').run(error, ruleId);
  }
  return last;
}

export interface RulesOptions {
  state: State;
  now: () => number;
  newId: () => string;
  /** Ends the alerts of a rule that is disabled or removed. Called in the transaction of the change. */
  closeAlerts: (rule: AlertRule, why: string) => void;
}

export function createRules({ state, now, newId, closeAlerts }: RulesOptions): RuleFunctions {
  function get(id: string): AlertRule {
    const row = state.prepare('SELECT * FROM alert_rules WHERE id = ?').get(id);
    if (row === undefined) throw new NotFoundError(`there is no alert rule ${shown(id)}`);
    return toRule(row);
  }

  return {
    get,

    list(): AlertRulesAnswer {
      const rows = state
        .prepare(
          `SELECT r.*,
             EXISTS (SELECT 1 FROM alerts a WHERE a.rule_id = r.id AND a.state = 'firing') AS firing,
             EXISTS (SELECT 1 FROM alerts a WHERE a.rule_id = r.id AND a.state = 'pending') AS pending
           FROM alert_rules r ORDER BY r.created_at, r.rowid`,
        )
        .all();
      return {
        rules: rows.map((row) => {
          const lastError = row['enabled'] === 1 ? (row['last_error'] as string | null) : null;
          const ruleState = (() => {
            if (row['enabled'] !== 1) return 'disabled';
            if (lastError !== null) return 'error';
            if (row['firing'] === 1) return 'firing';
            return row['pending'] === 1 ? 'pending' : 'ok';
          })();
          return { ...toRule(row), state: ruleState, lastError };
        }),
      };
    },

    create(input) {
      const rule = toRuleInput(input);
      const id = newId();
      const time = now();
      state
        .prepare(
          `INSERT INTO alert_rules (id, name, condition_json, window_seconds, for_seconds, cooldown_seconds, severity,
             enabled, runbook_url, created_at, updated_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          id,
          rule.name,
          JSON.stringify(rule.condition),
          rule.windowSeconds,
          rule.forSeconds,
          rule.cooldownSeconds,
          rule.severity,
          rule.enabled ? 1 : 0,
          rule.runbookUrl,
          time,
          time,
        );
      return get(id);
    },

    update(id, input) {
      const before = get(id);
      const rule = toRuleInput(input);
      state.transaction(() => {
        state
          .prepare(
            `UPDATE alert_rules SET name = ?, condition_json = ?, window_seconds = ?, for_seconds = ?,
               cooldown_seconds = ?, severity = ?, enabled = ?, runbook_url = ?, updated_at = ?, last_error = NULL,
               revision = revision + 1 WHERE id = ?`,
          )
          .run(
            rule.name,
            JSON.stringify(rule.condition),
            rule.windowSeconds,
            rule.forSeconds,
            rule.cooldownSeconds,
            rule.severity,
            rule.enabled ? 1 : 0,
            rule.runbookUrl,
            now(),
            id,
          );
        if (!rule.enabled) closeAlerts(before, 'its rule was disabled');
        // Alerts of another kind of condition measure something else: their figures would be compared with nothing.
        else if (rule.condition.kind !== before.condition.kind) closeAlerts(before, 'its rule was changed');
      });
      return get(id);
    },

    remove(id) {
      const rule = get(id);
      state.transaction(() => {
        closeAlerts(rule, 'its rule was removed');
        state.prepare('DELETE FROM alert_rules WHERE id = ?').run(id);
      });
    },
  };
}
