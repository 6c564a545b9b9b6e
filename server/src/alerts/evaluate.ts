import type { TelemetryReader } from '../errors/telemetry-reader.ts';
import type { State } from '../state/state.ts';
import type { AlertBook } from './alert-book.ts';
import { activeAlertsOfRule } from './alert-rows.ts';
import { measure } from './measure.ts';
import { enabledRules, isCurrent, noteEvaluation, type RuleRevision } from './rules.ts';

export interface EvaluationOptions {
  state: State;
  store: TelemetryReader;
  book: AlertBook;
  now: () => number;
  log: (line: string) => void;
  /** Time one rule's query may take. */
  queryTimeoutMs: number;
  /** Time one round may take; rules it does not reach are shown as not evaluated, and come first in the next round. */
  roundTimeoutMs: number;
}

/** Less time than this would fail any query, and blame it. Timers may also end a little early. */
const SHORTEST_MS = 10;

/**
 * Evaluates every enabled rule once, one after the other. A rule that fails keeps its alerts as they are, is shown with
 * its error and does not keep the others from being evaluated. A rule that was changed meanwhile is left for the next
 * round. The round ends early when `signal` aborts.
 */
export function createEvaluation(options: EvaluationOptions): (signal: AbortSignal) => Promise<void> {
  const { state, store, book, now, log, queryTimeoutMs, roundTimeoutMs } = options;
  let startAfter = '';

  function note(rule: RuleRevision['rule'], error: string | null): void {
    const before = noteEvaluation(state, rule.id, error);
    if (error !== null && error !== before) log(`alert rule cannot be evaluated: ${rule.name}: ${error}`);
    if (error === null && before !== null) log(`alert rule is evaluated again: ${rule.name}`);
  }

  async function evaluate(revision: RuleRevision, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { rule } = revision;
    const time = now();
    // The store's own limit may not be reached by a store that does not answer at all.
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const measuring = measure(rule, {
        store,
        now: time,
        ignoredGroups: ignoredGroups(state),
        activeGroups: activeGroups(state, rule.id),
        signal: deadline,
        timeoutMs,
      });
      const measurements = await unlessAborted(measuring, deadline, timeoutMs);
      if (!isCurrent(state, revision)) return;
      book.apply(rule, measurements, time);
      note(rule, null);
    } catch (error) {
      if (signal.aborted) return;
      note(rule, error instanceof Error ? error.message : String(error));
    }
  }

  return async (signal) => {
    const rules = rotated(enabledRules(state), startAfter);
    const started = performance.now();
    for (const [index, revision] of rules.entries()) {
      if (signal.aborted) return;
      const leftMs = roundTimeoutMs - (performance.now() - started);
      if (leftMs < SHORTEST_MS) {
        for (const { rule } of rules.slice(index)) {
          note(rule, `not evaluated: the rules before it took longer than ${roundTimeoutMs / 1_000} s`);
        }
        return;
      }
      await evaluate(revision, Math.ceil(Math.min(queryTimeoutMs, leftMs)), signal);
      startAfter = revision.rule.id;
    }
    startAfter = '';
  };
}

/** Begins after the rule that was evaluated last, so that a round that ran out of time does not starve the same rules. */
function rotated(rules: RuleRevision[], startAfter: string): RuleRevision[] {
  const last = rules.findIndex(({ rule }) => rule.id === startAfter);
  return [...rules.slice(last + 1), ...rules.slice(0, last + 1)];
}

function ignoredGroups(state: State): string[] {
  return state
    .prepare("SELECT id FROM error_groups WHERE status = 'ignored'")
    .all()
    .map((row) => row['id'] as string);
}

function activeGroups(state: State, ruleId: string): string[] {
  const groups = activeAlertsOfRule(state, ruleId).map(({ labels }) => labels['errorGroup']);
  return [...new Set(groups.filter((group) => group !== undefined))];
}

async function unlessAborted<T>(work: Promise<T>, deadline: AbortSignal, timeoutMs: number): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(new Error(`the query took longer than ${timeoutMs} ms`));
  if (deadline.aborted) onAbort();
  else deadline.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    deadline.removeEventListener('abort', onAbort);
    // The loser of the race may still reject.
    work.catch(() => undefined);
  }
}
