import { Call } from './attempt.ts';
import type { Plan } from './plan.ts';
import type { CallContext, CallOptions, Work } from './policy.ts';

export { Call } from './attempt.ts';

/** Runs `work` under a plan. */
export function run<T>(plan: Plan, work: Work<T>, options: CallOptions | undefined): Promise<T> {
  if (options !== undefined) return start(plan, work, options, undefined);
  const promise = new Promise<unknown>(capture);
  const call = new Call(plan, work, undefined, capturedResolve, capturedReject);
  if (plan.repeater?.begin !== undefined) plan.repeater.begin(call);
  call.enter(0);
  return promise as Promise<T>;
}

/**
 * As {@link run}, and hands the call to `begun` before its work begins, so that it can be cancelled (`call.cancel`).
 */
export function start<T>(
  plan: Plan,
  work: Work<T>,
  options: CallOptions | undefined,
  begun: ((call: Call) => void) | undefined,
): Promise<T> {
  const promise = new Promise<unknown>(capture);
  const call = new Call(plan, work, options, capturedResolve, capturedReject);
  begun?.(call);
  try {
    if (options !== undefined && !call.attach()) return promise as Promise<T>;
  } catch (error) {
    // Options that are none: `execute` never throws.
    call.reject(error);
    return promise as Promise<T>;
  }
  plan.repeater?.begin?.(call);
  call.enter(0);
  return promise as Promise<T>;
}

/** Where {@link capture} puts the functions of the promise being made: cheaper than `Promise.withResolvers`. */
let capturedResolve: (value: unknown) => void;
let capturedReject: (reason: unknown) => void;
function capture(resolve: (value: unknown) => void, reject: (reason: unknown) => void): void {
  capturedResolve = resolve;
  capturedReject = reject;
}

/**
 * Options for a call that is part of another one: those of its context, with changes. Needed where something changes; else
 * the context itself is valid as options. A context cannot be spread (`{ ...context }`): what it shows is found when read.
 */
export function withContext(context: CallContext, changes: CallOptions): CallOptions {
  const { operation, deadline, correlationId, key, priority, idempotent } = context;
  const inherited = { operation, deadline, correlationId, key, priority, idempotent, ...changes };
  if (context instanceof Call) return { ...inherited, within: context };
  return { signal: context.signal, ...inherited };
}
