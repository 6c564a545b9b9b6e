import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from '../clock.ts';
import { policyRule } from '../compose.ts';
import { warn } from '../events.ts';
import { callable, checkOptions, durationMs, flag, type Rule } from '../options.ts';
import { toPlan } from '../plan.ts';
import type { CallOptions, Policy } from '../policy.ts';
import { Exchange } from './undici-exchange.ts';

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
export function createUndiciInterceptor(given: UndiciOptions = {}): Dispatcher.DispatcherComposeInterceptor {
  checkOptions('createUndiciInterceptor', given, rules);
  const options = { ...given };
  const plan = toPlan({ name: 'undici', clock: options.clock ?? systemClock });
  return (dispatch) => (request, handler) => {
    // What a handler throws when it is told of a failure has nobody else to go to.
    new Exchange(options, request, handler).run(plan, dispatch).catch(warn);
    return true;
  };
}
