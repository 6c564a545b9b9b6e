import { checkValue } from '@breakwater/errors/options';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Edge } from '../edge.ts';
import type { Exchange } from '../exchange.ts';
import { type Answer, fromNodeRequest } from '../message.ts';
import { notFoundError } from '../not-found.ts';
import { edgeRule } from '../options.ts';
import { keepExchange, keptExchange } from './kept-exchange.ts';
import { endWith, setHeaders, writeAnswer } from './node-response.ts';

/** The exchange of a request that went through `expressEdge`; `undefined` for another. */
export function exchangeOf(request: Pick<Request, 'app'> | object): Exchange | undefined {
  return keptExchange(request);
}

/** The first middleware: `app.use(expressEdge(edge))`. Throws `OptionError` for what is no edge. */
export function expressEdge(edge: Edge): RequestHandler {
  checkValue('expressEdge.edge', edge, edgeRule);
  return (request, response, next) => {
    const exchange = edge.open(fromNodeRequest(request, request.originalUrl));
    keepExchange(request, exchange);
    endWith(response, exchange);
    exchange.run(() => {
      const proceed = (answer: Answer | undefined): void => {
        if (!response.headersSent) setHeaders(response, exchange.headers);
        if (answer === undefined) next();
        else writeAnswer(response, answer, exchange);
      };
      const guarded = exchange.guard();
      // `guard` never rejects; what `next` throws is Express's to catch.
      if (guarded instanceof Promise) guarded.then(proceed).catch(next);
      else proceed(guarded);
    });
  };
}

/** The last middlewares: `app.use(expressErrors(edge))` answers what no route took and what any threw, by problem documents. */
export function expressErrors(edge: Edge): [RequestHandler, ErrorRequestHandler] {
  checkValue('expressErrors.edge', edge, edgeRule);
  const handle: ErrorRequestHandler = (error, request, response, _next) => {
    answerError(edge, request, response, error);
  };
  return [(_request, _response, next) => next(notFoundError()), handle];
}

export function answerError(edge: Edge, request: Request, response: Response, error: unknown): void {
  let exchange = keptExchange(request);
  if (exchange === undefined) {
    // An error before `expressEdge` has its turn is answered and recorded all the same.
    exchange = edge.open(fromNodeRequest(request, request.originalUrl));
    keepExchange(request, exchange);
    endWith(response, exchange);
  }
  const opened = exchange;
  const answer = opened.run(() => opened.fail(error));
  writeAnswer(response, answer, opened);
}

/** Sends an answer, of `idempotent` for instance. */
export function sendAnswer(response: Response, answer: Answer): void {
  writeAnswer(response, answer, keptExchange(response.req));
}
