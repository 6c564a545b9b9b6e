import { knownOptions, requireFunction } from './check.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** One answer of a {@link scripted} function. */
export type Step<T> =
  | { readonly value: T; readonly afterMs?: number }
  | { readonly error: unknown; readonly afterMs?: number }
  /** Never answers. With `deaf: false` it rejects when the signal it was given aborts. */
  | { readonly hang: true; readonly deaf?: boolean };

/** A function that answers by script, and remembers its calls. */
export interface Scripted<T> {
  (context?: { readonly signal?: AbortSignal }): Promise<T>;
  /** When it was called, by the clock. */
  readonly calls: readonly number[];
}

/**
 * Answers with the steps in turn; the last one again when they are used up. Throws `TypeError` without steps and for one
 * that neither answers, fails nor hangs, `RangeError` for a wrong `afterMs`.
 */
export function scripted<T>(clock: VirtualClock, steps: readonly Step<T>[]): Scripted<T> {
  if (!Array.isArray(steps) || steps.length === 0) throw new TypeError('scripted: at least one step is needed');
  for (const [index, step] of steps.entries()) {
    const at = `scripted: steps[${index}]`;
    knownOptions(at, step, ['value', 'error', 'hang', 'deaf', 'afterMs']);
    if ('value' in step === 'error' in step && !('hang' in step))
      throw new TypeError(`${at}: expected a value, an error or hang`);
    if ('hang' in step && (step.hang !== true || 'value' in step || 'error' in step))
      throw new TypeError(`${at}: expected hang: true alone`);
    if (!('hang' in step) && step.afterMs !== undefined) requireLatency(`${at}.afterMs`, step.afterMs);
  }
  const calls: number[] = [];
  const answer = async (context?: { readonly signal?: AbortSignal }): Promise<T> => {
    const step = steps[Math.min(calls.length, steps.length - 1)]!;
    calls.push(clock.now());
    if ('hang' in step) {
      return new Promise((_resolve, reject) => {
        const signal = context?.signal;
        if (step.deaf !== false || signal === undefined) return;
        if (signal.aborted) reject(signal.reason);
        else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
    if (step.afterMs !== undefined) await clock.sleep(step.afterMs);
    if ('error' in step) throw step.error;
    return step.value;
  };
  return Object.assign(answer, { calls });
}

/** How often what goes wrong, for {@link faulty}. Rates are shares of calls, from 0 to 1, and together at most 1. */
export interface Faults {
  readonly errorRate?: number;
  /** Makes the error. Default: one with code `ECONNRESET`. */
  readonly error?: () => unknown;
  /** Calls that never end, whatever signal they were given. */
  readonly hangRate?: number;
  /** Of every call, before its fate. Default 0. */
  readonly latencyMs?: number | ((random: () => number) => number);
}

/**
 * Wraps `work` so that it fails, hangs and takes time by chance: the same seed, the same faults. Throws `RangeError` on a
 * wrong rate or latency, `TypeError` on an unknown fault or what is no function. A call rejects with `RangeError` when
 * `latencyMs` gives no milliseconds.
 */
export function faulty<A extends readonly unknown[], T>(
  work: (...args: A) => T | Promise<T>,
  faults: Faults,
  clock: VirtualClock,
  random: () => number,
): (...args: A) => Promise<T> {
  requireFunction('faulty: work', work);
  requireFunction('faulty: random', random);
  knownOptions('faulty', faults, ['errorRate', 'error', 'hangRate', 'latencyMs']);
  const { errorRate = 0, hangRate = 0, latencyMs = 0, error = resetByPeer } = faults;
  for (const [name, rate] of Object.entries({ errorRate, hangRate })) {
    if (!(rate >= 0 && rate <= 1)) throw new RangeError(`faulty: ${name} must be between 0 and 1, got ${rate}`);
  }
  if (errorRate + hangRate > 1)
    throw new RangeError(`faulty: errorRate and hangRate together must be at most 1, got ${errorRate + hangRate}`);
  requireFunction('faulty: error', error);
  if (typeof latencyMs !== 'function') requireLatency('faulty: latencyMs', latencyMs);
  return async (...args) => {
    // Always the same number of draws, so that one fault more or less does not shift all that follow.
    const fate = random();
    const waitMs = typeof latencyMs === 'number' ? latencyMs : latencyMs(random);
    requireLatency('faulty: latencyMs', waitMs);
    if (waitMs > 0) await clock.sleep(waitMs);
    if (fate < hangRate) return new Promise(() => undefined);
    if (fate < hangRate + errorRate) throw error();
    return work(...args);
  };
}

function requireLatency(at: string, ms: number): void {
  if (!Number.isFinite(ms) || ms < 0)
    throw new RangeError(`${at}: expected milliseconds of 0 or more, got ${String(ms)}`);
}

function resetByPeer(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}
