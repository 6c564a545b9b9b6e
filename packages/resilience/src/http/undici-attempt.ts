import type { Dispatcher } from 'undici';
import { systemClock } from '../clock.ts';
import { TimeoutError } from '../errors.ts';
import type { CallContext } from '../policy.ts';
import { Timer, type Timers, timersOf } from '../timers.ts';
import { MOST_HELD_BYTES } from './body.ts';
import { DEADLINE_HEADER, lesser, toDeadlineHeader } from './deadline.ts';
import { HttpStatusError, isFailureStatus } from './status-error.ts';
import type { Exchange } from './undici-exchange.ts';

type Controller = Dispatcher.DispatchController;
type ResponseHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * One attempt of a request through undici, between its dispatcher and the handler of the caller. `waiting`: no head yet;
 * `held`: a failure status, kept until it is clear what follows; `delivered`: the handler has the head; `over`: nothing more is passed on.
 */
export class Attempt implements Dispatcher.DispatchHandler {
  controller: Controller | undefined = undefined;
  /** What it failed with. */
  error: unknown;
  #state: 'waiting' | 'held' | 'delivered' | 'over' = 'waiting';
  /** What came while the response was held back. */
  #pending: (() => void)[] = [];
  #pendingBytes = 0;
  readonly #exchange: Exchange;
  readonly #context: CallContext;
  readonly #timers: Timers;
  #timer: Timer | undefined = undefined;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(exchange: Exchange, context: CallContext) {
    this.#exchange = exchange;
    this.#context = context;
    this.#timers = timersOf(exchange.options.clock ?? systemClock);
  }

  /** Settles when the head has come, or with the failure. */
  send(dispatch: Dispatcher['dispatch']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const { signal, deadline, operation } = this.#context;
      const { options, request } = this.#exchange;
      const { sendDeadline = true, clock = systemClock } = options;
      const left = sendDeadline ? toDeadlineHeader(deadline, { clock }) : undefined;
      if (left === '0') {
        this.fail(new TimeoutError(operation, 'deadline', 0));
        return;
      }
      signal.addEventListener('abort', this.#onAbort, { once: true });
      this.#limit('connect', options.connectMs);
      try {
        dispatch(left === undefined ? request : withDeadline(request, left), this);
      } catch (error) {
        this.fail(error);
      }
    });
  }

  readonly #onAbort = (): void => this.fail(this.#context.signal.reason);

  /** Fails with a `TimeoutError` after `ms`, unless the next stage is reached. */
  #limit(kind: 'connect' | 'read' | 'idle', ms: number | undefined): void {
    if (this.#timer !== undefined) this.#timers.remove(this.#timer);
    this.#timer = undefined;
    if (ms === undefined) return;
    const timer = new Timer(() => {
      // A reader that takes its time is not a silent server.
      if (kind === 'idle' && this.controller?.paused === true) this.#timers.add(timer, ms);
      else this.fail(new TimeoutError(this.#context.operation, kind, ms));
    });
    this.#timer = timer;
    this.#timers.add(timer, ms);
  }

  /** Gives it up: the handler is told where it has the head, else the policies are. */
  fail(error: unknown): void {
    if (this.#state === 'over') return;
    const delivered = this.#state === 'delivered';
    this.#end();
    this.error = error;
    const reason = toError(error);
    this.controller?.abort(reason);
    if (delivered) this.#exchange.handler.onResponseError?.(this.controller!, reason);
    else this.#reject(error);
  }

  #end(): void {
    this.#state = 'over';
    this.#headOver();
  }

  #headOver(): void {
    this.#context.signal.removeEventListener('abort', this.#onAbort);
    this.#limit('idle', undefined);
  }

  /** Gives up a held response, so that its connection is free. */
  discard(): void {
    if (this.#state !== 'held') return;
    this.#end();
    this.controller?.abort(new DOMException('Another attempt follows', 'AbortError'));
  }

  /** No attempt follows: the held response is the answer. */
  deliver(): void {
    this.#exchange.answer(this);
    this.#state = 'delivered';
    this.#limit('idle', this.#exchange.options.idleMs);
    try {
      for (const give of this.#pending) give();
      if (!this.#exchange.waits) this.controller?.resume();
    } catch (error) {
      // As undici itself does when a handler throws.
      this.fail(error);
    }
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.controller = controller;
    if (this.#state === 'over') {
      controller.abort(toError(this.error));
      return;
    }
    this.#exchange.start(context);
    if ((this.#state as string) !== 'over') this.#limit('read', this.#exchange.options.readMs);
  }

  onResponseStart(controller: Controller, status: number, headers: ResponseHeaders, message?: string): void {
    if (this.#state === 'over') return;
    const giveHead = (): void => this.#exchange.handler.onResponseStart?.(controller, status, headers, message);
    if (status < 200) {
      giveHead();
      return;
    }
    this.#headOver();
    if (isFailureStatus(status)) {
      this.#state = 'held';
      this.#pending.push(giveHead);
      const error = new HttpStatusError(status, headers, this.#context.operation);
      this.error = error;
      this.#exchange.hold(this);
      this.#reject(error);
      return;
    }
    if (!this.#exchange.answer(this)) {
      this.fail(new DOMException('Another attempt was quicker', 'AbortError'));
      return;
    }
    this.#state = 'delivered';
    this.#limit('idle', this.#exchange.options.idleMs);
    this.#resolve();
    giveHead();
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#state === 'held') {
      this.#pending.push(() => this.onResponseData(controller, chunk));
      this.#pendingBytes += chunk.length;
      if (this.#pendingBytes > MOST_HELD_BYTES) controller.pause();
    }
    if (this.#state !== 'delivered') return;
    this.#limit('idle', this.#exchange.options.idleMs);
    this.#exchange.handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Controller, trailers: ResponseHeaders): void {
    if (this.#state === 'held') this.#pending.push(() => this.onResponseEnd(controller, trailers));
    if (this.#state !== 'delivered') return;
    this.#end();
    this.#exchange.handler.onResponseEnd?.(controller, trailers);
  }

  onRequestUpgrade(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onRequestUpgrade']>>): void {
    if (this.#state === 'over') return;
    this.#end();
    this.#exchange.answer(this);
    this.#exchange.handler.onRequestUpgrade?.(...args);
    this.#resolve();
  }

  onResponseError(controller: Controller, error: Error): void {
    if (this.#state === 'held') {
      this.#pending.push(() => this.onResponseError(controller, error));
    } else {
      this.controller ??= controller;
      this.fail(error);
    }
  }
}

export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}

/** The same request with the time that is left, or the less that it says itself. */
function withDeadline(request: Dispatcher.DispatchOptions, left: string): Dispatcher.DispatchOptions {
  const headers = request.headers ?? {};
  const list = Array.isArray(headers) ? headers : undefined;
  const given = list
    ? list.flatMap((name, index): [string, unknown][] => (index % 2 === 0 ? [[String(name), list[index + 1]]] : []))
    : Symbol.iterator in headers
      ? [...(headers as Iterable<[string, unknown]>)]
      : Object.entries(headers);
  const isDeadline = ([name]: [string, unknown]): boolean => name.toLowerCase() === DEADLINE_HEADER;
  const own = given.find(isDeadline)?.[1];
  const pairs = [...given.filter((pair) => !isDeadline(pair)), [DEADLINE_HEADER, lesser(own, left)]];
  return { ...request, headers: (list ? pairs.flat() : Object.fromEntries(pairs)) as Record<string, string> };
}
