import type { Dispatcher } from 'undici';
import { run } from '../call.ts';
import type { Plan } from '../plan.ts';
import type { CallContext, CallOptions } from '../policy.ts';
import { joined } from './joined.ts';
import { isRepeatable, statusErrorOf } from './status-error.ts';
import type { UndiciOptions } from './undici.ts';
import { Attempt, toError } from './undici-attempt.ts';

type Controller = Dispatcher.DispatchController;

/**
 * One request of the caller, with all its attempts, of which several may be under way (a hedge). Whatever happens is told to
 * its handler, once. It is the controller of the handler too: the handler gives up the request, not one attempt.
 */
export class Exchange implements Controller {
  readonly options: UndiciOptions;
  readonly request: Dispatcher.DispatchOptions;
  readonly handler: Dispatcher.DispatchHandler;
  /** The handler has paused it, and not resumed. */
  waits = false;
  readonly #givenUp: AbortController = new AbortController();
  #started = false;
  #lastError: unknown;
  #attempts = 0;
  /** The last response of a failure status, kept until it is clear whether it is the answer. */
  #held: Attempt | undefined = undefined;
  /** Whose response the handler has got. */
  #answer: Attempt | undefined = undefined;

  constructor(options: UndiciOptions, request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
    this.options = options;
    this.request = request;
    this.handler = handler;
  }

  get aborted(): boolean {
    return this.#givenUp.signal.aborted || this.#answer?.controller?.aborted === true;
  }
  get reason(): Error | null {
    return this.#givenUp.signal.reason ?? this.#answer?.controller?.reason ?? null;
  }
  get paused(): boolean {
    return this.#answer?.controller?.paused ?? this.waits;
  }
  abort(reason: Error): void {
    if (this.#answer === undefined) this.#givenUp.abort(reason);
    else this.#answer.controller?.abort(reason);
  }
  pause(): void {
    this.waits = true;
    this.#answer?.controller?.pause();
  }
  resume(): void {
    this.waits = false;
    this.#answer?.controller?.resume();
  }

  async run(plan: Plan, dispatch: Dispatcher['dispatch']): Promise<void> {
    const { policy, callOf } = this.options;
    const work = (context: CallContext): Promise<void> => this.#attempt(context, dispatch);
    try {
      const callOptions = toCallOptions(this.request, callOf?.(this.request), this.#givenUp.signal);
      await (policy === undefined ? run(plan, work, callOptions) : policy.execute(work, callOptions));
      if (this.#answer === undefined) {
        throw new TypeError('A policy has another answer than a response of undici; use createFetch');
      }
      this.hold(undefined);
    } catch (error) {
      const status = statusErrorOf(error);
      if (this.#answer !== undefined) this.#answer.fail(error);
      else if (status !== undefined && this.#held?.error === status) this.#held.deliver();
      else {
        this.hold(undefined);
        this.handler.onResponseError?.(this, toError(error));
      }
    }
  }

  async #attempt(context: CallContext, dispatch: Dispatcher['dispatch']): Promise<void> {
    // The first attempt uses a stream up: its failure, or the response held back, is all there is to say.
    if (this.#attempts++ > 0 && isStream(this.request.body)) {
      throw this.#lastError ?? new TypeError('A body that is a stream is sent once');
    }
    this.hold(undefined);
    try {
      await new Attempt(this, context).send(dispatch);
    } catch (error) {
      this.#lastError = error;
      throw error;
    }
  }

  /** An attempt has got a connection. */
  start(context: unknown): void {
    if (this.#started) return;
    this.handler.onRequestStart?.(this, context);
    this.#started = true;
  }

  /** Keeps a failed response, in the place of the one before. */
  hold(attempt: Attempt | undefined): void {
    this.#held?.discard();
    this.#held = attempt;
  }

  /** The response of this attempt is the answer. False: there is one already. */
  answer(attempt: Attempt): boolean {
    if (this.#answer !== undefined) return false;
    this.#answer = attempt;
    if (this.waits) attempt.controller?.pause();
    return true;
  }
}

function toCallOptions(
  request: Dispatcher.DispatchOptions,
  given: CallOptions | undefined,
  givenUp: AbortSignal,
): CallOptions {
  const { signal } = request as { signal?: unknown };
  const { method, origin = '' } = request;
  return {
    operation: given?.operation ?? `${method} ${URL.parse(String(origin))?.host ?? ''}`,
    signal: joined(given?.signal ?? (signal instanceof AbortSignal ? signal : undefined), givenUp),
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
