import 'reflect-metadata';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Body, Controller, ForbiddenException, Get, type INestApplication, Module, Post, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import express, { type Response as ExpressResponse } from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import createError from 'http-errors';
import Koa from 'koa';
import { expressEdge, expressErrors } from '../adapters/express.ts';
import { fastifyEdge } from '../adapters/fastify.ts';
import { honoEdge } from '../adapters/hono.ts';
import { koaEdge } from '../adapters/koa.ts';
import { nestEdge } from '../adapters/nest.ts';
import type { Edge } from '../edge.ts';
import { readJson } from '../read-json.ts';
import { CANARY, handlers } from './scenarios.ts';

/** A running test service. */
export interface App {
  readonly port: number;
  close(): Promise<void>;
}

const MAX_BYTES = 1000;

/** The same service on each framework, with and (undefined) without the edge. */
export const apps: Readonly<Record<string, (edge: Edge | undefined) => Promise<App>>> = {
  fastify: async (edge) => {
    const app = fastify({ bodyLimit: MAX_BYTES });
    if (edge !== undefined) fastifyEdge(app, edge);
    app.get('/ok', handlers.ok);
    app.get('/context', handlers.context);
    app.post('/echo', (request) => handlers.echo(request.body));
    app.get('/throws', handlers.throws);
    app.get('/rejects', handlers.rejects);
    app.get('/throws-text', handlers.throwsText);
    app.get('/declined', handlers.declined);
    app.get('/busy', handlers.busy);
    app.get('/leaky', (_request, reply) => {
      reply.header('x-internal', 'node-7').header('content-length', '3');
      reply.raw.statusMessage = CANARY;
      return handlers.throws();
    });
    app.get('/own', () => {
      throw createError(403, CANARY);
    });
    app.get('/hangs', () => new Promise(() => {}));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
  },
  express: async (edge) => {
    const app = express();
    app.disable('x-powered-by');
    if (edge !== undefined) app.use(expressEdge(edge));
    app.use(express.json({ limit: MAX_BYTES }));
    app.get('/ok', (_request, response) => void response.json(handlers.ok()));
    app.get('/context', async (_request, response) => void response.json(await handlers.context()));
    app.post('/echo', (request, response) => void response.json(handlers.echo(request.body)));
    app.get('/throws', handlers.throws);
    app.get('/rejects', handlers.rejects);
    app.get('/throws-text', handlers.throwsText);
    app.get('/declined', handlers.declined);
    app.get('/busy', handlers.busy);
    app.get('/leaky', (_request, response) => {
      response.set('x-internal', 'node-7').set('content-length', '3');
      response.statusMessage = CANARY;
      handlers.throws();
    });
    app.get('/own', () => {
      throw createError(403, CANARY);
    });
    app.get('/hangs', () => {});
    if (edge !== undefined) app.use(expressErrors(edge));
    return serve(createServer(app));
  },
  hono: async (edge) => {
    const app = new Hono();
    if (edge !== undefined) honoEdge(app, edge);
    app.get('/ok', (context) => context.json(handlers.ok() as object));
    app.get('/context', async (context) => context.json((await handlers.context()) as object));
    app.post('/echo', async (context) =>
      context.json(handlers.echo(await readJson(context.req.raw.body, { maxBytes: MAX_BYTES })) as object),
    );
    app.get('/throws', handlers.throws);
    app.get('/rejects', handlers.rejects);
    app.get('/throws-text', handlers.throwsText);
    app.get('/declined', handlers.declined);
    app.get('/busy', handlers.busy);
    app.get('/leaky', (context) => {
      context.header('x-internal', 'node-7');
      context.header('content-length', '3');
      return handlers.throws();
    });
    app.get('/own', () => {
      throw new HTTPException(403, { message: CANARY });
    });
    app.get('/hangs', () => new Promise<Response>(() => {}));
    return serve(createServer(getRequestListener(app.fetch)));
  },
  koa: async (edge) => {
    const app = new Koa();
    app.silent = true;
    if (edge !== undefined) app.use(koaEdge(edge));
    app.use(async (context) => {
      switch (`${context.method} ${context.path}`) {
        case 'GET /ok':
          context.body = handlers.ok();
          break;
        case 'GET /context':
          context.body = await handlers.context();
          break;
        case 'POST /echo':
          context.body = handlers.echo(await readJson(context.req, { maxBytes: MAX_BYTES }));
          break;
        case 'GET /throws':
          return handlers.throws();
        case 'GET /rejects':
          return handlers.rejects();
        case 'GET /throws-text':
          return handlers.throwsText();
        case 'GET /declined':
          return handlers.declined();
        case 'GET /busy':
          return handlers.busy();
        case 'GET /leaky':
          context.set({ 'x-internal': 'node-7', 'content-length': '3' });
          context.message = CANARY;
          return handlers.throws();
        case 'GET /own':
          return context.throw(403, CANARY);
        case 'GET /hangs':
          return new Promise(() => {});
      }
    });
    return serve(createServer(app.callback()));
  },
  nest: async (edge) => {
    const app: INestApplication = await NestFactory.create(nestModule(), { logger: false, bodyParser: false });
    (app as unknown as { disable(name: string): void }).disable('x-powered-by');
    if (edge !== undefined) nestEdge(app, edge);
    app.use(express.json({ limit: MAX_BYTES }));
    await app.listen(0, '127.0.0.1');
    return { port: (app.getHttpServer().address() as AddressInfo).port, close: () => app.close() };
  },
};

export async function serve(server: Server): Promise<App> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

// Decorators are not erasable syntax, so they are called as the functions they are.
function nestModule(): new () => object {
  class Routes {
    ok(): unknown {
      return handlers.ok();
    }
    context(): unknown {
      return handlers.context();
    }
    echo(body: unknown): unknown {
      return handlers.echo(body);
    }
    throws(): unknown {
      return handlers.throws();
    }
    rejects(): unknown {
      return handlers.rejects();
    }
    throwsText(): unknown {
      return handlers.throwsText();
    }
    declined(): unknown {
      return handlers.declined();
    }
    busy(): unknown {
      return handlers.busy();
    }
    leaky(response: ExpressResponse): unknown {
      response.set('x-internal', 'node-7').set('content-length', '3');
      response.statusMessage = CANARY;
      return handlers.throws();
    }
    own(): unknown {
      throw new ForbiddenException(CANARY);
    }
    hangs(): unknown {
      return new Promise(() => {});
    }
  }
  const prototype = Routes.prototype;
  const paths: Record<string, keyof Routes> = {
    ok: 'ok',
    context: 'context',
    throws: 'throws',
    rejects: 'rejects',
    'throws-text': 'throwsText',
    declined: 'declined',
    busy: 'busy',
    leaky: 'leaky',
    own: 'own',
    hangs: 'hangs',
  };
  for (const [path, method] of Object.entries(paths))
    Get(path)(prototype, method, Object.getOwnPropertyDescriptor(prototype, method)!);
  Post('echo')(prototype, 'echo', Object.getOwnPropertyDescriptor(prototype, 'echo')!);
  Body()(prototype, 'echo', 0);
  Res({ passthrough: true })(prototype, 'leaky', 0);
  Controller()(Routes);
  class Main {}
  Module({ controllers: [Routes] })(Main);
  return Main;
}
