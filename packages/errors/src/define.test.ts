import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import vm from 'node:vm';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { setContextProvider } from './context.ts';
import { defineError, defineErrors, hasCategory, isError } from './define.ts';
import { BreakwaterError } from './error.ts';
import { OptionError } from './misuse.ts';
import { reviveError } from './revive.ts';

const errors = defineErrors({
  CARD_DECLINED: {
    category: 'business',
    status: 402,
    message: '{bank} declined {amount:number} on {day:date}',
    userMessage: { en: 'Your bank declined the payment of {amount}.', de: 'Ihre Bank hat {amount} abgelehnt.' },
    nextStep: 'Ask for another card.',
    docs: 'https://example.com/errors/card-declined',
    publicParams: ['amount'],
  },
  BANK_DOWN: { category: 'systemic', message: 'The bank does not answer' },
  BANK_SLOW: { category: 'transient', message: 'The bank is slow', retryAfterMs: 500 },
});
const day = new Date('2026-11-25T10:00:00Z');
const declined = () => new errors.CARD_DECLINED({ bank: 'ACME', amount: 12.5, day });

describe('an error of the catalogue', () => {
  it('says what happened, how to respond and what to do', () => {
    const error = declined();
    assert.ok(error instanceof BreakwaterError && error instanceof errors.CARD_DECLINED && error instanceof Error);
    assert.equal(error.message, 'ACME declined 12.5 on 2026-11-25T10:00:00.000Z');
    assert.equal(error.name, 'CardDeclined');
    assert.equal(error.code, 'CARD_DECLINED');
    assert.equal(error.status, 402);
    assert.equal(error.statusCode, 402);
    assert.equal(error.category, 'business');
    assert.equal(error.retryable, false);
    assert.equal(error.outcome, 'not-applied');
    assert.equal(error.nextStep, 'Ask for another card.');
    assert.equal(error.docs, 'https://example.com/errors/card-declined');
    assert.match(error.position ?? '', /define\.test\.ts:\d+:\d+/);
    assert.match(error.stack ?? '', /^CardDeclined: ACME declined/);
  });

  it('has defaults that follow its category', () => {
    const slow = new errors.BANK_SLOW();
    assert.deepEqual([slow.status, slow.retryable, slow.outcome, slow.retryAfterMs], [503, true, 'unknown', 500]);
    const down = new errors.BANK_DOWN();
    assert.deepEqual([down.status, down.retryable, down.definition.alert], [503, false, true]);
  });

  it('R2: is made even with missing or wrong parameters, which stay visible', () => {
    const Type = errors.CARD_DECLINED as unknown as new (params?: unknown) => Error;
    assert.equal(new Type().message, '{bank} declined {amount} on {day}');
    assert.equal(
      new Type({ bank: 7, amount: 'x', day: new Date(Number.NaN) }).message,
      '{bank} declined {amount} on {day}',
    );
    assert.equal(new Type(null).message, '{bank} declined {amount} on {day}');
  });

  it('R3: text parameters cannot forge a log line and are cut at 200 characters', () => {
    const error = new errors.CARD_DECLINED({ bank: `A\r\nB\u2028${'x'.repeat(300)}`, amount: 1, day });
    assert.ok(error.message.startsWith('A  B xxx'));
    assert.ok(error.message.length < 250);
  });

  it('R4: takes correlation id, service, operation and duration from the context; options come first', () => {
    const restore = setContextProvider(() => ({
      correlationId: 'c-1',
      service: 'pay',
      operation: 'charge',
      startedAtMs: 1000,
      nowMs: 1250,
    }));
    const error = declined();
    assert.deepEqual(
      [error.correlationId, error.service, error.operation, error.durationMs, error.timeMs],
      ['c-1', 'pay', 'charge', 250, 1250],
    );
    assert.equal(new errors.BANK_DOWN({}, { correlationId: 'mine' }).correlationId, 'mine');
    restore();
    assert.ok(!('correlationId' in declined()));
  });

  it('R4: a context provider that throws does not prevent the error', () => {
    const restore = setContextProvider(() => {
      throw new Error('context lost');
    });
    assert.equal(declined().code, 'CARD_DECLINED');
    restore();
  });

  it('R5: isError knows it by code and type, across realms and copies of the package', () => {
    assert.ok(isError(declined()));
    assert.ok(isError(declined(), 'CARD_DECLINED') && errors.CARD_DECLINED.is(declined()));
    assert.ok(!isError(declined(), errors.BANK_DOWN));
    assert.ok(hasCategory(declined(), 'business') && !hasCategory(declined(), 'systemic'));
    const foreign: unknown = vm.runInNewContext(
      "class E extends Error {}; Object.defineProperty(E.prototype, Symbol.for('@breakwater/error'), { value: true }); Object.assign(new E('x'), { code: 'CARD_DECLINED' })",
    );
    assert.ok(isError(foreign, errors.CARD_DECLINED));
    for (const other of [new Error('x'), null, undefined, 'CARD_DECLINED', { code: 'CARD_DECLINED' }])
      assert.ok(!isError(other));
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    assert.ok(!isError(proxy));
  });

  it('R6: survives JSON with all it knew', () => {
    const error = new errors.CARD_DECLINED(
      { bank: 'ACME', amount: 3, day },
      { cause: new errors.BANK_DOWN(), details: { attempt: 2 }, correlationId: 'c-9', durationMs: 20 },
    );
    const back = reviveError(JSON.parse(JSON.stringify(error)), errors);
    assert.ok(isError(back, errors.CARD_DECLINED));
    assert.deepEqual(
      [back.message, back.correlationId, back.details, back.durationMs, back.timeMs],
      [error.message, 'c-9', { attempt: 2 }, 20, error.timeMs],
    );
    assert.equal(back.params.amount, 3);
    assert.ok(isError(back.cause, 'BANK_DOWN'));
    assert.equal(back.stack, error.stack);
  });

  it('R6: survives structuredClone and postMessage with code, message, parameters, stack and cause', () => {
    const error = new errors.CARD_DECLINED({ bank: 'ACME', amount: 3, day }, { cause: new errors.BANK_DOWN() });
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(error);
    const posted = receiveMessageOnPort(port2) as { message: unknown };
    port1.close();
    for (const clone of [structuredClone(error), posted.message]) {
      assert.ok(!isError(clone), 'a clone is a plain Error until it is rebuilt');
      const back = reviveError(clone, errors);
      assert.ok(isError(back, errors.CARD_DECLINED));
      assert.deepEqual(back.params, { bank: 'ACME', amount: 3, day });
      assert.equal(back.stack, error.stack);
      assert.ok(isError(back.cause, 'BANK_DOWN'));
    }
  });

  it('R6: what is not of the catalogue comes back as a plain Error, what needs nothing as itself', () => {
    const error = declined();
    assert.equal(reviveError(error, errors), error);
    const other = reviveError({ name: 'Strange', message: 'x', code: 'OTHER' }, errors);
    assert.deepEqual([other.name, other.message, isError(other)], ['Strange', 'x', false]);
    assert.equal(reviveError(null, errors).message, '');
    assert.equal(reviveError('text', errors).message, 'text');
  });
});

describe('a definition', () => {
  const valid = { code: 'A_B', category: 'business', message: 'x {a:integer}' } as const;
  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['a lower-case code', { code: 'a_b' }, /definition\.code: expected UPPER_CASE words/],
    ['a category of its own', { category: 'weird' }, /definition\.category: expected one of "business"/],
    ['an empty message', { message: ' ' }, /definition\.message/],
    ['an unclosed brace', { message: 'x {a' }, /definition\.message/],
    ['a stray brace', { message: 'x } y' }, /definition\.message/],
    ['an unknown kind', { message: '{a:money}' }, /parameter kinds string, number/],
    ['two kinds for one name', { message: '{a} {a:number}' }, /one kind for \{a\}/],
    [
      'a success status',
      { status: 200 },
      /definition\.status: expected a whole number of at least 400 and at most 599, got 200/,
    ],
    ['a user text with a parameter the message lacks', { userMessage: 'hello {b}' }, /definition\.userMessage/],
    ['user texts without English', { userMessage: { de: 'Hallo' } }, /definition\.userMessage\.en/],
    ['a malformed locale', { userMessage: { en: 'x', 'not a tag': 'y' } }, /BCP 47/],
    ['a relative documentation link', { docs: '/docs' }, /definition\.docs/],
    ['a public parameter that is none', { publicParams: ['z'] }, /definition\.publicParams/],
    ['a negative wait', { retryAfterMs: -1 }, /definition\.retryAfterMs/],
    ['a key that does not exist', { retriable: true }, /definition\.retriable: no such option \(there are: code/],
    ['an unknown outcome', { outcome: 'maybe' }, /definition\.outcome/],
  ];
  for (const [name, change, message] of wrong) {
    it(`R1: is refused with ${name}`, () => {
      assert.throws(
        () => defineError({ ...valid, ...change } as never),
        (error) =>
          error instanceof OptionError && message.test(error.message) && error.code === 'ERR_BREAKWATER_OPTION',
      );
    });
  }
  it('R1: two entries cannot share a class name', () => {
    assert.throws(
      () => defineErrors({ A_B: valid as never, C_D: { category: 'business', message: 'x', name: 'AB' } }),
      /entries\.A_B|entries\.C_D\.name/,
    );
    assert.throws(
      () =>
        defineErrors({
          A: { category: 'business', message: 'x', name: 'Same' },
          B: { category: 'business', message: 'x', name: 'Same' },
        }),
      /entries\.B\.name: expected a name other than that of A/,
    );
  });
});
