import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classify } from './classify.ts';
import { defineErrors } from './define.ts';
import { match, matchCategory, rethrow } from './match.ts';
import { OptionError } from './misuse.ts';
import { attempt, err, ok, unwrap } from './result.ts';

const errors = defineErrors({
  NO_MONEY: { category: 'business', message: '{missing:integer} cents are missing' },
  TOO_SLOW: { category: 'transient', message: 'too slow' },
});
const noMoney = () => {
  throw new errors.NO_MONEY({ missing: 5 });
};

describe('match', () => {
  const describeError = (error: unknown): string =>
    match(errors, error, {
      NO_MONEY: (e) => `needs ${e.params.missing}`,
      TOO_SLOW: (e) => e.message,
      otherwise: (e) => `other: ${String(e)}`,
    });
  it('R7: chooses by code and hands over the typed error', () => {
    assert.equal(describeError(new errors.NO_MONEY({ missing: 5 })), 'needs 5');
    assert.equal(describeError(new errors.TOO_SLOW()), 'too slow');
    assert.equal(describeError('x'), 'other: x');
  });
  it('R7: a missing handler is refused, by the compiler and at run time', () => {
    const withoutSlow = { NO_MONEY: () => 1, otherwise: () => 2 };
    const withoutRest = { TOO_SLOW: () => 1 };
    // @ts-expect-error TOO_SLOW has no handler
    assert.throws(() => match(errors, new errors.TOO_SLOW(), withoutSlow), OptionError);
    // @ts-expect-error nothing says what to do with the rest
    assert.throws(() => match([errors.TOO_SLOW], 1, withoutRest), OptionError);
  });
  it('R7: rethrow leaves the rest to the caller', () => {
    const bug = new TypeError('x');
    assert.throws(() => match([errors.TOO_SLOW], bug, { TOO_SLOW: () => 1, otherwise: rethrow }), bug);
  });
  it('chooses by category, for verdicts and errors', () => {
    const cases = {
      business: () => 'tell',
      permanent: () => 'fail',
      systemic: () => 'alert',
      transient: () => 'retry',
    };
    assert.equal(matchCategory(new errors.NO_MONEY({ missing: 1 }), cases), 'tell');
    assert.equal(matchCategory(classify(new TypeError('x')), cases), 'fail');
  });
});

describe('Result', () => {
  it('R8: attempt turns the listed errors into values and lets the rest through', async () => {
    const result = attempt(noMoney, errors.NO_MONEY);
    assert.ok(!result.ok);
    assert.equal(result.error.params.missing, 5);
    assert.throws(
      () => attempt(noMoney, errors.TOO_SLOW),
      (error) => errors.NO_MONEY.is(error),
    );
    await assert.rejects(
      attempt(async () => noMoney(), errors.TOO_SLOW),
      (error) => errors.NO_MONEY.is(error),
    );
    const later = await attempt(async () => noMoney(), errors.NO_MONEY);
    assert.equal(later.ok, false);
  });
  it('R8: without a list everything becomes a value', async () => {
    assert.deepEqual(
      attempt(() => 1),
      ok(1),
    );
    assert.deepEqual(await attempt(async () => 1), ok(1));
    assert.deepEqual(
      attempt(() => {
        // biome-ignore lint/style/useThrowOnlyError: what others throw is not always an Error
        throw 'text';
      }),
      err('text'),
    );
  });
  it('R8: unwrap throws the error itself', () => {
    const error = new errors.TOO_SLOW();
    assert.equal(unwrap(ok(3)), 3);
    assert.throws(() => unwrap(err(error)), error);
  });
});
