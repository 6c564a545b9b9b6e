import { type ComposedPolicy, type EventOf, policyRule, toChain } from './compose.ts';
import { checkExactly, type Rule, text } from './options.ts';
import type { Policy } from './policy.ts';

/**
 * The order of a pipeline, from the outside in, and why:
 *
 * - what can answer without a call comes first: fallback, cache, coalescing;
 * - the limit on everything together, then the retry, so that each attempt passes all that follows anew;
 * - what spares the dependency: throttle, shedding, rate limit; a hedge, whose extra calls need a place of their own;
 * - the limits on calls under way: adaptive concurrency, bulkhead; waiting there is not the dependency's fault;
 * - the breaker, asked at the last moment, so that a queue built up before it opened is refused at once;
 * - the limit on the attempt, which the breaker sees as a failure; and chaos, which plays the dependency.
 */
export const PIPELINE_ORDER = [
  'fallback',
  'cache',
  'coalesce',
  'totalTimeout',
  'retry',
  'throttle',
  'loadShed',
  'rateLimit',
  'hedge',
  'adaptiveConcurrency',
  'bulkhead',
  'breaker',
  'timeout',
  'chaos',
] as const;

/** A place in a pipeline. */
export type PipelineSlot = (typeof PIPELINE_ORDER)[number];

/** Policies by their place. The order in which they are written does not matter. */
export type PipelineParts = { readonly [Slot in PipelineSlot]?: Policy | undefined };

/** Checks an object by place. Each policy has a clock of its own: here it is no option. */
export function checkPlaces(at: string, value: unknown, rule: Rule): void {
  checkExactly(at, value, { ...Object.fromEntries(PIPELINE_ORDER.map((place) => [place, rule])), name: text });
}

/**
 * Puts policies around each other in {@link PIPELINE_ORDER}: `pipeline({ retry, breaker, timeout })`. `name` is the
 * default of `operation`; by default the names of the members. Throws `OptionError` as `compose`, and for an unknown
 * place.
 */
export function pipeline<P extends PipelineParts>(
  parts: P & { readonly name?: string | undefined },
): ComposedPolicy<EventOf<P[PipelineSlot & keyof P]>> {
  checkPlaces('pipeline', parts, policyRule);
  return toChain(
    parts.name,
    PIPELINE_ORDER.flatMap((slot) => parts[slot] ?? []),
  );
}
