import type { Alert, AlertRule, AlertsAnswer } from '../api/types.ts';
import type { AlertFunctions } from '../detector.ts';
import { createInputReader } from '../state/input-reader.ts';
import type { State } from '../state/state.ts';
import {
  activeAlertsOfRule,
  deleteAlert,
  insertAlert,
  listAlerts,
  resolutionsOfRule,
  type StoredAlert,
  toAlertState,
  toPublicAlert,
  updateAlert,
} from './alert-rows.ts';
import { type AlertStep, nextAlertState } from './alert-state.ts';
import { type Measurement, thresholdOf } from './measure.ts';
import { alertSummary, clearedSummary } from './summary.ts';

/** How long a firing alert's condition must not hold before it resolves: as long as SDKs hold spans back by default. */
export const CLEAR_MS = 5_000;

export interface AlertBookOptions {
  state: State;
  newId: () => string;
  log: (line: string) => void;
  /** Called in the transaction in which an alert with an incident resolved. */
  onResolved: (alert: StoredAlert, summary: string) => void;
}

/** The alerts of every rule: applies evaluations to them, durably. */
export interface AlertBook extends AlertFunctions {
  /** Takes every target of the rule one step further. Targets without a measurement do not meet the condition. */
  apply(rule: AlertRule, measurements: readonly Measurement[], now: number): void;
  /** Ends the rule's alerts at once, because the rule was disabled or removed. */
  close(rule: AlertRule, now: number, why: string): void;
}

export function createAlertBook(options: AlertBookOptions): AlertBook {
  const { state, newId, log, onResolved } = options;

  function begin(rule: AlertRule, measurement: Measurement, step: AlertStep, now: number): void {
    const { next } = step;
    if (next.state !== 'pending' && next.state !== 'firing') return;
    const summary = alertSummary(rule, measurement);
    insertAlert(state, {
      id: newId(),
      ruleId: rule.id,
      ruleName: rule.name,
      kind: rule.condition.kind,
      severity: rule.severity,
      target: measurement.target,
      labels: measurement.labels,
      state: next.state,
      value: measurement.value,
      ...thresholdOf(rule.condition),
      summary,
      startedAt: now,
      firedAt: next.state === 'firing' ? now : null,
      clearSince: null,
      resolvedAt: null,
      incidentId: null,
    });
    if (step.decision === 'fired') log(`alert fired: ${rule.name}: ${summary}`);
  }

  function advance(rule: AlertRule, alert: StoredAlert, measurement: Measurement | undefined, now: number): void {
    const timing = timingOf(rule);
    const { next, decision } = nextAlertState(toAlertState(alert), measurement?.met === true, now, timing);
    switch (next.state) {
      case 'ok':
        deleteAlert(state, alert.id);
        return;
      case 'resolved':
        resolve(alert, clearedSummary(rule.condition, alert.labels['service'] ?? '', measurement?.value ?? null), now);
        return;
      case 'pending':
      case 'firing': {
        const summary = measurement?.met === true ? alertSummary(rule, measurement) : alert.summary;
        updateAlert(state, {
          ...alert,
          state: next.state,
          value: measurement?.value ?? 0,
          summary,
          firedAt: next.state === 'firing' ? next.firedAt : null,
          clearSince: next.state === 'firing' ? next.clearSince : null,
        });
        if (decision === 'fired') log(`alert fired: ${rule.name}: ${summary}`);
      }
    }
  }

  function resolve(alert: StoredAlert, summary: string, now: number): void {
    const resolved: StoredAlert = { ...alert, state: 'resolved', clearSince: null, resolvedAt: now };
    updateAlert(state, resolved);
    log(`alert resolved: ${alert.ruleName}: ${summary}`);
    onResolved(resolved, summary);
  }

  return {
    list(query = {}): AlertsAnswer {
      const reader = createInputReader(query);
      const states: Alert['state'][] = ['pending', 'firing', 'resolved'];
      const alertState = reader.has('state') ? reader.oneOf('state', states) : undefined;
      const limit = reader.has('limit') ? reader.integer('limit', { min: 1, max: 1_000 }) : 100;
      return { alerts: listAlerts(state, alertState, limit).map(toPublicAlert) };
    },

    apply(rule, measurements, now) {
      state.transaction(() => {
        const timing = timingOf(rule);
        const byTarget = new Map(measurements.map((measurement) => [measurement.target, measurement]));
        const active = activeAlertsOfRule(state, rule.id);
        for (const alert of active) advance(rule, alert, byTarget.get(alert.target), now);

        const known = new Set(active.map(({ target }) => target));
        const resolutions = resolutionsOfRule(state, rule.id, now - timing.cooldownMs);
        for (const measurement of measurements) {
          if (!measurement.met || known.has(measurement.target)) continue;
          const resolvedAt = resolutions.get(measurement.target);
          const before =
            resolvedAt === undefined ? { state: 'ok' as const } : { state: 'resolved' as const, resolvedAt };
          begin(rule, measurement, nextAlertState(before, true, now, timing), now);
        }
      });
    },

    close(rule, now, why) {
      state.transaction(() => {
        for (const alert of activeAlertsOfRule(state, rule.id)) {
          if (alert.state === 'pending') deleteAlert(state, alert.id);
          else resolve(alert, `${alert.labels['service'] ?? ''}: ended because ${why}.`, now);
        }
      });
    },
  };
}

function timingOf(rule: AlertRule): { forMs: number; clearMs: number; cooldownMs: number } {
  return { forMs: rule.forSeconds * 1_000, clearMs: CLEAR_MS, cooldownMs: rule.cooldownSeconds * 1_000 };
}
