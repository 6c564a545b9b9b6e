import { Call } from './attempt.ts';
import type { Plan } from './plan.ts';
import type { CallContext, CallOptions, Work } from './policy.ts';

export { Call } from './attempt.ts';

/**
 * Runs `work` under a plan. Hands the call to `begun` before its work begins, so that it can be cancelled (`call.cancel`).
 */
export function run<T>(
  plan: Plan,
  work: Work<T>,
  options: CallOptions | undefined,
  begun?: (call: Call) => void,
): Promise<T> {
  const call = new Call(plan, work, options);
  begun?.(call);
  try {
    call.begin();
  } catch (error) {
    // Options that are none: `execute` never throws.
    call.fail(error);
  }
  return call.toPromise() as Promise<T>;
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
  const signal = own === undefined ? outer : AbortSignal.any([outer, own]);
  return { ...detached(context), attempt, deadline, ...changes, signal };
}
