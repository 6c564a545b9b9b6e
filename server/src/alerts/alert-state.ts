/**
 * The life of one alert: a rule on one target.
 *
 *     ok ── met ──► pending ── met for forMs ──► firing ── not met for clearMs ──► resolved (cooldown) ──► ok
 *                      └────── not met ──► ok       └── met again: stays firing
 */
export type AlertState =
  | { readonly state: 'ok' }
  | { readonly state: 'pending'; readonly since: number }
  | { readonly state: 'firing'; readonly since: number; readonly firedAt: number; readonly clearSince: number | null }
  | { readonly state: 'resolved'; readonly resolvedAt: number };

/** Why the state is now what it is; the word stands in the log and in the tests. */
export type AlertDecision =
  | 'quiet'
  | 'cooling_down'
  | 'began'
  | 'waiting'
  | 'fired'
  | 'still_firing'
  | 'clearing'
  | 'dropped'
  | 'resolved';

export interface AlertTiming {
  /** How long the condition must hold before the alert fires. */
  forMs: number;
  /** How long the condition must not hold before a firing alert resolves: late telemetry and a dip change nothing. */
  clearMs: number;
  /** How long after resolving the target is left alone. */
  cooldownMs: number;
}

export interface AlertStep {
  next: AlertState;
  decision: AlertDecision;
}

/**
 * The state after one evaluation at `now` (epoch milliseconds, not decreasing from step to step; a clock that was set
 * back delays transitions and does nothing else).
 */
export function nextAlertState(state: AlertState, met: boolean, now: number, timing: AlertTiming): AlertStep {
  switch (state.state) {
    case 'resolved':
      if (now - state.resolvedAt < timing.cooldownMs) return { next: state, decision: 'cooling_down' };
      return nextAlertState({ state: 'ok' }, met, now, timing);
    case 'ok':
      if (!met) return { next: state, decision: 'quiet' };
      if (timing.forMs > 0) return { next: { state: 'pending', since: now }, decision: 'began' };
      return { next: { state: 'firing', since: now, firedAt: now, clearSince: null }, decision: 'fired' };
    case 'pending':
      if (!met) return { next: { state: 'ok' }, decision: 'dropped' };
      if (now - state.since < timing.forMs) return { next: state, decision: 'waiting' };
      return { next: { state: 'firing', since: state.since, firedAt: now, clearSince: null }, decision: 'fired' };
    case 'firing': {
      if (met) return { next: { ...state, clearSince: null }, decision: 'still_firing' };
      const clearSince = state.clearSince ?? now;
      if (now - clearSince < timing.clearMs) return { next: { ...state, clearSince }, decision: 'clearing' };
      return { next: { state: 'resolved', resolvedAt: now }, decision: 'resolved' };
    }
  }
}
