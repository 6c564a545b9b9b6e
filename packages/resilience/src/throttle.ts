import type { Classify } from '@breakwater/errors';
import { createWindow, type Window } from './breaker/window.ts';
import type { Call } from './call.ts';
import type { Clock, Random } from './clock.ts';
import { RejectedError, refusalIn } from './errors.ts';
import { callable, durationMs, number, whole } from './options.ts';
import { isUnwell } from './outage.ts';
import { CANCELLED, type Fusible, type Gate, type Outcome, type Policy, SUCCEEDED } from './policy.ts';
import { type Kind, PolicyBase } from './policy-base.ts';
import { ask } from './predicate.ts';

export interface ThrottleOptions {
  /** Calls let through per call the dependency accepts. 2 lets twice as many through as it accepts. Default 2. */
  readonly factor?: number | undefined;
  /** How much of the past counts; after an outage the share let through about doubles in that time. Default 30 000. */
  readonly windowMs?: number | undefined;
  /** Calls the window must hold before any is refused. Default 20. */
  readonly minimumCalls?: number | undefined;
  /** Default: failures that `classify` calls retryable or counts against the dependency are not accepted; all else is. */
  readonly accepted?: ((error: unknown) => boolean) | undefined;
  readonly classify?: Classify | undefined;
  /** Default `throttle`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface ThrottleEvent {
  readonly type: 'throttle.rejected';
  readonly reason: 'overload';
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
  /** With what probability calls are refused now. */
  readonly probability: number;
}

/** The dependency refuses too much: this call was refused here, before it cost anything there. */
export class ThrottledError extends RejectedError {
  constructor(policy: string) {
    super('ThrottledError', 'THROTTLED', 'throttle', policy, 'overload');
  }
}

export interface Throttle extends Policy<ThrottleEvent>, Fusible {
  readonly kind: 'throttle';
  /** With what probability the next call is refused, 0 to 1. */
  readonly probability: number;
  /** Puts new options in force. The past is kept while `windowMs` stays the same. Throws as `createThrottle`. */
  reconfigure(options: ThrottleOptions): void;
}

const kind: Kind<ThrottleOptions> = {
  kind: 'throttle',
  rules: { factor: number(1), windowMs: durationMs, minimumCalls: whole(1), accepted: callable, classify: callable },
};

/**
 * Refuses calls by chance when the dependency accepts few of them (adaptive throttling, Site Reliability Engineering,
 * chapter 21): with probability `max(0, (requests - factor * accepts) / (requests + 1))`, counted over a sliding window.
 * Needs no word from the other side, keeps asking, and recovers as it does. Throws `OptionError` on bad options.
 */
export function createThrottle(options: ThrottleOptions = {}): Throttle {
  return new ThrottleImpl(kind, options);
}

class ThrottleImpl extends PolicyBase<ThrottleOptions, ThrottleEvent> implements Throttle, Gate {
  declare readonly kind: 'throttle';
  readonly holds = false;
  #window: Window = windowOf(this.options);

  get probability(): number {
    const { factor = 2, minimumCalls = 20 } = this.options;
    const { calls, failures } = this.#window.counts(this.clock.now());
    return calls < minimumCalls ? 0 : Math.max(0, (calls - factor * (calls - failures)) / (calls + 1));
  }

  override reconfigure(options: ThrottleOptions): void {
    const { windowMs } = this.options;
    super.reconfigure(options);
    if (options.windowMs !== windowMs) this.#window = windowOf(options);
  }

  enter(call: Call): unknown {
    const { probability } = this;
    const { random = Math.random } = this.options;
    if (probability === 0 || random() >= probability) return undefined;
    // A refused call is a request that was not accepted: that is what makes the probability grow with the load.
    this.#count(false);
    this.tell?.(call, { type: 'throttle.rejected', reason: 'overload', probability });
    return call.refuse(new ThrottledError(this.name));
  }

  leave(_call: Call, outcome: Outcome, value: unknown): void {
    // Counted when it ends: what was cancelled, or refused further in, says nothing about the dependency.
    if (outcome === CANCELLED || (outcome !== SUCCEEDED && ask(refusalIn, value, false))) return;
    this.#count(outcome === SUCCEEDED || this.#accepted(value));
  }

  #count(accepted: boolean): void {
    this.#window.record(this.clock.now(), !accepted, false);
  }

  #accepted(error: unknown): boolean {
    const { classify, accepted = (failure) => !isUnwell(failure, this.clock, classify) } = this.options;
    return ask(accepted, error, true);
  }
}

function windowOf({ windowMs: durationMs = 30_000 }: ThrottleOptions): Window {
  return createWindow({ durationMs });
}
