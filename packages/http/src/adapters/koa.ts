import { checkValue } from '@breakwater/errors/options';
import type { Context, Middleware } from 'koa';
import type { Edge } from '../edge.ts';
import type { Exchange } from '../exchange.ts';
import { type Answer, fromNodeRequest } from '../message.ts';
import { notFoundError } from '../not-found.ts';
import { edgeRule } from '../options.ts';
import { keepExchange, keptExchange } from './kept-exchange.ts';
import { endWith, failLate, KEPT, writeAnswer } from './node-response.ts';

/** The exchange of a request that went through `koaEdge`; `undefined` for another. */
export function exchangeOf(context: Context): Exchange | undefined {
  return keptExchange(context.req);
}

/** The first middleware: `app.use(koaEdge(edge))`. Answers what is thrown and what no route took, by problem documents. Throws `OptionError` for what is no edge. */
export function koaEdge(edge: Edge): Middleware {
  checkValue('koaEdge.edge', edge, edgeRule);
  return (context, next) => {
    const exchange = edge.open(fromNodeRequest(context.req, context.originalUrl));
    keepExchange(context.req, exchange);
    endWith(context.res, exchange);
    // Koa asks this for what fails after the middlewares: a body that is a stream, one that JSON cannot hold.
    context.onerror = (error) => {
      if (error === null || error === undefined) return;
      const answer = exchange.run(() => exchange.fail(error));
      if (!context.writable && !context.headerSent) return;
      // For the words beside the number, which Koa has set already.
      if (!context.headerSent) context.status = answer.status;
      writeAnswer(context.res, answer, exchange);
    };
    return exchange.run(async () => {
      const answer = await exchange.guard();
      if (!context.headerSent) context.set(exchange.headers);
      if (answer !== undefined) {
        sendAnswer(context, answer);
        return;
      }
      try {
        await next();
        // Koa's own sign for "nobody answered".
        if (context.status === 404 && context.body == null && context.respond !== false && context.writable)
          throw notFoundError();
      } catch (error) {
        sendAnswer(context, exchange.fail(error));
      }
    });
  };
}

/** Sends an answer, of `idempotent` for instance. */
export function sendAnswer(context: Context, answer: Answer): void {
  if (context.headerSent) {
    failLate(context.res, keptExchange(context.req));
    return;
  }
  for (const name of context.res.getHeaderNames()) if (!KEPT.test(name)) context.remove(name);
  context.set(keptExchange(context.req)?.headers ?? {});
  context.status = answer.status;
  context.set({ ...answer.headers });
  context.body = Buffer.from(answer.body);
}
