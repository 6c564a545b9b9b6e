import type { EventEmitter } from 'node:events';
import { checkValue, having } from '@breakwater/errors/options';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Edge } from '../edge.ts';
import type { Exchange } from '../exchange.ts';
import { type Answer, fromNodeRequest } from '../message.ts';
import { notFoundError } from '../not-found.ts';
import { edgeRule } from '../options.ts';
import { keepExchange, keptExchange } from './kept-exchange.ts';
import { endWith, failLate, forgetReason, KEPT } from './node-response.ts';

/** The exchange of a request that went through `fastifyEdge`; `undefined` for another. */
export function exchangeOf(request: Pick<FastifyRequest, 'raw'>): Exchange | undefined {
  return keptExchange(request.raw);
}

/**
 * Before the routes: `fastifyEdge(app, edge)`. Sets hooks, error handler and not-found handler of `app`. Throws `OptionError`
 * for what is no app or edge.
 */
export function fastifyEdge(app: FastifyInstance, edge: Edge): void {
  checkValue('fastifyEdge.app', app, having('an app of Fastify', 'addHook', 'setErrorHandler'));
  checkValue('fastifyEdge.edge', edge, edgeRule);
  app.addHook('onRequest', (request, reply, done) => {
    const exchange = edge.open(fromNodeRequest(request.raw, request.originalUrl));
    keepExchange(request.raw, exchange);
    endWith(reply.raw, exchange);
    exchange.run(() => {
      const proceed = (answer: Answer | undefined): void => {
        reply.headers(exchange.headers);
        if (answer === undefined) done();
        else sendAnswer(reply, answer);
      };
      const guarded = exchange.guard();
      if (guarded instanceof Promise) guarded.then(proceed).catch(done);
      else proceed(guarded);
    });
  });
  // The body's events come from the socket, outside of the context: it is entered again behind them.
  app.addHook('preValidation', (request, _reply, done) => {
    const exchange = keptExchange(request.raw);
    if (exchange === undefined) done();
    else exchange.run(() => done());
  });
  // What breaks a body that has begun is told to nobody but Fastify's own logger.
  app.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload !== 'object' || payload === null || payload instanceof Uint8Array) {
      done();
      return;
    }
    const onError = (error: unknown): void => {
      if (reply.raw.headersSent) failLate(reply.raw, keptExchange(request.raw), error);
    };
    if ('once' in payload) {
      (payload as EventEmitter).once('error', onError);
      done();
    } else done(null, watchedBody(payload, onError));
  });
  app.setErrorHandler((error, request, reply) => answerError(edge, request, reply, error));
  app.setNotFoundHandler((request, reply) => answerError(edge, request, reply, notFoundError()));
}

/**
 * The answer to what Fastify refuses before any hook, such as a URL that cannot be decoded, which only the maker of the app
 * can set: `Fastify({ frameworkErrors: fastifyFrameworkErrors(edge) })`.
 */
export function fastifyFrameworkErrors(
  edge: Edge,
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => void {
  checkValue('fastifyFrameworkErrors.edge', edge, edgeRule);
  return (error, request, reply) => void answerError(edge, request, reply, error);
}

/** A stream of the web, or a response with one, that tells what breaks it; anything else as it is. */
function watchedBody(payload: object, onError: (error: unknown) => void): unknown {
  const watched = (body: ReadableStream): ReadableStream => {
    const reader = body.getReader();
    return new ReadableStream(
      {
        async pull(controller) {
          const { done, value } = await reader.read().catch((error: unknown) => {
            onError(error);
            throw error;
          });
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  };
  // What is locked or used up is Fastify's to refuse.
  if (payload instanceof ReadableStream) return payload.locked ? payload : watched(payload);
  if (!(payload instanceof Response) || payload.body === null || payload.bodyUsed) return payload;
  return new Response(watched(payload.body), payload);
}

function answerError(edge: Edge, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  let exchange = keptExchange(request.raw);
  if (exchange === undefined) {
    // An error before the hook has its turn, such as a URL that cannot be decoded.
    exchange = edge.open(fromNodeRequest(request.raw, request.originalUrl));
    keepExchange(request.raw, exchange);
    endWith(reply.raw, exchange);
  }
  return sendAnswer(
    reply,
    exchange.run(() => exchange.fail(error)),
  );
}

/** Sends an answer, of `idempotent` for instance. */
export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  if (reply.raw.headersSent) {
    failLate(reply.raw, keptExchange(reply.request.raw));
    return reply;
  }
  forgetReason(reply.raw);
  for (const name of Object.keys(reply.getHeaders())) if (!KEPT.test(name)) reply.removeHeader(name);
  // Bytes, so that no charset is added.
  reply.headers(keptExchange(reply.request.raw)?.headers ?? {});
  return reply.code(answer.status).headers(answer.headers).send(Buffer.from(answer.body));
}
