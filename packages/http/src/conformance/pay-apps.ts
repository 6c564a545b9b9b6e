import 'reflect-metadata';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Body, Controller, type INestApplication, Module, Post, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import express, { type Request, type Response } from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import * as onExpress from '../adapters/express.ts';
import * as onFastify from '../adapters/fastify.ts';
import * as onHono from '../adapters/hono.ts';
import * as onKoa from '../adapters/koa.ts';
import * as onNest from '../adapters/nest.ts';
import type { Edge } from '../edge.ts';
import type { Exchange } from '../exchange.ts';
import type { Answer } from '../message.ts';
import { readJson } from '../read-json.ts';
import { type App, serve } from './apps.ts';

/** What `POST /payments` does, whatever the framework. */
export type Pay = (exchange: Exchange, body: unknown) => Promise<Answer>;

/** The same payment service on each framework: one route, its answer sent by the adapter. */
export const payApps: Readonly<Record<string, (edge: Edge, pay: Pay) => Promise<App>>> = {
  fastify: async (edge, pay) => {
    const app = fastify();
    onFastify.fastifyEdge(app, edge);
    app.post('/payments', async (request, reply) =>
      onFastify.sendAnswer(reply, await pay(onFastify.exchangeOf(request)!, request.body)),
    );
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
  },
  express: async (edge, pay) => {
    const app = express();
    app.disable('x-powered-by');
    app.use(onExpress.expressEdge(edge));
    app.use(express.json());
    app.post('/payments', async (request, response) =>
      onExpress.sendAnswer(response, await pay(onExpress.exchangeOf(request)!, request.body)),
    );
    app.use(onExpress.expressErrors(edge));
    return serve(createServer(app));
  },
  hono: async (edge, pay) => {
    const app = new Hono();
    onHono.honoEdge(app, edge);
    app.post('/payments', async (context) =>
      onHono.toResponse(await pay(onHono.exchangeOf(context)!, await readJson(context.req.raw.body))),
    );
    return serve(createServer(getRequestListener(app.fetch)));
  },
  koa: async (edge, pay) => {
    const app = new Koa();
    app.silent = true;
    app.use(onKoa.koaEdge(edge));
    app.use(async (context) => {
      if (context.method !== 'POST' || context.path !== '/payments') return;
      onKoa.sendAnswer(context, await pay(onKoa.exchangeOf(context)!, await readJson(context.req)));
    });
    return serve(createServer(app.callback()));
  },
  nest: async (edge, pay) => {
    const app: INestApplication = await NestFactory.create(nestModule(pay), { logger: false, bodyParser: false });
    (app as unknown as { disable(name: string): void }).disable('x-powered-by');
    onNest.nestEdge(app, edge);
    app.use(express.json());
    await app.listen(0, '127.0.0.1');
    return { port: (app.getHttpServer().address() as AddressInfo).port, close: () => app.close() };
  },
};

// Decorators are not erasable syntax, so they are called as the functions they are.
function nestModule(pay: Pay): new () => object {
  class Routes {
    async pay(request: Request, response: Response, body: unknown): Promise<void> {
      onNest.sendAnswer(response, await pay(onNest.exchangeOf(request)!, body));
    }
  }
  Post('payments')(Routes.prototype, 'pay', Object.getOwnPropertyDescriptor(Routes.prototype, 'pay')!);
  Req()(Routes.prototype, 'pay', 0);
  Res()(Routes.prototype, 'pay', 1);
  Body()(Routes.prototype, 'pay', 2);
  Controller()(Routes);
  class Main {}
  Module({ controllers: [Routes] })(Main);
  return Main;
}
