import type { Dispatcher } from 'undici';
import { run } from '../call.ts';
import { type Clock, systemClock } from '../clock.ts';
import { policyRule } from '../compose.ts';
import { warn } from '../events.ts';
import { callable, checkOptions, durationMs, flag, type Rule } from '../options.ts';
import { type Plan, toPlan } from '../plan.ts';
import type { CallContext, CallOptions, Policy } from '../policy.ts';
import { isRepeatable, statusErrorOf } from './status-error.ts';
import { Attempt } from './undici-attempt.ts';

export interface UndiciOptions {
  /** What guards each request. Default: only the limits below. */
  readonly policy?: Policy | undefined;
  /** Until the request has a connection, the wait for a free one included (`TimeoutError`, kind `connect`). Default: none. */
  readonly connectMs?: number | undefined;
  /** From then until the head of the response has come (kind `read`). Default: none, undici's own is 300 s. */
  readonly readMs?: number | undefined;
  /** Longest pause while the body comes, unless its reader has paused it (kind `idle`). Default: none, undici's own is 300 s. */
  readonly idleMs?: number | undefined;
  /** Tells the other side how long the answer is awaited (`x-request-timeout-ms`). Default true, where there is a deadline. */
  readonly sendDeadline?: boolean | undefined;
  /** Operation, deadline, key, … of a request. */
  readonly callOf?: ((options: Dispatcher.DispatchOptions) => CallOptions | undefined) | undefined;
  readonly clock?: Clock | undefined;
}

const rules: Record<string, Rule> = {
  policy: policyRule,
  connectMs: durationMs,
  readMs: durationMs,
  idleMs: durationMs,
  sendDeadline: flag,
  callOf: callable,
};

/**
 * An interceptor for undici, with the rules of `createFetch`: `new Agent().compose(createUndiciInterceptor({ policy }))`.
 * A call of the policies lasts until the head of the response; its body is not theirs. A response that is a failure to
 * them is held back until it is clear that no attempt follows. Needs undici 7 or later. Throws `OptionError` on bad options.
 */
export function createUndiciInterceptor(options: UndiciOptions = {}): Dispatcher.DispatcherComposeInterceptor {
  checkOptions('createUndiciInterceptor', options, rules);
  const plan = toPlan({ name: 'undici', clock: options.clock ?? systemClock });
  return (dispatch) => (request, handler) => {
    // What a handler throws when it is told of a failure has nobody else to go to.
    exchange(options, plan, dispatch, request, handler).catch(warn);
    return true;
  };
}

/** Whatever happens is told to the handler. */
async function exchange(
  options: UndiciOptions,
  plan: Plan,
  dispatch: Dispatcher['dispatch'],
  request: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
): Promise<void> {
  let last: Attempt | undefined;
  let answered = false;
  const work = async (context: CallContext): Promise<void> => {
    // A stream is used up by the first attempt: its failure, or the response held back, is all there is to say.
    if (last?.failure !== undefined && isStream(request.body)) throw last.failure.error;
    last?.discard();
    last = new Attempt(options, context, request, handler);
    await last.send(dispatch);
    answered = true;
  };
  try {
    const callOptions = toCallOptions(request, options.callOf?.(request));
    await (options.policy === undefined ? run(plan, work, callOptions) : options.policy.execute(work, callOptions));
    if (!answered) throw new TypeError('A policy has another answer than a response of undici; use createFetch');
  } catch (error) {
    const status = statusErrorOf(error);
    if (status !== undefined && last?.failure?.error === status) last.deliver();
    else {
      last?.discard();
      const controller = last?.controller ?? (NO_CONTROLLER as Dispatcher.DispatchController);
      handler.onResponseError?.(
        controller,
        error instanceof Error ? error : new Error(String(error), { cause: error }),
      );
    }
  }
}

/** For handlers whose request never began. */
const NO_CONTROLLER: Partial<Dispatcher.DispatchController> = {
  aborted: true,
  paused: false,
  reason: null,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
};

function toCallOptions(request: Dispatcher.DispatchOptions, given: CallOptions | undefined): CallOptions {
  const { signal } = request as { signal?: unknown };
  const { method, origin = '' } = request;
  return {
    operation: given?.operation ?? `${method} ${URL.parse(String(origin))?.host ?? ''}`,
    signal: given?.signal ?? (signal instanceof AbortSignal ? signal : undefined),
    deadline: given?.deadline,
    correlationId: given?.correlationId,
    key: given?.key,
    priority: given?.priority,
    idempotent: given?.idempotent ?? isRepeatable(method, hasHeader(request.headers, 'idempotency-key')),
  };
}

function hasHeader(headers: unknown, name: string): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  const names = Array.isArray(headers)
    ? headers.filter((_value, index) => index % 2 === 0)
    : Symbol.iterator in headers
      ? [...(headers as Iterable<[string, unknown]>)].map(([key]) => key)
      : Object.keys(headers);
  return names.some((key) => String(key).toLowerCase() === name);
}

function isStream(body: unknown): boolean {
  // A generator is used up as a stream is; a list is not.
  return typeof body === 'object' && body !== null && ['pipe', 'next', Symbol.asyncIterator].some((key) => key in body);
}
