import { AsyncResource } from 'node:async_hooks';
import { isIP } from 'node:net';
import { type LogContext, withContext } from '@breakwater/log';
import { DEADLINE_HEADER, deadlineFromHeaders } from '@breakwater/resilience/http';
import { parseBaggage } from './baggage.ts';
import { type CorrelationIds, readCorrelation, toTraceparent } from './correlation.ts';
import type { EdgeParts } from './edge.ts';
import type { Answer, EdgeRequest } from './message.ts';
import { warn } from './report.ts';

/** How a request ended. */
export interface Ending {
  /** 0: the client left before there was an answer. */
  readonly status: number;
  /** The client left, or the connection broke, before the response was complete. */
  readonly aborted?: boolean | undefined;
  /** An error came when the response had begun, so that its status says nothing about it. */
  readonly failed?: boolean | undefined;
}

/** One request on its way through the service. */
export interface Exchange {
  readonly request: EdgeRequest;
  /** The path without query. */
  readonly path: string;
  readonly ids: CorrelationIds;
  /** The client's address, through as many proxies as are trusted. */
  readonly clientAddress: string;
  /** Header fields that every response to this request carries. Guards may add. */
  readonly headers: Record<string, string>;
  /** Monotonic time by which the answer is needed, for `CallOptions.deadline`; `Infinity` when nothing limits it. */
  readonly deadline: number;
  /**
   * Aborted when the client leaves or the deadline passes; never after the end. Made when first read. Nothing else ends a
   * handler that takes too long: give it to what it waits for.
   */
  readonly signal: AbortSignal;
  /** Runs `fn` in the request's context. The context is one: what `updateContext` adds in one run is there in the next. */
  run<T>(fn: () => T): T;
  /** Asks the guards. `undefined`: go on. Never throws or rejects: a refusal is an answer. */
  guard(): Answer | undefined | Promise<Answer | undefined>;
  /** The answer for an error, which is kept for the record; after the end it has a record of its own. Never throws. */
  fail(error: unknown): Answer;
  /** Ends the request and writes its record. Only the first call counts. */
  end(ending: Ending): void;
  /** Calls `listener` at the end; at once when it is over. */
  onEnd(listener: (ending: Ending) => void): void;
}

export class ExchangeImpl implements Exchange {
  readonly request: EdgeRequest;
  readonly path: string;
  readonly ids: CorrelationIds;
  readonly clientAddress: string;
  readonly headers: Record<string, string>;
  readonly deadline: number;
  readonly #edge: EdgeParts;
  readonly #startedAt: number;
  readonly #query: string;
  readonly #scope: AsyncResource;
  #ending: Ending | undefined;
  #failure: { readonly error: unknown; readonly code: string } | undefined;
  /** A guard gave the answer. */
  #answered = false;
  #controller: AbortController | undefined;
  #timer: unknown;
  #listeners: ((ending: Ending) => void)[] | undefined;

  constructor(edge: EdgeParts, request: EdgeRequest) {
    this.#edge = edge;
    this.request = request;
    const target = toOriginForm(request.target);
    const cut = target.indexOf('?');
    this.path = cut === -1 ? target : target.slice(0, cut);
    this.#query = cut === -1 ? '' : target.slice(cut + 1);
    this.ids = readCorrelation((name) => request.header(name), edge.ids);
    this.clientAddress = clientOf(request, edge.options.trustedHops ?? 0);
    this.headers = {
      'x-correlation-id': this.ids.correlationId,
      'x-request-id': this.ids.requestId,
      traceparent: toTraceparent(this.ids),
    };
    this.#startedAt = edge.clock.now();
    const wished = request.header(DEADLINE_HEADER);
    const maxMs = edge.options.maxDurationMs;
    this.deadline =
      wished === undefined && maxMs === undefined
        ? Number.POSITIVE_INFINITY
        : deadlineFromHeaders({ [DEADLINE_HEADER]: wished }, { maxMs, clock: edge.clock });
    const context: LogContext = {
      correlationId: this.ids.correlationId,
      requestId: this.ids.requestId,
      traceId: this.ids.traceId,
      spanId: this.ids.spanId,
      traceFlags: this.ids.traceFlags,
      traceState: this.ids.traceState,
      baggage: edge.baggage === undefined ? undefined : parseBaggage(request.header('baggage'), edge.baggage),
      operation: `${request.method} ${this.path.slice(0, 200)}`,
    };
    this.#scope = withContext(context, captureContext);
    edge.active++;
    if (edge.options.logStart !== false && !edge.quiet.has(this.path))
      this.run(() => edge.options.log.log('info', 'Request started', this.#facts(), 'http.request.started'));
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      const leftMs = this.deadline - this.#edge.clock.now();
      const expire = (): void => this.#controller?.abort(new DOMException('The deadline has passed', 'TimeoutError'));
      if (this.#ending !== undefined) return this.#controller.signal;
      // At once, so that nothing is begun that nobody waits for.
      if (leftMs <= 0) expire();
      // Longer than a timer can count is as good as none.
      else if (leftMs < 2 ** 31 - 1) this.#timer = this.#edge.clock.setTimer(expire, leftMs);
    }
    return this.#controller.signal;
  }

  run<T>(fn: () => T): T {
    return this.#scope.runInAsyncScope(fn);
  }

  guard(): Answer | undefined | Promise<Answer | undefined> {
    return this.#ask(0);
  }

  // Synchronous guards, which most are, must not cost a turn of the event loop each.
  #ask(first: number): Answer | undefined | Promise<Answer | undefined> {
    try {
      for (let index = first; index < this.#edge.guards.length; index++) {
        const answer = this.#edge.guards[index]!(this);
        if (answer === undefined || answer === null) continue;
        // Not `instanceof`: a promise may be of another realm, or of a library.
        if (!('then' in answer)) {
          this.#answered = true;
          return answer;
        }
        return Promise.resolve(answer).then(
          (settled) => {
            if (settled === undefined || settled === null) return this.#ask(index + 1);
            this.#answered = true;
            return settled;
          },
          (error) => this.fail(error),
        );
      }
      return undefined;
    } catch (error) {
      return this.fail(error);
    }
  }

  fail(error: unknown): Answer {
    const { code, ...answer } = this.#edge.toAnswer(error, this.request, this.ids.correlationId);
    const known = this.#failure;
    this.#failure = { error, code };
    if (this.#ending !== undefined && known?.error !== error && !this.#followsFromLeaving(error))
      this.run(() => {
        const fields = { ...this.#facts(), ...this.#failureFields() };
        this.#edge.options.log.log('error', 'Request failed after its end', fields, 'http.request.failed_late');
      });
    return answer;
  }

  onEnd(listener: (ending: Ending) => void): void {
    if (this.#ending !== undefined) listener(this.#ending);
    else if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#edge.active--;
    if (this.#timer !== undefined) this.#edge.clock.clearTimer(this.#timer);
    if (ending.aborted === true) this.#controller?.abort(new DOMException('The client has left', 'AbortError'));
    this.run(() => this.#write(ending));
    const listeners = this.#listeners;
    if (listeners === undefined) return;
    this.#listeners = undefined;
    for (const listener of listeners) {
      try {
        listener(ending);
      } catch (error) {
        // It runs in an event of the socket, where an error would end the process.
        warn("A listener of a request's end failed", error);
      }
    }
  }

  #write(ending: Ending): void {
    const { log } = this.#edge.options;
    const failure = this.#failure;
    const fields = this.#facts();
    if (ending.status !== 0) fields['http.response.status_code'] = ending.status;
    // Seconds, as the metric of this name in the OpenTelemetry conventions.
    fields['http.server.request.duration'] = Math.round((this.#edge.clock.now() - this.#startedAt) * 1000) / 1e6;
    if (failure !== undefined) fields['error.type'] = failure.code;
    if ((ending.status >= 500 || ending.failed === true) && !this.#followsFromLeaving(failure?.error)) {
      Object.assign(fields, this.#failureFields());
      // What a guard chose to say is no error: health is not ready at each start and end.
      const level = this.#answered && failure === undefined && ending.failed !== true ? 'warn' : 'error';
      log.log(level, 'Request failed', fields, 'http.request.failed');
    } else if (ending.aborted === true) {
      if (failure?.error instanceof Error) fields['error'] = failure.error;
      log.log('warn', 'Request aborted by the client', fields, 'http.request.aborted');
    } else if (!this.#edge.quiet.has(this.path)) {
      log.log('info', 'Request completed', fields, 'http.request.completed');
    }
  }

  #failureFields(): Record<string, unknown> {
    if (this.#failure === undefined) return {};
    const { error, code } = this.#failure;
    return { 'error.type': code, [error instanceof Error ? 'error' : 'thrown']: error };
  }

  // Whoever still writes to a client that has left, or obeys the signal, fails for that reason alone.
  #followsFromLeaving(error: unknown): boolean {
    if (this.#ending?.aborted !== true || typeof error !== 'object' || error === null) return false;
    if (error === this.#controller?.signal.reason) return true;
    const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
    return name === 'AbortError' || (typeof code === 'string' && LEFT.test(code));
  }

  #facts(): Record<string, unknown> {
    const fields: Record<string, unknown> = {
      'http.request.method': this.request.method,
      'url.path': this.path,
      'client.address': this.clientAddress,
    };
    if (this.#query !== '') fields['url.query'] = this.#query;
    const agent = this.request.header('user-agent');
    if (agent !== undefined) fields['user_agent.original'] = agent;
    return fields;
  }
}

const LEFT =
  /^(?:ECONNRESET|ECONNABORTED|EPIPE|ABORT_ERR|HPE_INVALID_EOF_STATE|ERR_STREAM_(?:PREMATURE_CLOSE|DESTROYED|WRITE_AFTER_END))$/;

// What `AsyncLocalStorage.bind` is made of, without the properties it defines on every function (3 µs).
function captureContext(): AsyncResource {
  return new AsyncResource('BREAKWATER_REQUEST', { requireManualDestroy: true });
}

// Each trusted proxy appended the address it saw, some with its port; what stands left of those is whatever the client wrote.
function clientOf(request: EdgeRequest, trustedHops: number): string {
  const peer = request.remoteAddress ?? 'unknown';
  if (trustedHops === 0) return peer;
  const seen = (request.header('x-forwarded-for') ?? '').split(',').map((part) => part.trim());
  const address = seen.at(-trustedHops)?.replace(/^(?:\[([\da-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/i, '$1$2');
  return address !== undefined && isIP(address) !== 0 ? address : peer;
}

/**
 * Path and query alone. A target may be a whole URL, as for a proxy, or carry a fragment, which no client should send;
 * frameworks route both by the path, and so must a guard.
 */
function toOriginForm(target: string): string {
  const fragment = target.indexOf('#');
  const whole = fragment === -1 ? target : target.slice(0, fragment);
  if (whole.startsWith('/') || whole === '*') return whole;
  const rest = whole.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}
