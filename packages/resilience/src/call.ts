import { Call, Rejection } from './attempt.ts';
import type { Plan } from './plan.ts';
import type { CallContext, CallOptions, Work } from './policy.ts';

export { Call } from './attempt.ts';

/** Where {@link capture} puts the function that settles the promise being made: cheaper than `Promise.withResolvers`. */
let captured: (value: unknown) => void;
function capture(resolve: (value: unknown) => void): void {
  captured = resolve;
}

/**
 * Runs `work` under a plan. Hands the call to `begun` before its work begins, so that it can be cancelled (`call.cancel`).
 */
export function run<T>(
  plan: Plan,
  work: Work<T>,
  options: CallOptions | undefined,
  begun?: (call: Call) => void,
): Promise<T> {
  const promise = new Promise<unknown>(capture) as Promise<T>;
  const call = new Call(plan, work, options, captured, 1, undefined);
  begun?.(call);
  try {
    call.begin();
  } catch (error) {
    // Options that are none: `execute` never throws.
    call.resolve(new Rejection(error));
  }
  return promise;
}

/** What of a call goes on to work that more than its caller waits for: not the signal, deadline and attempt. */
export function detached({ operation, correlationId, key, priority, idempotent }: CallOptions): CallOptions {
  return { operation, correlationId, key, priority, idempotent };
}

/**
 * Options for a call that is part of another one: those of its context, with changes. Needed where something changes; else
 * the context itself is valid as options. A context cannot be spread (`{ ...context }`): what it shows is found when read.
 */
export function withContext(context: CallContext, changes: CallOptions): CallOptions {
  const { attempt, deadline, signal: outer } = context;
  const { signal: own } = changes;
  const signal = own ? AbortSignal.any([outer, own]) : outer;
  return { ...detached(context), attempt, deadline, ...changes, signal };
}
