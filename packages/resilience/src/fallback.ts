import type { Cache } from './cache.ts';
import { run } from './call.ts';
import type { Clock } from './clock.ts';
import { hasGivenUp } from './keyed.ts';
import { callable, checkOptions, durationMs, having, OptionError, type Rule, text } from './options.ts';
import { isOutage } from './outage.ts';
import { type CallContext, type CallOptions, NEVER, type Policy, type Work } from './policy.ts';
import { type Kind, PolicyBase } from './policy-base.ts';
import { ask } from './predicate.ts';
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

/** A step, whatever its kind. */
type AnyStep = { [K in 'value' | 'use' | 'cache']?: Extract<FallbackStep, { readonly [Kind in K]: unknown }>[K] } & {
  readonly name?: string | undefined;
  readonly maxAgeMs?: number | undefined;
};

const stepRules: Record<string, Rule> = {
  name: text,
  value: ['any value', () => true],
  use: callable,
  cache: having('a cache policy', 'peek'),
  maxAgeMs: durationMs,
};

const kind: Kind<FallbackOptions> = {
  kind: 'fallback',
  rules: { steps: ['at least one step', (v) => Array.isArray(v) && v.length > 0], when: callable },
  required: ['steps'],
  check({ steps }) {
    for (const [index, step] of steps.entries()) {
      const at = `createFallback.steps[${index}]`;
      checkOptions(at, step, stepRules);
      // `undefined` is a value to answer with, but neither a function nor a cache.
      const given: AnyStep = { ...step, value: 'value' in step };
      const kinds = (['value', 'use', 'cache'] as const).filter((one) => given[one]);
      if (kinds.length !== 1) throw new OptionError(at, kinds.join(', '), 'one of value, use, cache');
    }
  },
};

/**
 * Answers a failed call with something else. Steps are tried in order; when none has an answer, the failure of the call
 * itself comes out, and `attemptErrors(error)` holds it and those of the steps. A caller who gives up gets no fallback.
 * Throws `OptionError` on bad options.
 */
export function createFallback(options: FallbackOptions): Fallback {
  return new FallbackImpl(kind, options);
}

class FallbackImpl extends PolicyBase<FallbackOptions, FallbackEvent> implements Fallback {
  declare readonly kind: 'fallback';

  override async execute<T>(work: Work<T>, options: CallOptions = {}): Promise<T> {
    const { steps, when = isOutage } = this.options;
    try {
      return await run(this.plan, work, options);
    } catch (error) {
      if (hasGivenUp(options) || !ask(when, error, false)) throw error;
      const errors: unknown[] = [error];
      for (const step of steps) {
        const { use, cache, value, maxAgeMs = NEVER } = step as AnyStep;
        const used = use ? 'use' : cache ? 'cache' : 'value';
        const { name = used } = step;
        try {
          const work = use && ((context: CallContext): unknown => use.call(step, context, error));
          const entry = cache
            ? cache.peek(options)
            : { value: work ? await run(this.plan, work, options) : value, ageMs: 0 };
          if (entry && entry.ageMs <= maxAgeMs) {
            this.tell?.(options, { type: 'fallback.used', reason: used, step: name, error });
            return entry.value as T;
          }
          const reason = entry ? 'too-old' : 'nothing-cached';
          this.tell?.(options, { type: 'fallback.failed', reason, step: name, error });
        } catch (failure) {
          errors.push(failure);
          this.tell?.(options, { type: 'fallback.failed', reason: 'failed', step: name, error: failure });
        }
        if (hasGivenUp(options)) throw errors.at(-1);
      }
      if (errors.length > 1) keepErrors(error, errors);
      throw error;
    }
  }
}
