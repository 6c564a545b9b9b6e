import { OptionError } from '@breakwater/errors';
import type { Cache } from './cache.ts';
import { start } from './call.ts';
import { type Clock, systemClock } from './clock.ts';
import { emit, type Listener, subscribe } from './events.ts';
import { hasGivenUp } from './keyed.ts';
import { callable, checkOptions, durationMs, type Rule, text } from './options.ts';
import { isOutage } from './outage.ts';
import { type Plan, toPlan } from './plan.ts';
import type { CallContext, CallOptions, Policy, Work } from './policy.ts';
import { keepErrors } from './retry/history.ts';

/** Something to answer with when the call fails. */
export type FallbackStep =
  /** Always this value. */
  | { readonly name?: string | undefined; readonly value: unknown }
  /** What this returns: a computation, another provider. A failure of it leads on to the next step. */
  | { readonly name?: string | undefined; readonly use: (context: CallContext, error: unknown) => unknown }
  /** The last good answer to the same call, at most `maxAgeMs` old (default: any age); without one, the next step. */
  | { readonly name?: string | undefined; readonly cache: Cache; readonly maxAgeMs?: number | undefined };

export interface FallbackOptions {
  /** What to try, in order. */
  readonly steps: readonly FallbackStep[];
  /** Which failures to answer. Default: outages and refusals by policies, not answers such as "not found" and not bugs. */
  readonly when?: ((error: unknown) => boolean) | undefined;
  /** Default `fallback`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

interface EventBase {
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
  /** Name of the step, by default `value`, `use` or `cache`. */
  readonly step: string;
  readonly error: unknown;
}

/** What a fallback tells its listeners. */
export type FallbackEvent =
  /** The step has answered; `error` is the failure of the call. */
  | (EventBase & { readonly type: 'fallback.used'; readonly reason: 'value' | 'use' | 'cache' })
  /** The step had no answer; `error` is its own failure, where it failed. */
  | (EventBase & { readonly type: 'fallback.failed'; readonly reason: 'failed' | 'nothing-cached' | 'too-old' });

export interface Fallback extends Policy<FallbackEvent> {
  readonly kind: 'fallback';
  /** Puts new options in force. Throws as `createFallback`. */
  reconfigure(options: FallbackOptions): void;
}

const rules: Record<string, Rule> = {
  steps: ['a list of at least one step', (v) => Array.isArray(v) && v.length > 0],
  when: callable,
};
const stepRules: Record<string, Rule> = {
  name: text,
  value: ['any value', () => true],
  use: callable,
  cache: ['a cache policy', (v) => typeof (v as Partial<Cache> | null)?.peek === 'function'],
  maxAgeMs: durationMs,
};

/**
 * Answers a failed call with something else. Steps are tried in order; when none has an answer, the failure of the call
 * itself comes out, and `attemptErrors(error)` holds it and those of the steps. A caller who gives up gets no fallback.
 * Throws `OptionError` on bad options.
 */
export function createFallback(options: FallbackOptions): Fallback {
  return new FallbackImpl(options);
}

class FallbackImpl implements Fallback {
  readonly kind = 'fallback';
  readonly name: string;
  readonly clock: Clock;
  listeners: readonly Listener<FallbackEvent>[] | undefined = undefined;
  readonly #plan: Plan;
  #options!: FallbackOptions;

  constructor(options: FallbackOptions) {
    this.reconfigure(options);
    const { name = 'fallback', clock = systemClock } = options;
    this.name = name;
    this.clock = clock;
    this.#plan = toPlan({ name, clock, cuts: true });
  }

  async execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    const { steps, when = isOutage } = this.#options;
    try {
      return await start(this.#plan, work, options, undefined);
    } catch (error) {
      if (hasGivenUp(options) || !when(error)) throw error;
      const errors: unknown[] = [error];
      for (const step of steps) {
        const answer = await this.#try(step, error, errors, options);
        if (answer !== undefined) return answer.value as T;
        if (hasGivenUp(options)) throw errors.at(-1);
      }
      if (errors.length > 1) keepErrors(error, errors);
      throw error;
    }
  }

  on(listener: Listener<FallbackEvent>): () => void {
    return subscribe(this, listener);
  }

  reconfigure(options: FallbackOptions): void {
    checkOptions('createFallback', options, rules, ['steps']);
    for (const [index, step] of options.steps.entries()) {
      checkOptions(`createFallback.steps[${index}]`, step, stepRules);
      // `undefined` is a value to answer with, but neither a function nor a cache.
      const given = step as { readonly [kind: string]: unknown };
      const kinds = ['value', 'use', 'cache'].filter(
        (kind) => kind in step && (kind === 'value' || given[kind] !== undefined),
      );
      if (kinds.length === 1) continue;
      throw new OptionError(`createFallback.steps[${index}]`, kinds.join(', '), 'one of value, use, cache');
    }
    this.#options = options;
  }

  async #try(
    step: FallbackStep,
    error: unknown,
    errors: unknown[],
    options: CallOptions | undefined,
  ): Promise<{ readonly value: unknown } | undefined> {
    if ('value' in step) return this.#used(step, 'value', step.value, error, options);
    if (!('use' in step) || step.use === undefined) {
      const { cache, maxAgeMs = Number.POSITIVE_INFINITY } = step as Extract<FallbackStep, { readonly cache: Cache }>;
      const entry = cache.peek(options ?? {});
      const tooOld = entry !== undefined && entry.ageMs > maxAgeMs;
      if (entry !== undefined && !tooOld) return this.#used(step, 'cache', entry.value, error, options);
      this.#tell(options, {
        type: 'fallback.failed',
        reason: tooOld ? 'too-old' : 'nothing-cached',
        step: step.name ?? 'cache',
        error,
      });
      return undefined;
    }
    try {
      const value = await start(this.#plan, (context) => step.use(context, error), options, undefined);
      return this.#used(step, 'use', value, error, options);
    } catch (failure) {
      errors.push(failure);
      this.#tell(options, { type: 'fallback.failed', reason: 'failed', step: step.name ?? 'use', error: failure });
      return undefined;
    }
  }

  #used(
    step: FallbackStep,
    reason: 'value' | 'use' | 'cache',
    value: unknown,
    error: unknown,
    options: CallOptions | undefined,
  ): { readonly value: unknown } {
    this.#tell(options, { type: 'fallback.used', reason, step: step.name ?? reason, error });
    return { value };
  }

  #tell(
    options: CallOptions | undefined,
    what:
      | { type: 'fallback.used'; reason: 'value' | 'use' | 'cache'; step: string; error: unknown }
      | { type: 'fallback.failed'; reason: 'failed' | 'nothing-cached' | 'too-old'; step: string; error: unknown },
  ): void {
    if (this.listeners === undefined) return;
    const { operation = this.name, correlationId } = options ?? {};
    emit(this, { ...what, policy: this.name, operation, correlationId });
  }
}
