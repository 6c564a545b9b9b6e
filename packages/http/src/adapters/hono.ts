import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkValue, having } from '@breakwater/errors/options';
import type { Context, Env, Hono, MiddlewareHandler } from 'hono';
import type { Edge } from '../edge.ts';
import type { Exchange } from '../exchange.ts';
import { type Answer, type EdgeRequest, fromNodeRequest } from '../message.ts';
import { notFoundError } from '../not-found.ts';
import { edgeRule } from '../options.ts';
import { keepExchange, keptExchange } from './kept-exchange.ts';
import { endWith, KEPT, setHeaders } from './node-response.ts';

/** The exchange of a request that went through `honoEdge`; `undefined` for another. */
export function exchangeOf(context: Pick<Context, 'req'>): Exchange | undefined {
  return keptExchange(context.req);
}

/**
 * Before the routes: `honoEdge(app, edge)`. Sets the first middleware, `onError` and `notFound` of `app`. On
 * `@hono/node-server` a request ends with its response; elsewhere when the handler has returned. Throws `OptionError` for
 * what is no app or edge.
 */
export function honoEdge<E extends Env>(app: Hono<E>, edge: Edge): void {
  checkValue('honoEdge.app', app, having('an app of Hono', 'use', 'onError', 'notFound'));
  checkValue('honoEdge.edge', edge, edgeRule);
  const middleware: MiddlewareHandler = (context, next) => {
    const node = ownBindings(context);
    // Not the target as received: Hono routes by the URL, which has taken steps such as `/../`.
    const exchange = edge.open(
      node === undefined ? toEdgeRequest(context) : fromNodeRequest(node.incoming, targetOf(context)),
    );
    keepExchange(context.req, exchange);
    if (node !== undefined) {
      keepExchange(node.outgoing, exchange);
      endWith(node.outgoing, exchange);
    }
    const proceed = async (answer: Answer | undefined): Promise<void> => {
      // On Node's response: a field on one of Hono's has it, its headers and its body made again, 40 µs for the three.
      if (node !== undefined && !node.outgoing.headersSent) setHeaders(node.outgoing, exchange.headers);
      try {
        if (answer === undefined) await next();
        else context.res = toResponse(answer);
      } catch (error) {
        // `onError` is given errors only; what else a handler throws comes here.
        context.res = answerError(context, error);
      }
      if (node !== undefined) return;
      // Set on the response that is there now: it may be the error handler's.
      for (const name in exchange.headers) context.header(name, exchange.headers[name]!);
      exchange.end({ status: context.res.status });
    };
    return exchange.run(() => {
      const guarded = exchange.guard();
      return guarded instanceof Promise ? guarded.then(proceed) : proceed(guarded);
    });
  };
  app.use('*', middleware);
  app.onError((error, context) => answerError(context, error));
  app.notFound((context) => answerError(context, notFoundError()));

  function answerError(context: Context, error: unknown): Response {
    const known = keptExchange(context.req);
    const exchange = known ?? edge.open(toEdgeRequest(context));
    const kept = [...context.res.headers].filter(([name]) => KEPT.test(name));
    // Hono adds what a handler set before to the response it is given.
    for (const [name] of [...context.res.headers]) if (!KEPT.test(name)) context.header(name, undefined);
    const response = toResponse(exchange.run(() => exchange.fail(fromHono(error))));
    for (const [name, value] of kept) response.headers.set(name, value);
    if (known !== undefined) return response;
    // Opened only for this answer, by an error before the middleware had its turn.
    for (const name in exchange.headers) response.headers.set(name, exchange.headers[name]!);
    exchange.end({ status: response.status });
    return response;
  }
}

/** An answer, of `idempotent` for instance, as the response of a handler. */
export function toResponse(answer: Answer): Response {
  const { status, headers, body } = answer;
  if (status === 204 || status === 304) return new Response(null, { status, headers: { ...headers } });
  // Said here, as of an answer to HEAD nobody could tell it later.
  return new Response(body, { status, headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) } });
}

// Hono's own exception: its status is this service's, where one on any other error may be an upstream's.
function fromHono(error: unknown): unknown {
  if (!(error instanceof Error) || !('getResponse' in error) || !('status' in error)) return error;
  const { status } = error;
  if (typeof status !== 'number' || status < 400 || status > 599) return error;
  return Object.assign(new Error(error.message, { cause: error }), { status, expose: status < 500 });
}

interface NodeBindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

// What `@hono/node-server` gives with a request; not for one that a handler dispatches with the bindings of its own.
function ownBindings(context: Context): NodeBindings | undefined {
  const { incoming, outgoing } = (context.env ?? {}) as Partial<NodeBindings>;
  if (incoming === undefined || outgoing === undefined || keptExchange(outgoing) !== undefined) return undefined;
  return { incoming, outgoing };
}

function toEdgeRequest(context: Context): EdgeRequest {
  return {
    method: context.req.method,
    target: targetOf(context),
    remoteAddress: undefined,
    header: (name) => context.req.header(name),
  };
}

function targetOf(context: Context): string {
  const { url } = context.req;
  const start = url.indexOf('/', url.indexOf('://') + 3);
  return start === -1 ? '/' : url.slice(start);
}
