import { type Call, run } from '../call.ts';
import { type Clock, systemClock } from '../clock.ts';
import { policyRule } from '../compose.ts';
import { TimeoutError } from '../errors.ts';
import { callable, checkOptions, delayMs, durationMs, flag, type Rule } from '../options.ts';
import { type Plan, toPlan } from '../plan.ts';
import type { CallContext, CallOptions, Policy } from '../policy.ts';
import { Timer, timersOf } from '../timers.ts';
import { type HeldResponse, holdResponse, withIdleLimit } from './body.ts';
import { DEADLINE_HEADER, lesser, toDeadlineHeader } from './deadline.ts';
import { joined } from './joined.ts';
import { HttpStatusError, isFailureStatus, isRepeatable, statusErrorOf } from './status-error.ts';

export interface FetchOptions {
  /** What guards each request: `pipeline({ … })`, `compose(…)` or a single policy. Default: only the limits below. */
  readonly policy?: Policy | undefined;
  /** Until the head of the response has come, per attempt (`TimeoutError`, kind `read`). Default: none. */
  readonly readMs?: number | undefined;
  /** Longest pause while the body comes (`TimeoutError`, kind `idle`); the body then fails. Default: none. */
  readonly idleMs?: number | undefined;
  /** Tells the other side how long the answer is awaited (`x-request-timeout-ms`). Default true, where there is a deadline. */
  readonly sendDeadline?: boolean | undefined;
  /** Taken off the deadline sent on, for the way there and back. Default 0. */
  readonly reserveMs?: number | undefined;
  /** What sends the requests. Default: the global `fetch`, looked up at each call. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly clock?: Clock | undefined;
}

/** What one request may say beside what `fetch` takes. */
export interface FetchInit extends RequestInit {
  /** Operation, deadline, correlation id, key, priority; or the context of an outer policy. */
  readonly call?: CallOptions | undefined;
}

/** As the global `fetch`, under policies. */
export type GuardedFetch = (input: string | URL | Request, init?: FetchInit) => Promise<Response>;

const rules: Record<string, Rule> = {
  policy: policyRule,
  readMs: durationMs,
  idleMs: durationMs,
  sendDeadline: flag,
  reserveMs: delayMs,
  fetch: callable,
};

/**
 * Makes a `fetch` under policies. It keeps the contract of `fetch`: a status is not an error to the caller. To the
 * policies, 5xx, 408, 425 and 429 are failures, and `Retry-After` is obeyed; when no attempt is left the last such
 * response is returned. Bodies of responses given up are cancelled, so that their connections are free.
 *
 * `POST` and `PATCH` count as not idempotent, unless the request has an `idempotency-key`; they are repeated only when it is
 * certain that nothing happened. A body that is a stream is sent once. After success no policy aborts the response's
 * body; the caller's own signal still does. Throws `OptionError` on bad options.
 */
export function createFetch(given: FetchOptions = {}): GuardedFetch {
  checkOptions('createFetch', given, rules);
  const options = { ...given };
  const { policy, clock = systemClock } = options;
  const plan = toPlan({ name: 'fetch', clock });
  return async (input, init) => {
    const { call, ...rest } = init ?? {};
    const request = describe(input, rest);
    const exchange = new Exchange(options, plan, request, input, rest);
    const callOptions: CallOptions = {
      operation: call?.operation ?? `${request.method} ${request.host}`,
      signal: joined(call?.signal, request.signal),
      deadline: call?.deadline,
      correlationId: call?.correlationId,
      key: call?.key,
      priority: call?.priority,
      idempotent: call?.idempotent ?? request.repeatable,
    };
    try {
      const work = (context: CallContext): Promise<Response> => exchange.attempt(context);
      const response = await (policy === undefined ? run(plan, work, callOptions) : policy.execute(work, callOptions));
      exchange.end(response);
      return response;
    } catch (error) {
      const response = exchange.takeRefused(statusErrorOf(error));
      exchange.end();
      if (response === undefined) throw error;
      return response;
    }
  };
}

interface Described {
  readonly method: string;
  readonly host: string;
  readonly signal: AbortSignal | undefined;
  readonly repeatable: boolean;
  readonly streams: boolean;
  readonly headers: Headers;
}

function describe(input: string | URL | Request, init: RequestInit): Described {
  const given = input instanceof Request ? input : undefined;
  const method = (init.method ?? given?.method ?? 'GET').toUpperCase();
  const headers = new Headers(init.headers ?? given?.headers);
  const body: unknown = init.body;
  const streams =
    body instanceof ReadableStream || (typeof body === 'object' && body !== null && Symbol.asyncIterator in body);
  return {
    method,
    host: new URL(given?.url ?? String(input)).host,
    signal: init.signal ?? given?.signal,
    repeatable: isRepeatable(method, headers.has('idempotency-key')),
    streams,
    headers,
  };
}

/** One request, with all its attempts. */
class Exchange {
  readonly #options: FetchOptions;
  readonly #plan: Plan;
  readonly #request: Described;
  readonly #input: string | URL | Request;
  readonly #init: RequestInit;
  #refused: { readonly error: HttpStatusError; readonly held: HeldResponse } | undefined = undefined;
  /** The responses that were no failures: a policy may want another one, or have asked twice. */
  readonly #good: Response[] = [];
  #attempts = 0;
  #lastError: unknown;

  constructor(options: FetchOptions, plan: Plan, request: Described, input: string | URL | Request, init: RequestInit) {
    this.#options = options;
    this.#plan = plan;
    this.#request = request;
    this.#input = input;
    this.#init = init;
  }

  /** The response that an error of {@link attempt} stands for. */
  takeRefused(error: HttpStatusError | undefined): Response | undefined {
    const refused = this.#refused;
    if (refused === undefined || refused.error !== error) return undefined;
    this.#refused = undefined;
    return refused.held.take();
  }

  /** Gives up all responses but the answer. */
  end(answer?: Response): void {
    this.#discard();
    // What a policy has made of a response may need its body.
    if (answer !== undefined && !this.#good.includes(answer)) return;
    for (const response of this.#good) if (response !== answer) giveUp(response);
  }

  #discard(): void {
    this.#refused?.held.discard();
    this.#refused = undefined;
  }

  async attempt(context: CallContext): Promise<Response> {
    // The first attempt uses a stream up: its failure is all there is to say.
    if (this.#attempts++ > 0 && this.#request.streams) {
      throw this.#lastError ?? new TypeError('A body that is a stream is sent once');
    }
    try {
      return await this.#send(context);
    } catch (error) {
      this.#lastError = error;
      throw error;
    }
  }

  async #send(context: CallContext): Promise<Response> {
    this.#discard();
    const { clock = systemClock, idleMs, reserveMs, sendDeadline = true } = this.#options;
    const { operation, deadline } = context;
    const headers = new Headers(this.#request.headers);
    const left = sendDeadline ? toDeadlineHeader(deadline, { reserveMs, clock }) : undefined;
    if (left === '0') throw new TimeoutError(operation, 'deadline', 0);
    if (left !== undefined) headers.set(DEADLINE_HEADER, lesser(headers.get(DEADLINE_HEADER), left));
    // The policies' signal ends with the attempt; the caller's own must still stop the body after that.
    const signal = joined(context.signal, this.#request.signal);
    const response = await this.#head(context, headers, signal);
    if (context.signal.aborted) {
      // What sends the requests is deaf to the signal.
      giveUp(response);
      throw context.signal.reason;
    }
    if (isFailureStatus(response.status)) {
      const error = new HttpStatusError(response.status, response.headers, operation);
      this.#discard();
      this.#refused = { error, held: holdResponse(response) };
      throw error;
    }
    const good =
      idleMs === undefined || response.body === null ? response : withIdleLimit(response, operation, idleMs, clock);
    this.#good.push(good);
    return good;
  }

  /** Waits for the head of the response, at most `readMs`. */
  #head(context: CallContext, headers: Headers, signal: AbortSignal | undefined): Promise<Response> {
    const { readMs, clock = systemClock, fetch = globalThis.fetch } = this.#options;
    const input = this.#input instanceof Request ? this.#input.clone() : this.#input;
    const send = (own: AbortSignal | undefined): Promise<Response> =>
      fetch(input, { ...this.#init, headers, signal: own ?? null });
    if (readMs === undefined) return send(signal);
    let call: Call | undefined;
    const timers = timersOf(clock);
    const timer = new Timer(() => call!.cancel(new TimeoutError(context.operation, 'read', readMs)));
    const work = (inner: CallContext): Promise<Response> => {
      timers.add(timer, readMs);
      return send(joined(inner.signal, this.#request.signal));
    };
    return run(this.#plan, work, context, (begun) => {
      call = begun;
    }).finally(() => timers.remove(timer));
  }
}

/** Frees the connection of a response that nobody reads. */
function giveUp(response: Response): void {
  response.body?.cancel().catch(() => {
    // It is being read after all, or its connection broke before: there is nothing to free.
  });
}
