// Canaries in every string of every error shape: none may appear in a problem document, none in a default record.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineErrors } from './define.ts';
import { toProblem } from './problem.ts';
import { serialise } from './serialise.ts';

// Secrets as they look in the wild; each is unlike the others, so that a leak names its kind.
const SECRETS = [
  'sk_live_4eC39HqLyjWDarjtT1zdp7dcAAAAAAAA',
  'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
  'AKIAIOSFODNN7EXAMPL2',
  '4111 1111 1111 1111',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4iLCJuIjoxfQ.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
  'Bearer 7f3c9a1e5d8b42c6a0f1e2d3c4b5a697',
  'postgres://app:Tr0ub4dor3x@db.corp:5432/pay',
  'ann.lee@customer-mail.com',
  'DE89370400440532013000',
  'password=Xk29vQz81LmP',
];
// A text no detector can know: it may be anywhere but in what is written by default.
const PLAIN = 'canary-7c1f-row-of-a-customer';

type Shape = readonly [name: string, make: (canary: string) => unknown];

/** Where a canary can be in each shape: in all texts a library fills from requests, rows and answers. */
const shapes: readonly Shape[] = [
  [
    'axios',
    (c) =>
      Object.assign(new Error(c), {
        name: 'AxiosError',
        isAxiosError: true,
        code: 'ERR_BAD_RESPONSE',
        status: 503,
        config: { url: c, headers: { Authorization: c, 'x-api-key': c }, data: c, auth: { password: c } },
        request: { path: c },
        response: { status: 503, headers: { 'set-cookie': c }, data: { error: c } },
      }),
  ],
  [
    'got',
    (c) =>
      Object.assign(new Error(c), {
        name: 'HTTPError',
        code: 'ERR_NON_2XX_3XX_RESPONSE',
        options: { url: new URL(`https://x.example/?t=${encodeURIComponent(c)}`), headers: { authorization: c } },
        response: { statusCode: 500, body: c, headers: {} },
      }),
  ],
  [
    'pg',
    (c) =>
      Object.assign(new Error(`duplicate key ${c}`), {
        name: 'error',
        severity: 'ERROR',
        code: '23505',
        detail: `Key (email)=(${c}) already exists.`,
        hint: c,
        where: c,
        internalQuery: c,
        query: c,
        parameters: [c],
      }),
  ],
  [
    'mysql2',
    (c) => Object.assign(new Error(c), { code: 'ER_DUP_ENTRY', errno: 1062, sqlState: '23000', sqlMessage: c, sql: c }),
  ],
  [
    'mongodb',
    (c) =>
      Object.assign(new Error(c), {
        name: 'MongoServerError',
        code: 11000,
        keyValue: { email: c },
        errmsg: c,
        writeErrors: [{ err: c }],
      }),
  ],
  ['ioredis', (c) => Object.assign(new Error(c), { name: 'ReplyError', command: { name: 'auth', args: [c] } })],
  [
    'prisma',
    (c) =>
      Object.assign(new Error(c), {
        name: 'PrismaClientKnownRequestError',
        code: 'P2002',
        clientVersion: '7',
        meta: { target: [c] },
      }),
  ],
  [
    'sequelize',
    (c) =>
      Object.assign(new Error(c), {
        name: 'SequelizeUniqueConstraintError',
        sql: c,
        fields: { email: c },
        errors: [{ message: c, value: c }],
        parent: Object.assign(new Error(c), { detail: c }),
      }),
  ],
  [
    'stripe',
    (c) =>
      Object.assign(new Error(c), {
        type: 'StripeCardError',
        code: 'card_declined',
        decline_code: 'fraudulent',
        raw: { message: c, charge: c },
        payment_intent: { client_secret: c },
        headers: { x: c },
      }),
  ],
  [
    'jose',
    (c) => Object.assign(new Error(c), { code: 'ERR_JWT_EXPIRED', claim: 'exp', payload: { sub: c, token: c } }),
  ],
  [
    'zod',
    (c) =>
      Object.assign(new Error(c), { name: 'ZodError', issues: [{ path: [c], code: 'custom', message: c, input: c }] }),
  ],
  [
    'joi',
    (c) =>
      Object.assign(new Error(c), {
        name: 'ValidationError',
        isJoi: true,
        _original: { a: c },
        details: [{ message: c, path: ['a'], type: 'any.custom', context: { value: c } }],
      }),
  ],
  [
    'http-errors',
    (c) =>
      Object.assign(new Error(c), { status: 400, statusCode: 400, expose: true, type: 'entity.parse.failed', body: c }),
  ],
  [
    'nestjs',
    (c) => Object.assign(new Error(c), { name: 'BadRequestException', status: 400, response: { message: [c] } }),
  ],
  [
    'aws',
    (c) =>
      Object.assign(new Error(c), {
        name: 'AccessDenied',
        $fault: 'client',
        $metadata: { httpStatusCode: 403, requestId: 'r' },
        $response: { headers: { x: c }, body: c },
      }),
  ],
  [
    'grpc',
    (c) =>
      Object.assign(new Error(c), {
        code: 14,
        details: c,
        metadata: { internalRepr: new Map([['authorization', [c]]]), get: () => [] },
      }),
  ],
  [
    'openai',
    (c) =>
      Object.assign(new Error(c), {
        name: 'RateLimitError',
        status: 429,
        error: { message: c },
        headers: { authorization: c },
      }),
  ],
  ['TypeError', (c) => new TypeError(c)],
  ['with a cause', (c) => new Error(c, { cause: new Error(c, { cause: c }) })],
  ['AggregateError', (c) => new AggregateError([new Error(c), c], c)],
  ['text', (c) => c],
  ['plain object', (c) => ({ message: c, secret: c, nested: { c } })],
];

const errors = defineErrors({
  OWN: { category: 'permanent', message: 'failed for {who}', userMessage: 'Please try again.' },
  OWN_SERVER: { category: 'systemic', status: 503, message: 'failed for {who}' },
});
const own: readonly Shape[] = [
  [
    'own, with details and parameters',
    (c) => new errors.OWN({ who: c }, { details: { note: c, deep: { list: [c] } }, cause: new Error(c) }),
  ],
  [
    'own 5xx',
    (c) => new errors.OWN_SERVER({ who: c }, { details: { token: c }, fields: [{ pointer: `/${c}`, code: c }] }),
  ],
];

const withoutStack = (error: unknown): unknown => {
  if (error instanceof Error)
    Object.defineProperty(error, 'stack', { value: `${error.name}: ${error.message}\n    at f (/app/src/x.ts:1:1)` });
  return error;
};

describe('leaks', () => {
  for (const [name, make] of [...shapes, ...own]) {
    it(`R31: ${name}: nothing of it reaches a problem document`, () => {
      for (const canary of [...SECRETS, PLAIN]) {
        for (const options of [{}, { acceptLanguage: 'de' }]) {
          const text = JSON.stringify(toProblem(withoutStack(make(canary)), options));
          assert.ok(
            !text.includes(canary) && !text.includes(JSON.stringify(canary).slice(1, -1)),
            `${canary} in ${text}`,
          );
        }
      }
    });
    it(`R26: ${name}: no secret reaches a record`, () => {
      for (const canary of SECRETS) {
        const text = JSON.stringify(serialise(withoutStack(make(canary))));
        assert.ok(!text.includes(canary), `${canary} in ${text}`);
      }
    });
  }
  it('R26: what only requests, rows and answers hold does not reach a record, even where nothing marks it as secret', () => {
    for (const [name, make] of shapes) {
      const error = make(PLAIN);
      // Message and text are what a record is for; here only the rest is asked about.
      if (!(error instanceof Error) || ['with a cause', 'AggregateError'].includes(name)) continue;
      for (const one of [error, ...Object.values(error)])
        if (one instanceof Error) Object.defineProperty(one, 'message', { value: 'message' });
      const text = JSON.stringify(serialise(withoutStack(error)));
      assert.ok(!text.includes(PLAIN), `${name}: ${text}`);
    }
  });
});
