import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { classify } from './classify.ts';
import { defineErrors } from './define.ts';
import { fingerprint } from './fingerprint.ts';
import { fromProblem } from './from-problem.ts';
import { toProblem } from './problem.ts';
import { reviveError } from './revive.ts';
import { serialise } from './serialise.ts';
import { CATEGORIES } from './taxonomy.ts';

const errors = defineErrors({ ONE: { category: 'business', message: '{a} and {b:number}', publicParams: ['a', 'b'] } });

// Names that the rules and the readers look at, so that chance meets them.
const KEYS = [
  'name',
  'message',
  'stack',
  'code',
  'errno',
  'status',
  'statusCode',
  'cause',
  'errors',
  'response',
  'headers',
  'parent',
  'original',
  'error',
  'reason',
  'type',
  'severity',
  '$metadata',
  '$retryable',
  'errorLabels',
  'metadata',
  'retryable',
  'issues',
  'details',
  'path',
  'decline_code',
  'constructor',
  'toJSON',
  'correlationId',
  'params',
  'expose',
  'isBoom',
  'output',
];
const CODES = [
  'ECONNREFUSED',
  '40001',
  'ER_DUP_ENTRY',
  'StripeCardError',
  'AbortError',
  'SQLITE_BUSY',
  'P2002',
  'UND_ERR_SOCKET',
  '23*',
  '',
  '__proto__',
];
const leaf = fc.oneof(
  fc.constantFrom(...CODES),
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    maxDepth: 2,
  }),
);

// fast-check looks into the values it makes, so hostile ones are made from a recipe inside each property.
type Recipe =
  | { readonly kind: 'leaf'; readonly value: unknown }
  | { readonly kind: 'object'; readonly entries: Readonly<Record<string, Recipe>> }
  | { readonly kind: 'error'; readonly message: string; readonly entries: Readonly<Record<string, Recipe>> }
  | { readonly kind: 'group'; readonly members: readonly Recipe[] }
  | { readonly kind: 'throws' | 'revoked' | 'cycle' | 'getter' };

const recipe: fc.Arbitrary<Recipe> = fc.letrec<{ value: Recipe }>((tie) => {
  const entries = fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 6 });
  return {
    value: fc.oneof(
      { maxDepth: 5 },
      leaf.map((value) => ({ kind: 'leaf' as const, value })),
      fc.constantFrom('throws', 'revoked', 'cycle', 'getter').map((kind) => ({ kind })),
      entries.map((made) => ({ kind: 'object' as const, entries: made })),
      fc.tuple(fc.string(), entries).map(([message, made]) => ({ kind: 'error' as const, message, entries: made })),
      fc.array(tie('value'), { maxLength: 4 }).map((members) => ({ kind: 'group' as const, members })),
    ),
  };
}).value;

function build(from: Recipe): unknown {
  const refuse = (): never => {
    throw new Error('hostile');
  };
  switch (from.kind) {
    case 'leaf':
      return from.value;
    case 'object':
      return Object.fromEntries(Object.entries(from.entries).map(([key, inner]) => [key, build(inner)]));
    case 'error': {
      const error = new Error(from.message);
      for (const [key, inner] of Object.entries(from.entries))
        Object.defineProperty(error, key, { value: build(inner), configurable: true });
      return error;
    }
    case 'group':
      return new AggregateError(from.members.map(build));
    case 'throws':
      return new Proxy(
        {},
        { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse, getOwnPropertyDescriptor: refuse },
      );
    case 'getter':
      return Object.defineProperties(
        new Error('x'),
        Object.fromEntries(
          ['code', 'name', 'cause', 'errors', 'message', 'status'].map((key) => [key, { get: refuse }]),
        ),
      );
    case 'cycle': {
      const error = new Error('x') as Error & { parent?: unknown };
      error.cause = error.parent = error;
      return error;
    }
    case 'revoked': {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    }
  }
}

describe('whatever is thrown', () => {
  it('R10, R20, R21: classify gives a verdict that keeps its promises', () => {
    fc.assert(
      fc.property(recipe, (from) => {
        const value = build(from);
        const verdict = classify(value);
        assert.ok(CATEGORIES.includes(verdict.category));
        assert.ok(Number.isInteger(verdict.httpStatus) && verdict.httpStatus >= 400 && verdict.httpStatus <= 599);
        assert.ok(
          verdict.retryAfterMs === undefined || (Number.isFinite(verdict.retryAfterMs) && verdict.retryAfterMs >= 0),
        );
        if (verdict.category === 'business' || verdict.category === 'permanent') assert.equal(verdict.retryable, false);
        if (verdict.cancelled) assert.equal(verdict.countsForBreaker, false);
        assert.match(verdict.code, /^[\w.$:/-]{1,128}$/);
        assert.ok(verdict.evidence.at.length < 200);
        if (verdict.evidence.strength === 'none')
          assert.deepEqual([verdict.retryable, verdict.confidence, verdict.category], [false, 'low', 'permanent']);
      }),
      { numRuns: 300 },
    );
  });

  it('R25, R27: serialise gives JSON within its limits', () => {
    fc.assert(
      fc.property(recipe, (from) => {
        const value = build(from);
        const record = serialise(value, { maxBytes: 2048 });
        const json = JSON.stringify(record);
        assert.ok(Buffer.byteLength(json) <= 2048);
        assert.deepEqual(JSON.parse(json), record);
      }),
      { numRuns: 120 },
    );
  });

  it('R28, R30: fingerprint, toProblem and reviveError take it', () => {
    fc.assert(
      fc.property(recipe, (from) => {
        const value = build(from);
        assert.match(fingerprint(value), /^[0-9a-f]{16}$/);
        const { status, body, headers } = toProblem(value);
        assert.equal(status, body.status);
        assert.ok(Object.values(headers).every((text) => !/[\r\n]/.test(text)));
        assert.ok(JSON.stringify(body).length < 8000);
        assert.ok(reviveError(value, errors) instanceof Error);
      }),
      { numRuns: 120 },
    );
  });

  it('R35: fromProblem takes it as a body, and as headers', () => {
    fc.assert(
      fc.property(recipe, recipe, (one, two) => {
        const [body, headers] = [build(one), build(two)];
        assert.ok(fromProblem(body, { types: errors, headers }).message.length < 500);
      }),
      { numRuns: 120 },
    );
  });

  it('R34: public parameters survive the way there and back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('red', 'blue', 'large'),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (a, b) => {
          const back = fromProblem(JSON.parse(JSON.stringify(toProblem(new errors.ONE({ a, b })).body)), {
            types: errors,
          });
          assert.equal(back.code, 'ONE');
          assert.deepEqual(back.params, { a, b: b === 0 ? 0 : b });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('R10: time is bounded: long chains, wide groups and long texts cost no more than a limit allows', () => {
    const wide = new AggregateError(Array.from({ length: 50_000 }, (_, i) => new Error(String(i))));
    let deep = new Error('x');
    for (let i = 0; i < 20_000; i++) deep = new Error('y', { cause: deep });
    const long = Object.assign(new Error('a'.repeat(5_000_000)), {
      code: 'b'.repeat(5_000_000),
      stack: 'at x ('.repeat(1_000_000),
    });
    for (const value of [wide, deep, long]) {
      const started = process.hrtime.bigint();
      classify(value);
      fingerprint(value);
      serialise(value);
      toProblem(value);
      assert.ok(process.hrtime.bigint() - started < 1_500_000_000n);
    }
  });
});
