import 'reflect-metadata';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { getRequestListener } from '@hono/node-server';
import { Controller, Get, Module, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import express, { type Response as ExpressResponse } from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa, { type Context } from 'koa';
import { expressEdge, expressErrors } from '../adapters/express.ts';
import { fastifyEdge } from '../adapters/fastify.ts';
import { honoEdge } from '../adapters/hono.ts';
import { koaEdge } from '../adapters/koa.ts';
import { nestEdge } from '../adapters/nest.ts';
import type { Edge } from '../edge.ts';
import { type App, serve } from './apps.ts';

/** A body that fails: at once, or after its first bytes. */
function failing(after: readonly string[]): Readable {
  return Readable.from(
    (async function* () {
      yield* after;
      await new Promise(setImmediate);
      throw new Error('the source of the body failed');
    })(),
    { objectMode: false },
  );
}
const breaks = (): Readable => failing(['part']);
const fails = (): Readable => failing([]);
const endless = (): Readable =>
  new Readable({
    read() {
      setImmediate(() => this.push('more '));
    },
  });

const viaWeb = (): ReadableStream => Readable.toWeb(breaks()) as ReadableStream;

const viaExpress: Record<string, (response: ExpressResponse) => unknown> = {
  breaks: (response) => pipeline(breaks(), response),
  endless: (response) => pipeline(endless(), response),
  fails: async (response) => {
    for await (const chunk of fails()) response.write(chunk);
  },
  twice: (response) => {
    response.json({ first: true });
    response.json({ second: true });
  },
  after: (response) => {
    response.json({ first: true });
    throw new Error('after the answer');
  },
};
const viaKoa: Record<string, (context: Context) => void> = {
  breaks: (context) => {
    context.body = breaks();
  },
  web: (context) => {
    context.body = viaWeb();
  },
  response: (context) => {
    context.body = new Response(viaWeb(), { headers: { 'x-own': '1' } });
  },
  fails: (context) => {
    context.body = fails();
  },
  endless: (context) => {
    context.body = endless();
  },
  twice: (context) => {
    context.body = { first: true };
    context.res.end('{"first":true}');
  },
  after: (context) => {
    context.res.end('{"first":true}');
    throw new Error('after the answer');
  },
  bigint: (context) => {
    context.body = { one: 1n };
  },
};

/** Services that do what no service should, and `/ok`. */
export const oddApps: Readonly<Record<string, (edge: Edge) => Promise<App>>> = {
  fastify: async (edge) => {
    const app = fastify();
    fastifyEdge(app, edge);
    app.get('/ok', () => ({ ok: true }));
    app.get('/breaks', (_request, reply) => reply.send(breaks()));
    app.get('/web', (_request, reply) => reply.send(viaWeb()));
    app.get('/response', (_request, reply) => reply.send(new Response(viaWeb(), { headers: { 'x-own': '1' } })));
    app.get('/fails', (_request, reply) => reply.send(fails()));
    app.get('/endless', (_request, reply) => reply.send(endless()));
    app.get('/twice', (_request, reply) => {
      reply.send({ first: true });
      reply.send({ second: true });
    });
    app.get('/after', (_request, reply) => {
      reply.send({ first: true });
      throw new Error('after the answer');
    });
    app.get('/bigint', () => ({ one: 1n }));
    app.post('/upload', (request) => request.body);
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
  },
  express: async (edge) => {
    const app = express();
    app.disable('x-powered-by');
    app.use(expressEdge(edge), express.json());
    app.get('/ok', (_request, response) => void response.json({ ok: true }));
    for (const [name, answer] of Object.entries(viaExpress))
      app.get(`/${name}`, (_request, response) => answer(response));
    app.get('/bigint', (_request, response) => void response.json({ one: 1n }));
    app.post('/upload', (request, response) => void response.json(request.body));
    app.use(expressErrors(edge));
    return serve(createServer(app));
  },
  hono: async (edge) => {
    const app = new Hono();
    honoEdge(app, edge);
    app.get('/ok', (context) => context.json({ ok: true }));
    app.get('/breaks', () => new Response(viaWeb()));
    app.get('/fails', () => new Response(Readable.toWeb(fails()) as ReadableStream));
    app.get('/endless', () => new Response(Readable.toWeb(endless()) as ReadableStream));
    app.get('/twice', (context) => {
      context.json({ second: true });
      return context.json({ first: true });
    });
    app.get('/after', (context) => context.json({ first: true }));
    app.get('/bigint', (context) => context.json({ one: 1n } as object));
    app.post('/upload', async (context) => context.json(await context.req.json()));
    return serve(createServer(getRequestListener(app.fetch)));
  },
  koa: async (edge) => {
    const app = new Koa();
    app.silent = true;
    app.use(koaEdge(edge));
    app.use(async (context) => {
      const name = context.path.slice(1);
      if (name === 'ok' && /GET|HEAD/.test(context.method)) context.body = { ok: true };
      if (name === 'upload') for await (const chunk of context.req) context.body = chunk;
      viaKoa[name]?.(context);
    });
    return serve(createServer(app.callback()));
  },
  nest: async (edge) => {
    class Routes {
      ok(): unknown {
        return { ok: true };
      }
      bigint(): unknown {
        return { one: 1n };
      }
      breaks(response: ExpressResponse): unknown {
        return viaExpress['breaks']!(response);
      }
      endless(response: ExpressResponse): unknown {
        return viaExpress['endless']!(response);
      }
      fails(response: ExpressResponse): unknown {
        return viaExpress['fails']!(response);
      }
      twice(response: ExpressResponse): unknown {
        return viaExpress['twice']!(response);
      }
      after(response: ExpressResponse): unknown {
        return viaExpress['after']!(response);
      }
    }
    const { prototype } = Routes;
    for (const name of ['ok', 'bigint', 'breaks', 'fails', 'endless', 'twice', 'after'] as const)
      Get(name)(prototype, name, Object.getOwnPropertyDescriptor(prototype, name)!);
    for (const name of ['breaks', 'fails', 'endless', 'twice', 'after']) Res()(prototype, name, 0);
    Controller()(Routes);
    class Main {}
    Module({ controllers: [Routes] })(Main);
    const app = await NestFactory.create(Main, { logger: false });
    (app as unknown as { disable(name: string): void }).disable('x-powered-by');
    nestEdge(app, edge);
    await app.listen(0, '127.0.0.1');
    return { port: (app.getHttpServer().address() as AddressInfo).port, close: () => app.close() };
  },
};
