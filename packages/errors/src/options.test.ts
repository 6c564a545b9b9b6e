import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  callable,
  checkOptions,
  delayMs,
  durationMs,
  either,
  flag,
  having,
  listOf,
  number,
  oneOf,
  record,
  secret,
  share,
  text,
  whole,
} from './options.ts';

const rules = {
  maxAttempts: whole(1),
  ratio: share,
  delayMs,
  limitMs: durationMs,
  mode: oneOf('block', 'drop'),
  names: listOf(text),
  on: either(flag, callable),
  load: number(0, 1),
};

function saysOf(options: unknown, required?: readonly string[]): string {
  try {
    checkOptions('createThing', options, rules, required);
    return '';
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, 'ERR_BREAKWATER_OPTION');
    return (error as Error).message;
  }
}

test('R43 options that keep their rules pass, and those that are undefined', () => {
  const options = {
    maxAttempts: 3,
    ratio: 1,
    delayMs: 0,
    limitMs: 0.5,
    mode: 'block',
    names: ['a'],
    on: true,
    load: 0,
  };
  assert.equal(saysOf(options), '');
  assert.equal(saysOf({ ...options, maxAttempts: undefined, on: () => 1 }), '');
  assert.equal(saysOf({}), '');
});

test('R43 a wrong value is named with its option and what it should be', () => {
  const table: readonly (readonly [unknown, string])[] = [
    [{ maxAttempts: 1.5 }, 'createThing.maxAttempts: expected a whole number of at least 1, got 1.5'],
    [{ maxAttempts: '3' }, 'createThing.maxAttempts: expected a whole number of at least 1, got "3"'],
    [{ ratio: 0 }, 'createThing.ratio: expected a finite number above 0 and at most 1, got 0'],
    [{ ratio: Number.NaN }, 'createThing.ratio: expected a finite number above 0 and at most 1, got NaN'],
    [{ delayMs: -1 }, 'createThing.delayMs: expected a finite number of at least 0, got -1'],
    [{ limitMs: Number.POSITIVE_INFINITY }, 'createThing.limitMs: expected a finite number above 0, got Infinity'],
    [{ limitMs: 5n }, 'createThing.limitMs: expected a finite number above 0, got 5n'],
    [{ mode: 'Block' }, 'createThing.mode: expected one of "block", "drop", got "Block"'],
    [{ names: ['a', ''] }, 'createThing.names: expected a list, each item a string that is not empty, got an array'],
    [{ on: 1 }, 'createThing.on: expected true or false, or a function, got 1'],
    [{ load: null }, 'createThing.load: expected a finite number of at least 0 and at most 1, got null'],
  ];
  for (const [options, message] of table) assert.equal(saysOf(options), message);
});

test('R43 an unknown option is refused with a list of what there is, also where it is undefined', () => {
  const expected =
    'createThing.maxAttempt: no such option (there are: maxAttempts, ratio, delayMs, limitMs, mode, names, on, load)';
  assert.equal(saysOf({ maxAttempt: 3 }), expected);
  assert.equal(saysOf({ maxAttempt: undefined }), expected);
  assert.match(saysOf({ ['toString']: 1 }), /no such option/);
  assert.match(saysOf(JSON.parse('{"__proto__": 1}')), /no such option/);
});

test('a required option must be there, and options must be an object', () => {
  assert.match(saysOf({}, ['mode']), /^createThing\.mode: expected one of/);
  assert.equal(saysOf(null), 'createThing options: expected an object, got null');
  assert.equal(saysOf('x'), 'createThing options: expected an object, got a string (not shown)');
});

test('R44 a text that may hold a secret is not shown', () => {
  const key = secret(['32 bytes', (value) => value instanceof Uint8Array]);
  const secretive = {
    key,
    either: either(record, key),
    limit: either(durationMs, record),
    list: listOf(key),
    pool: having('a pool', 'query'),
    tls: record,
  };
  const says = (options: object): string => {
    try {
      checkOptions('connect', options, secretive);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const table: readonly (readonly [object, string])[] = [
    [{ key: 'hunter2' }, 'connect.key: expected 32 bytes, got a string (not shown)'],
    [{ key: 4711 }, 'connect.key: expected 32 bytes, got 4711'],
    [{ key: null }, 'connect.key: expected 32 bytes, got null'],
    [{ either: 'hunter2' }, 'connect.either: expected an object, or 32 bytes, got a string (not shown)'],
    [{ limit: '100' }, 'connect.limit: expected a finite number above 0, or an object, got "100"'],
    [{ list: 'hunter2' }, 'connect.list: expected a list, each item 32 bytes, got a string (not shown)'],
    [{ pool: 'pg://u:hunter2@db' }, 'connect.pool: expected a pool (query), got a string (not shown)'],
    [{ tls: 'hunter2' }, 'connect.tls: expected an object, got a string (not shown)'],
    [{ password: 'hunter2' }, 'connect.password: no such option (there are: key, either, limit, list, pool, tls)'],
  ];
  for (const [options, message] of table) assert.equal(says(options), message);
});

test('an object with methods is one, also where they are inherited or it is a function; a text is none', () => {
  const pool = having('a pool', 'query', 'at');
  const query = (): void => {};
  assert.ok(pool[1]({ query, at: query }));
  assert.ok(pool[1](Object.create({ query, at: query })));
  assert.ok(pool[1](Object.assign(() => {}, { query, at: query })));
  for (const value of [{ query }, { query, at: 1 }, null, undefined, 7]) assert.ok(!pool[1](value));
  assert.ok(!having('a list', 'at')[1]('text'));
});
