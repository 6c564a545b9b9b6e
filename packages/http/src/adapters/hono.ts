import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, Env, Hono, MiddlewareHandler } from 'hono';
import type { Edge } from '../edge.ts';
import type { Exchange } from '../exchange.ts';
import type { Answer, EdgeRequest } from '../message.ts';
import { notFoundError } from '../not-found.ts';
import { keepExchange, keptExchange } from './kept-exchange.ts';
import { endWith, KEPT } from './node-response.ts';

/** The exchange of a request that went through `honoEdge`; `undefined` for another. */
export function exchangeOf(context: Pick<Context, 'req'>): Exchange | undefined {
  return keptExchange(context.req);
}

/**
 * Before the routes: `honoEdge(app, edge)`. Sets the first middleware, `onError` and `notFound` of `app`. On
 * `@hono/node-server` a request ends with its response; elsewhere when the handler has returned.
 */
export function honoEdge<E extends Env>(app: Hono<E>, edge: Edge): void {
  const middleware: MiddlewareHandler = (context, next) => {
    const bindings = context.env as
      | { readonly incoming?: IncomingMessage; readonly outgoing?: ServerResponse }
      | undefined;
    const exchange = edge.open(toEdgeRequest(context, bindings?.incoming));
    keepExchange(context.req, exchange);
    if (bindings?.outgoing !== undefined) endWith(bindings.outgoing, exchange);
    return exchange.run(async () => {
      const answer = await exchange.guard();
      try {
        if (answer === undefined) await next();
        else context.res = toResponse(answer);
      } catch (error) {
        // `onError` is given errors only; what else a handler throws comes here.
        context.res = answerError(context, error);
      }
      // Set on the response that is there now: it may be the error handler's.
      for (const name in exchange.headers) context.header(name, exchange.headers[name]!);
      if (bindings?.outgoing === undefined) exchange.end({ status: context.res.status });
    });
  };
  app.use('*', middleware);
  app.onError((error, context) => answerError(context, error));
  app.notFound((context) => answerError(context, notFoundError()));

  function answerError(context: Context, error: unknown): Response {
    const known = keptExchange(context.req);
    const exchange = known ?? edge.open(toEdgeRequest(context, undefined));
    const kept = [...context.res.headers].filter(([name]) => KEPT.test(name));
    // Hono adds what a handler set before to the response it is given.
    for (const [name] of [...context.res.headers]) if (!KEPT.test(name)) context.header(name, undefined);
    const response = toResponse(exchange.run(() => exchange.fail(fromHono(error))));
    for (const [name, value] of kept) response.headers.set(name, value);
    // Opened only for this answer, by an error before the middleware had its turn.
    if (known === undefined) exchange.end({ status: response.status });
    return response;
  }
}

/** An answer, of `idempotent` for instance, as the response of a handler. */
export function toResponse(answer: Answer): Response {
  const empty = answer.status === 204 || answer.status === 304;
  return new Response(empty ? null : answer.body, { status: answer.status, headers: { ...answer.headers } });
}

// Hono's own exception: its status is this service's, where one on any other error may be an upstream's.
function fromHono(error: unknown): unknown {
  if (!(error instanceof Error) || !('getResponse' in error) || !('status' in error)) return error;
  const { status } = error;
  if (typeof status !== 'number' || status < 400 || status > 499) return error;
  return Object.assign(new Error(error.message, { cause: error }), { status, expose: true });
}

function toEdgeRequest(context: Context, incoming: IncomingMessage | undefined): EdgeRequest {
  const { url } = context.req;
  const start = url.indexOf('/', url.indexOf('://') + 3);
  return {
    method: context.req.method,
    target: incoming?.url ?? (start === -1 ? '/' : url.slice(start)),
    remoteAddress: incoming?.socket.remoteAddress,
    header: (name) => context.req.header(name),
  };
}
