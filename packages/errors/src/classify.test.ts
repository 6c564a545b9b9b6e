import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classify, createClassifier, MAX_DEPTH } from './classify.ts';
import { PRIMARY_KEYS } from './compile.ts';
import { defineErrors } from './define.ts';
import { OptionError } from './misuse.ts';
import { packs } from './packs.ts';
import { reasons } from './reasons.ts';
import { CATEGORIES } from './taxonomy.ts';

const errors = defineErrors({ GONE: { category: 'business', status: 410, message: 'gone' } });
const make = (properties: object, message = 'x'): Error => Object.assign(new Error(message), properties);
const refused = (): Error => make({ code: 'ECONNREFUSED', syscall: 'connect' });

describe('classify', () => {
  it('gives exactly the fields of a verdict', () => {
    assert.deepEqual(Object.keys(classify(new Error('x'))), [
      'category',
      'retryable',
      'outcome',
      'unit',
      'retryAfterMs',
      'reason',
      'code',
      'domain',
      'confidence',
      'evidence',
      'httpStatus',
      'exposeMessage',
      'alert',
      'countsForBreaker',
      'cancelled',
    ]);
  });

  it('R10: takes anything, and never throws', () => {
    const throwing = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap');
        },
        getPrototypeOf: () => {
          throw new Error('trap');
        },
      },
    );
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const getters = Object.defineProperties(new Error('x'), {
      code: {
        get: () => {
          throw new Error('getter');
        },
      },
      cause: {
        get: () => {
          throw new Error('getter');
        },
      },
    });
    for (const [thrown, reason] of [
      [null, 'not-an-error'],
      [undefined, 'not-an-error'],
      ['text', 'not-an-error'],
      [0, 'not-an-error'],
      [1n, 'not-an-error'],
      [Symbol('s'), 'not-an-error'],
      [() => 1, 'not-an-error'],
      [{}, 'not-an-error'],
      [[], 'not-an-error'],
      [Object.create(null), 'not-an-error'],
      [throwing, 'unreadable'],
      [proxy, 'unreadable'],
      [getters, 'unknown'],
    ] as const) {
      const verdict = classify(thrown);
      assert.deepEqual(
        [verdict.reason, verdict.category, verdict.retryable, verdict.confidence],
        [reason, 'permanent', false, 'low'],
      );
    }
  });

  it('R10: cycles end, and wrappers are followed eight deep', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    assert.equal(classify(a).reason, 'unknown');
    const wrap = (depth: number): Error => {
      let error = refused();
      for (let i = 0; i < depth; i++) error = new Error(`level ${i}`, { cause: error });
      return error;
    };
    assert.equal(classify(wrap(MAX_DEPTH)).reason, 'connection-refused');
    assert.equal(classify(wrap(MAX_DEPTH + 1)).reason, 'unknown');
    assert.equal(classify(new AggregateError(Array.from({ length: 100_000 }, refused))).reason, 'connection-refused');
  });

  it('R11: the stronger evidence wins: hint, user rule, vendor code, status, system code, class, known message', () => {
    const rules = [{ when: { code: 'ER_DUP_ENTRY' }, is: 'conflict' }] as const;
    const withRules = createClassifier({ rules });
    const strengths = [
      classify(make({ retryable: true, code: 'ER_DUP_ENTRY', status: 503 })),
      withRules(make({ code: 'ER_DUP_ENTRY', status: 503 })),
      classify(make({ code: 'ER_DUP_ENTRY', status: 503 })),
      classify(make({ code: 'ECONNRESET', status: 503 })),
      classify(Object.assign(new TypeError('Failed to fetch'), { code: 'ECONNRESET' })),
      classify(new TypeError('x')),
      classify(new TypeError('Failed to fetch')),
      classify(new Error('no evidence')),
    ].map((verdict) => verdict.evidence.strength);
    assert.deepEqual(strengths, [
      'hint',
      'user-rule',
      'vendor-code',
      'http-status',
      'system-code',
      'class-name',
      'known-message',
      'none',
    ]);
  });

  it('R12: a user rule beats every pack, also deep in a chain; among user rules the more specific wins', () => {
    const mine = createClassifier({
      rules: [
        { when: { code: '23505' }, is: 'already-exists' },
        { when: { code: '23505', constraint: 'orders_key' }, is: 'idempotency-conflict', but: { alert: false } },
        { when: { 'response.data.legacy': true }, is: 'rate-limited' },
      ],
    });
    const unique = make({ code: '23505', severity: 'ERROR' });
    assert.equal(mine(new Error('outer', { cause: unique })).reason, 'already-exists');
    const specific = mine(Object.assign(unique, { constraint: 'orders_key' }));
    assert.deepEqual([specific.reason, specific.alert, specific.domain], ['idempotency-conflict', false, 'user']);
    assert.equal(mine(make({ response: { data: { legacy: true } } })).reason, 'rate-limited');
  });

  it('R12: a user rule may name a reason of its own', () => {
    const mine = createClassifier({
      reasons: { 'moon-phase': { ...reasons['busy']!, httpStatus: 418 } },
      rules: [{ when: { code: 'MOON' }, is: 'moon-phase' }],
    });
    const verdict = mine(make({ code: 'MOON' }));
    assert.deepEqual([verdict.reason, verdict.httpStatus, verdict.retryable], ['moon-phase', 418, true]);
  });

  it('R13: free text never classifies', () => {
    for (const text of [
      'ECONNREFUSED',
      'timeout',
      'deadlock detected',
      '503 Service Unavailable',
      'Failed to fetch',
      'socket hang up',
    ]) {
      assert.equal(classify(new Error(text)).reason, 'unknown', text);
    }
    assert.equal(
      classify(new TypeError('Failed to fetch the thing')).reason,
      'bug',
      'a known message counts only as a whole, with its class',
    );
  });

  it('R14: unknown is permanent, not retryable, of low confidence, and says so', () => {
    const { evidence, ...verdict } = classify(new Error('x'));
    assert.deepEqual(evidence, { strength: 'none', rule: 'none', at: '' });
    assert.deepEqual(
      [
        verdict.category,
        verdict.retryable,
        verdict.outcome,
        verdict.confidence,
        verdict.reason,
        verdict.code,
        verdict.httpStatus,
        verdict.alert,
      ],
      ['permanent', false, 'unknown', 'low', 'unknown', 'UNKNOWN', 500, true],
    );
    assert.equal(classify(make({ code: 'MY_OWN_CODE' })).code, 'MY_OWN_CODE', 'a code that looks like one is kept');
    assert.equal(classify(make({ code: 'secret: hunter2' })).code, 'UNKNOWN', 'and nothing else is');
  });

  it('R15: says where in the chain the evidence was', () => {
    for (const key of [
      'cause',
      'original',
      'parent',
      'driverError',
      'originalError',
      'nativeError',
      'reason',
      'error',
    ]) {
      assert.deepEqual(classify(make({ [key]: refused() })).evidence.at, key);
    }
    assert.equal(classify(make({ cause: make({ errors: [new Error('y'), refused()] }) })).evidence.at, '');
    assert.equal(classify(make({ cause: make({ errors: [refused()] }) })).evidence.at, 'cause.errors[0]');
  });

  it('R16: a group fails as its worst member does', () => {
    const lost = make({ code: 'ECONNRESET' });
    assert.equal(classify(new AggregateError([refused(), lost])).retryable, true);
    assert.equal(classify(new AggregateError([refused(), new TypeError('x')])).reason, 'bug');
    assert.equal(classify(new AggregateError([refused(), new Error('?')])).retryable, false);
    assert.equal(classify(new AggregateError([new errors.GONE(), refused()])).code, 'GONE');
    const happyEyeballs = Object.assign(new AggregateError([refused(), lost]), { code: 'ECONNREFUSED' });
    assert.equal(classify(happyEyeballs).reason, 'connection-refused');
  });

  it('R17: a hint decides whether to repeat, and leaves the reason', () => {
    const no = classify(make({ code: 'ECONNRESET', retryable: false }));
    assert.deepEqual([no.retryable, no.reason, no.evidence.strength], [false, 'connection-lost', 'hint']);
    const yes = classify(make({ retryable: true }));
    assert.deepEqual([yes.retryable, yes.category, yes.reason, yes.alert], [true, 'transient', 'retry-advised', false]);
    assert.equal(classify(make({ retryable: 'yes' })).reason, 'unknown', 'only a boolean is a hint');
    assert.equal(classify(make({ retryable: true, retryAfterMs: 1500 })).retryAfterMs, 1500);
    for (const retryAfterMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, '5'])
      assert.equal(classify(make({ retryable: true, retryAfterMs })).retryAfterMs, undefined);
    // A long wait is no reason to come at once.
    for (const [given, wait] of [
      [2 ** 31, 2 ** 31],
      [1.5, 2],
      [1e300, 365 * 86_400_000],
    ] as const)
      assert.equal(classify(make({ retryable: true, retryAfterMs: given })).retryAfterMs, wait);
    assert.equal(classify(make({ retryable: false, retryAfterMs: 5 })).retryAfterMs, undefined);
  });

  it('R18: an own error speaks for itself and for what it wraps; the outermost counts', () => {
    const wrapped = new errors.GONE({}, { cause: refused() });
    assert.deepEqual(
      [classify(wrapped).category, classify(wrapped).httpStatus, classify(wrapped).domain],
      ['business', 410, 'app'],
    );
    assert.equal(classify(new Error('outer', { cause: wrapped })).evidence.at, 'cause');
  });

  it('R19: Retry-After is read in every form, from every kind of headers, and never early', () => {
    const now = Date.parse('2026-11-25T12:00:00Z');
    const at = createClassifier({ now: () => now });
    const wait = (headers: unknown): number | undefined => at(make({ status: 503, headers })).retryAfterMs;
    assert.equal(wait({ 'retry-after': '3' }), 3000);
    assert.equal(wait({ 'Retry-After': '1.2345' }), 1235);
    assert.equal(wait(new Headers({ 'retry-after': '3' })), 3000);
    assert.equal(wait(new Map([['retry-after', '3']])), 3000);
    assert.equal(wait([['Retry-After', '3']]), 3000);
    assert.equal(wait({ 'retry-after': 'Wed, 25 Nov 2026 12:00:30 GMT' }), 30_000);
    assert.equal(wait({ 'retry-after': 'Wednesday, 25-Nov-26 12:00:30 GMT' }), 30_000);
    assert.equal(wait({ 'retry-after': 'Wed Nov 25 12:00:30 2026' }), 30_000);
    assert.equal(wait({ 'retry-after': 'Wed, 25 Nov 2026 11:00:00 GMT' }), 0);
    assert.equal(
      wait({ 'retry-after': 'Wed, 25 Nov 2026 12:00:30 GMT', date: 'Wed, 25 Nov 2026 12:00:20 GMT' }),
      10_000,
      'measured by the clock that wrote it',
    );
    assert.equal(wait({ 'retry-after-ms': '17' }), 17);
    for (const nonsense of ['', 'soon', '-1', '1e9', 'Wed, 31 Feb 2026 12:00:30 GMT', 'x'.repeat(10_000), {}, []])
      assert.equal(wait({ 'retry-after': nonsense }), undefined, String(nonsense));
    assert.equal(wait({ 'retry-after': '999999999999' }), 365 * 24 * 3600 * 1000);
  });

  it('mistakes in options are refused by name', () => {
    assert.throws(
      () => createClassifier({ rules: [{ when: { code: 'X' }, is: 'no-such-reason' }] }),
      /user\.rules\[0\]\.is: expected the name of a reason/,
    );
    assert.throws(() => createClassifier({ rules: [{ when: {}, is: 'busy' }] }), /user\.rules\[0\]\.when/);
    assert.throws(() => createClassifier({ rules: [{ when: { code: null as never }, is: 'busy' }] }), OptionError);
    assert.throws(
      () => createClassifier({ rules: [{ when: { code: 'X' }, is: 'busy', but: { retry: true } as never }] }),
      /but\.retry/,
    );
    for (const but of [null, { retryable: 'no' }, { httpStatus: 0 }, { outcome: 'maybe' }])
      assert.throws(
        () => createClassifier({ rules: [{ when: { code: 'X' }, is: 'busy', but: but as never }] }),
        /user\.rules\[0\]\.but/,
      );
    assert.throws(() => createClassifier({ rule: [] } as never), /createClassifier\.rule:/);
    assert.throws(() => createClassifier({ rules: 5 as never }), /createClassifier\.rules: expected a list/);
    assert.throws(() => createClassifier({ now: 5 as never }), /createClassifier\.now/);
  });
});

describe('the built-in data', () => {
  it('R20: reasons keep the promises of their category', () => {
    for (const [name, data] of Object.entries(reasons)) {
      assert.ok(CATEGORIES.includes(data.category), name);
      if (data.category === 'business' || data.category === 'permanent') assert.equal(data.retryable, false, name);
      if (data.category === 'transient') assert.equal(data.retryable, true, name);
      if (data.category === 'transient' || data.category === 'business') assert.equal(data.alert, false, name);
      if (data.cancelled)
        assert.deepEqual([data.countsForBreaker, data.alert, data.retryable], [false, false, false], name);
      if (data.outcome === 'rolled-back') assert.ok(data.unit === 'transaction' || name === 'query-timeout', name);
      assert.match(data.meaning, /\.$/, name);
    }
  });

  it('R22: every reason is used by a rule or by the engine', () => {
    const used = new Set(packs.flatMap((pack) => pack.rules.map((rule) => rule.is)));
    const byEngine = ['unknown', 'not-an-error', 'unreadable', 'retry-advised', 'retry-refused'];
    assert.deepEqual(
      Object.keys(reasons).filter((name) => !used.has(name) && !byEngine.includes(name)),
      [],
    );
  });

  it('R22: every pack names its sources, and no two rules of a pack have the same conditions', () => {
    for (const pack of packs) {
      assert.ok(pack.sources.length > 0 && pack.sources.every((url) => URL.canParse(url)), pack.domain);
      const seen = new Set<string>();
      for (const { when } of pack.rules) {
        const keys = Object.keys(when);
        const primary = PRIMARY_KEYS.find((key) => keys.includes(key))!;
        for (const value of [when[primary]].flat()) {
          const id = JSON.stringify([
            pack.title,
            primary,
            value,
            keys.filter((key) => key !== primary).map((key) => [key, when[key]]),
          ]);
          assert.ok(!seen.has(id), `${pack.domain} says twice what ${id} is`);
          seen.add(id);
        }
      }
    }
  });
});
