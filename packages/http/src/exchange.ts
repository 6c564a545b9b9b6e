import { isIP } from 'node:net';
import { bindContext, type LogContext, withContext } from '@breakwater/log';
import { deadlineFromHeaders } from '@breakwater/resilience/http';
import { type CorrelationIds, readCorrelation, toTraceparent } from './correlation.ts';
import type { EdgeParts } from './edge.ts';
import type { Answer, EdgeRequest } from './message.ts';

/** How a request ended. */
export interface Ending {
  readonly status: number;
  /** The client left, or the connection broke, before the response was complete. */
  readonly aborted?: boolean | undefined;
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
  /** Aborted when the client leaves or the deadline passes; never after the end. Made when first read. */
  readonly signal: AbortSignal;
  /** Runs `fn` in the request's context. The context is one: what `updateContext` adds in one run is there in the next. */
  run<T>(fn: () => T): T;
  /** Asks the guards. `undefined`: go on. Never throws or rejects: a refusal is an answer. */
  guard(): Answer | undefined | Promise<Answer | undefined>;
  /** The answer for an error, which is kept for the record. Never throws. */
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
  readonly #enter: (fn: () => unknown) => unknown;
  #ending: Ending | undefined;
  #failure: { readonly error: unknown; readonly code: string } | undefined;
  #controller: AbortController | undefined;
  #timer: unknown;
  readonly #listeners: ((ending: Ending) => void)[] = [];

  constructor(edge: EdgeParts, request: EdgeRequest) {
    this.#edge = edge;
    this.request = request;
    const cut = request.target.indexOf('?');
    this.path = cut === -1 ? request.target : request.target.slice(0, cut);
    this.#query = cut === -1 ? '' : request.target.slice(cut + 1);
    this.ids = readCorrelation((name) => request.header(name), edge.ids);
    this.clientAddress = clientOf(request, edge.options.trustedHops ?? 0);
    this.headers = {
      'x-correlation-id': this.ids.correlationId,
      'x-request-id': this.ids.requestId,
      traceparent: toTraceparent(this.ids),
    };
    this.#startedAt = edge.clock.now();
    this.deadline = deadlineFromHeaders(
      { get: (name: string) => request.header(name) ?? null },
      { maxMs: edge.options.maxDurationMs, clock: edge.clock },
    );
    const context: LogContext = {
      correlationId: this.ids.correlationId,
      requestId: this.ids.requestId,
      traceId: this.ids.traceId,
      spanId: this.ids.spanId,
      traceFlags: this.ids.traceFlags,
      operation: `${request.method} ${this.path.slice(0, 200)}`,
    };
    this.#enter = withContext(context, () => bindContext((fn: () => unknown) => fn()));
    edge.active++;
    if (edge.options.logStart !== false && !edge.quiet.has(this.path))
      this.run(() => edge.options.log.log('info', 'Request started', this.#facts(), 'http.request.started'));
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      const leftMs = this.deadline - this.#edge.clock.now();
      // Longer than a timer can count is as good as none.
      if (this.#ending === undefined && leftMs < 2 ** 31 - 1) {
        const expire = (): void => this.#controller?.abort(new DOMException('The deadline has passed', 'TimeoutError'));
        this.#timer = this.#edge.clock.setTimer(expire, Math.max(0, leftMs));
      }
    }
    return this.#controller.signal;
  }

  run<T>(fn: () => T): T {
    return this.#enter(fn) as T;
  }

  guard(): Answer | undefined | Promise<Answer | undefined> {
    return this.#ask(0);
  }

  // Synchronous guards, which most are, must not cost a turn of the event loop each.
  #ask(first: number): Answer | undefined | Promise<Answer | undefined> {
    try {
      for (let index = first; index < this.#edge.guards.length; index++) {
        const answer = this.#edge.guards[index]!(this);
        if (answer instanceof Promise)
          return answer.then(
            (settled) => settled ?? this.#ask(index + 1),
            (error) => this.fail(error),
          );
        if (answer !== undefined) return answer;
      }
      return undefined;
    } catch (error) {
      return this.fail(error);
    }
  }

  fail(error: unknown): Answer {
    const { code, ...answer } = this.#edge.toAnswer(error, this.request, this.ids.correlationId);
    this.#failure = { error, code };
    return answer;
  }

  onEnd(listener: (ending: Ending) => void): void {
    if (this.#ending !== undefined) listener(this.#ending);
    else this.#listeners.push(listener);
  }

  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#edge.active--;
    if (this.#timer !== undefined) this.#edge.clock.clearTimer(this.#timer);
    if (ending.aborted === true) this.#controller?.abort(new DOMException('The client has left', 'AbortError'));
    this.run(() => this.#write(ending));
    for (const listener of this.#listeners.splice(0)) listener(ending);
  }

  #write(ending: Ending): void {
    const { log } = this.#edge.options;
    const failure = this.#failure;
    const fields: Record<string, unknown> = {
      ...this.#facts(),
      'http.response.status_code': ending.status,
      // Seconds, as the metric of this name in the OpenTelemetry conventions.
      'http.server.request.duration': Math.round((this.#edge.clock.now() - this.#startedAt) * 1000) / 1e6,
    };
    if (failure !== undefined) fields['error.type'] = failure.code;
    if (ending.status >= 500) {
      if (failure?.error instanceof Error) fields['error'] = failure.error;
      else if (failure !== undefined) fields['thrown'] = failure.error;
      log.log('error', 'Request failed', fields, 'http.request.failed');
    } else if (ending.aborted === true) {
      if (failure?.error instanceof Error) fields['error'] = failure.error;
      log.log('warn', 'Request aborted by the client', fields, 'http.request.aborted');
    } else if (!this.#edge.quiet.has(this.path)) {
      log.log('info', 'Request completed', fields, 'http.request.completed');
    }
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

// Each trusted proxy appended the address it saw; what stands left of those is whatever the client wrote.
function clientOf(request: EdgeRequest, trustedHops: number): string {
  const peer = request.remoteAddress ?? 'unknown';
  if (trustedHops === 0) return peer;
  const seen = (request.header('x-forwarded-for') ?? '').split(',').map((part) => part.trim());
  const address = seen.at(-trustedHops);
  return address !== undefined && isIP(address) !== 0 ? address : peer;
}
