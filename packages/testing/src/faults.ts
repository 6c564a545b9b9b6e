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

/** Answers with the steps in turn; the last one again when they are used up. Throws `TypeError` without steps. */
export function scripted<T>(clock: VirtualClock, steps: readonly Step<T>[]): Scripted<T> {
  if (steps.length === 0) throw new TypeError('scripted: at least one step is needed');
  const calls: number[] = [];
  const answer = async (context?: { readonly signal?: AbortSignal }): Promise<T> => {
    const step = steps[Math.min(calls.length, steps.length - 1)]!;
    calls.push(clock.now());
    if ('hang' in step) {
      return new Promise((_resolve, reject) => {
        const signal = context?.signal;
        if (step.deaf === false) signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
    if (step.afterMs !== undefined) await clock.sleep(step.afterMs);
    if ('error' in step) throw step.error;
    return step.value;
  };
  return Object.assign(answer, { calls });
}

/** How often what goes wrong, for {@link faulty}. Rates are shares of calls, from 0 to 1. */
export interface Faults {
  readonly errorRate?: number;
  /** Makes the error. Default: one with code `ECONNRESET`. */
  readonly error?: () => unknown;
  readonly hangRate?: number;
  readonly latencyMs?: number | ((random: () => number) => number);
}

/** Wraps `work` so that it fails, hangs and takes time by chance: the same seed, the same faults. Throws `RangeError` on a wrong rate. */
export function faulty<A extends readonly unknown[], T>(
  work: (...args: A) => T | Promise<T>,
  faults: Faults,
  clock: VirtualClock,
  random: () => number,
): (...args: A) => Promise<T> {
  const { errorRate = 0, hangRate = 0, latencyMs = 0, error = resetByPeer } = faults;
  for (const [name, rate] of Object.entries({ errorRate, hangRate })) {
    if (!(rate >= 0 && rate <= 1)) throw new RangeError(`faulty: ${name} must be between 0 and 1, got ${rate}`);
  }
  return async (...args) => {
    // Always the same number of draws, so that one fault more or less does not shift all that follow.
    const fate = random();
    const waitMs = typeof latencyMs === 'number' ? latencyMs : latencyMs(random);
    if (waitMs > 0) await clock.sleep(waitMs);
    if (fate < hangRate) return new Promise(() => undefined);
    if (fate < hangRate + errorRate) throw error();
    return work(...args);
  };
}

function resetByPeer(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}
