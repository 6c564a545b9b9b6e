import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import vm from 'node:vm';
import { gunzipSync } from 'node:zlib';
import boom from '@hapi/boom';
import { HttpException, NotFoundException, ParseIntPipe, ServiceUnavailableException } from '@nestjs/common';
import { Ajv } from 'ajv';
import express, { type NextFunction, type Request, type Response } from 'express';
import Fastify from 'fastify';
import Joi from 'joi';
import * as jose from 'jose';
import jwt from 'jsonwebtoken';
import * as v from 'valibot';
import { z } from 'zod';
import { assertVerdict, verdictOf } from '../../testing/verdicts.ts';
import { classify } from '../classify.ts';
import type { Verdict } from '../taxonomy.ts';

describe('the edge', () => {
  it('Fastify: what its own handling throws', async () => {
    const app = Fastify();
    const seen: Verdict[] = [];
    app.setErrorHandler((error, _request, reply) => {
      const verdict = classify(error);
      seen.push(verdict);
      return reply.code(verdict.httpStatus).send();
    });
    app.post('/', { bodyLimit: 20, schema: { body: { type: 'object', required: ['a'] } } }, () => 'ok');
    const post = (payload: string, type = 'application/json') =>
      app.inject({ method: 'POST', url: '/', payload, headers: { 'content-type': type } });
    await post('{');
    await post('{}');
    await post(`{"a":"${'x'.repeat(40)}"}`);
    await post('x', 'text/csv');
    assert.deepEqual(
      seen.map((verdict) => [verdict.reason, verdict.httpStatus, verdict.domain]),
      [
        ['malformed-body', 400, 'fastify'],
        ['invalid-input', 400, 'fastify'],
        ['payload-too-large', 413, 'fastify'],
        ['unsupported-media-type', 415, 'fastify'],
      ],
    );
    await app.close();
    const twice = Fastify().get('/', () => 'x');
    assertVerdict(await verdictOf(() => twice.get('/', () => 'y')), {
      reason: 'bug',
      domain: 'fastify',
      code: 'FST_ERR_DUPLICATED_ROUTE',
    });
  });

  it('Express and body-parser: what their own handling throws', async () => {
    const app = express();
    const seen: Verdict[] = [];
    app.use(express.json({ limit: 20 }));
    app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
      const verdict = classify(error);
      seen.push(verdict);
      res.status(verdict.httpStatus).end();
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const post = (body: string, headers: Record<string, string> = {}) =>
      fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
    await post('{');
    await post(`{"a":"${'x'.repeat(40)}"}`);
    await post('{}', { 'content-encoding': 'nonsense' });
    await fetch(`${url}%E0%A4%A`);
    server.closeAllConnections();
    server.close();
    assert.deepEqual(seen.map((verdict) => [verdict.reason, verdict.httpStatus, verdict.domain]).slice(0, 3), [
      ['malformed-body', 400, 'http-errors'],
      ['payload-too-large', 413, 'http-errors'],
      ['unsupported-media-type', 415, 'http-errors'],
    ]);
  });
});

describe('exceptions that are answers', () => {
  it('NestJS, with classes of the application too', async () => {
    const parse = () => new ParseIntPipe().transform('x', { type: 'param' });
    assertVerdict(await verdictOf(parse), { reason: 'refused-by-app', httpStatus: 400, domain: 'nestjs' });
    assertVerdict(classify(new NotFoundException()), { reason: 'not-found', httpStatus: 404, domain: 'nestjs' });
    assertVerdict(classify(new ServiceUnavailableException()), { reason: 'unavailable-in-app', retryable: true });
    class CardForbidden extends HttpException {
      constructor() {
        super('not this card', 403);
      }
    }
    assertVerdict(classify(new CardForbidden()), { reason: 'forbidden', httpStatus: 403, domain: 'nestjs' });
  });

  it('http-errors, told by expose: every status is its own', () => {
    for (const status of [400, 401, 404, 408, 410, 418, 422, 429, 500, 501, 503, 511]) {
      const thrown = Object.assign(new Error('x'), { status, expose: status < 500 });
      assertVerdict(classify(thrown), { httpStatus: status, domain: 'http-errors' });
    }
  });

  it('hapi', () => {
    assertVerdict(classify(boom.forbidden()), { reason: 'forbidden', domain: 'boom', httpStatus: 403 });
    assertVerdict(classify(boom.serverUnavailable()), { reason: 'unavailable-in-app', retryable: true });
    assertVerdict(classify(boom.boomify(new TypeError('x'))), { reason: 'failed-in-app', httpStatus: 500 });
  });
});

describe('opossum', () => {
  interface Breaker {
    fire(): Promise<unknown>;
    open(): void;
    shutdown(): void;
  }
  // It brings no types.
  const Breaker = createRequire(import.meta.url)('opossum') as new (
    action: () => Promise<unknown>,
    options: object,
  ) => Breaker;
  const never = () => new Promise(() => undefined);

  it('says whether it is open, full, too slow or shut down', async () => {
    const slow = new Breaker(never, { timeout: 5 });
    assertVerdict(await verdictOf(() => slow.fire()), { reason: 'timeout', outcome: 'unknown' });
    slow.open();
    assertVerdict(await verdictOf(() => slow.fire()), {
      reason: 'circuit-open',
      countsForBreaker: false,
      outcome: 'not-applied',
    });
    slow.shutdown();
    assertVerdict(await verdictOf(() => slow.fire()), { reason: 'shutting-down', outcome: 'not-applied' });
    const small = new Breaker(never, { timeout: 20, capacity: 1 });
    const first = verdictOf(() => small.fire());
    assertVerdict(await verdictOf(() => small.fire()), { reason: 'pool-exhausted', outcome: 'not-applied' });
    assertVerdict(await first, { reason: 'timeout' });
    small.shutdown();
  });
});

describe('validation and tokens', () => {
  const invalid = {
    reason: 'invalid-input',
    category: 'permanent',
    retryable: false,
    httpStatus: 400,
    domain: 'validation',
    alert: false,
  } as const;
  it('zod, valibot, joi and ajv', async () => {
    assertVerdict(await verdictOf(() => z.object({ a: z.string() }).parse({})), { ...invalid, code: 'ZOD_INVALID' });
    assertVerdict(await verdictOf(() => v.parse(v.object({ a: v.string() }), {})), {
      ...invalid,
      code: 'VALIBOT_INVALID',
    });
    assertVerdict(await verdictOf(() => Joi.assert({}, Joi.object({ a: Joi.required() }))), {
      ...invalid,
      code: 'JOI_INVALID',
    });
    const check = new Ajv().compile({ $async: true, type: 'object', required: ['a'] });
    assertVerdict(await verdictOf(() => check({})), { ...invalid, code: 'AJV_INVALID' });
  });

  it('jsonwebtoken', async () => {
    assertVerdict(await verdictOf(() => jwt.verify(jwt.sign({}, 'k', { expiresIn: -1 }), 'k')), {
      reason: 'token-expired',
      category: 'business',
      httpStatus: 401,
    });
    assertVerdict(await verdictOf(() => jwt.verify(jwt.sign({}, 'k', { notBefore: 60 }), 'k')), {
      reason: 'token-not-yet-valid',
    });
    assertVerdict(await verdictOf(() => jwt.verify(jwt.sign({}, 'other'), 'k')), {
      reason: 'token-invalid',
      httpStatus: 401,
    });
    assertVerdict(await verdictOf(() => jwt.verify('garbage', 'k')), { reason: 'token-invalid' });
  });

  it('jose', async () => {
    const key = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
    const sign = (claims: jose.JWTPayload, exp: number) =>
      new jose.SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(exp).sign(key);
    const now = Math.floor(Date.now() / 1000);
    assertVerdict(await verdictOf(async () => jose.jwtVerify(await sign({}, now - 60), key)), {
      reason: 'token-expired',
      code: 'ERR_JWT_EXPIRED',
    });
    assertVerdict(await verdictOf(async () => jose.jwtVerify(await sign({ nbf: now + 60 }, now + 90), key)), {
      reason: 'token-not-yet-valid',
    });
    assertVerdict(await verdictOf(async () => jose.jwtVerify(await sign({}, now + 60), key, { issuer: 'x' })), {
      reason: 'token-invalid',
    });
    assertVerdict(await verdictOf(async () => jose.jwtVerify('a.b.c', key)), { reason: 'token-invalid' });
  });
});

describe('Node itself', () => {
  it('files, names, modules, processes', async () => {
    assertVerdict(await verdictOf(() => readFile('/nonexistent')), {
      reason: 'file-not-found',
      code: 'ENOENT',
      domain: 'node-fs',
    });
    assertVerdict(await verdictOf(() => readFile('/')), { reason: 'file-exists', code: 'EISDIR' });
    // With a network the name does not exist; without one nobody answers.
    const noName = await verdictOf(() => lookup('name.invalid'));
    assert.match(noName.reason, /^dns-/);
    assert.equal(noName.outcome, 'not-applied');
    assertVerdict(await verdictOf(() => import('no-such-module' as string)), {
      reason: 'module-missing',
      category: 'systemic',
    });
    const child = spawn('/nonexistent/program');
    const [error] = await once(child, 'error');
    assertVerdict(classify(error), { reason: 'misconfigured', code: 'ENOENT' });
  });

  it('API misuse is a bug', async () => {
    assertVerdict(await verdictOf(() => Buffer.alloc('x' as never)), { reason: 'bug', code: 'ERR_INVALID_ARG_TYPE' });
    assertVerdict(await verdictOf(() => request({ path: 'a b' })), { reason: 'bug' });
    assertVerdict(await verdictOf(() => JSON.parse('{')), { reason: 'bug' });
    assertVerdict(await verdictOf(() => (null as never as { x: 1 }).x), {
      reason: 'bug',
      domain: 'javascript',
      alert: true,
      evidence: { strength: 'class-name', rule: 'javascript/bug', at: '' },
    });
  });

  it('streams, compression, script time limits, stack overflow', async () => {
    const broken = pipeline(Readable.from(['a']), new PassThrough(), async function* (source) {
      for await (const _ of source) throw new RangeError('x');
      yield 'y';
    });
    assertVerdict(await verdictOf(() => broken), { reason: 'bug' });
    assertVerdict(await verdictOf(() => gunzipSync(Buffer.from('no gzip'))), { reason: 'invalid-data' });
    assertVerdict(await verdictOf(() => vm.runInNewContext('while(true);', {}, { timeout: 5 })), { reason: 'timeout' });
    const deep = (): number => deep() + 1;
    assertVerdict(await verdictOf(deep), { reason: 'bug', code: 'STACK_OVERFLOW' });
  });

  it('errors of another realm are read like our own', () => {
    assertVerdict(classify(vm.runInNewContext('new TypeError("x")')), { reason: 'bug', domain: 'javascript' });
  });
});
