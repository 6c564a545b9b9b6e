import type { Call } from './call.ts';
import type { RejectedError } from './errors.ts';
import { type Emits, emit } from './events.ts';
import { WAIT } from './policy.ts';

/** The fields of every event about a call. */
interface Common {
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
}

/** An event without the fields that are those of the call. */
export type Told<E> = E extends Common ? Omit<E, keyof Common> : never;

/** Tells the listeners of a policy what happened to a call. Guard it as `emit`. */
export function tell<E>(
  policy: Emits<E> & { readonly name: string },
  call: { readonly operation?: string | undefined; readonly correlationId?: string | undefined },
  what: Told<E>,
): void {
  const { operation = policy.name, correlationId } = call;
  emit(policy, { policy: policy.name, operation, correlationId, ...what } as E);
}

/** Refuses a call that enters a gate, or waits for it. `what`: the event, where there are listeners. */
export function refuse<E>(
  policy: Emits<E> & { readonly name: string },
  call: Call,
  toError: () => RejectedError,
  what: Told<E> | undefined,
): typeof WAIT {
  if (what !== undefined) tell(policy, call, what);
  // The stack costs more than all the rest of a refusal, and would only show the policy. Under `--frozen-intrinsics` it is
  // recorded all the same.
  const limit = Error.stackTraceLimit;
  if (!frozen) Error.stackTraceLimit = 0;
  let error: RejectedError;
  try {
    error = toError();
  } finally {
    if (!frozen) Error.stackTraceLimit = limit;
  }
  call.refuse(error);
  return WAIT;
}

const frozen: boolean = /* @__PURE__ */ Object.isFrozen(Error);
