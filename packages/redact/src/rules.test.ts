import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RedactConfigError } from './errors.ts';
import { createRedactor, redact } from './redactor.ts';
import type { RedactOptions } from './types.ts';

const pseudonym = { current: 'k2', keys: { k1: 'first secret of 16+ bytes', k2: 'second secret of 16+ bytes' } };

function code(options: unknown): string {
  try {
    createRedactor(options as RedactOptions);
  } catch (error) {
    assert.ok(error instanceof RedactConfigError);
    return error.code;
  }
  return 'accepted';
}

describe('rules', () => {
  test('R10: mask, drop, last four, keep', () => {
    const redactor = createRedactor({
      rules: [
        { detector: 'card', action: 'last4' },
        { detector: 'email', action: 'drop' },
        { key: 'internal note', action: 'drop' },
        { key: 'session token', action: 'keep' },
      ],
    });
    assert.equal(redactor.string('4111 1111 1111 1111 of jo@corp.com'), '[REDACTED:card:1111] of []');
    assert.deepEqual(
      redactor.redact({
        internalNote: 'x',
        sessionToken: 'abc123',
        card: '4111111111111111',
        list: ['a', 'jo@corp.com'],
      }),
      {
        sessionToken: 'abc123',
        card: '[REDACTED:card:1111]',
        list: ['a', '[]'],
      },
    );
    const places = ['internal_note', 'sessionToken'].map((name) => redactor.root.at(name));
    assert.deepEqual(
      places.map((place) => [place.isOpen, place.redact('abc123')]),
      [
        [false, undefined],
        [false, 'abc123'],
      ],
    );
    assert.equal(redactor.field('internalNote', 'x'), undefined);
    assert.equal(redactor.string('session_token=abc123'), 'session_token=abc123');
  });

  test('R10 R11: pseudonyms are equal for equal values, and old keys stay searchable', () => {
    const rules = [
      { detector: 'email', action: 'pseudonym' },
      { detector: 'card', action: 'pseudonym' },
    ] as const;
    const redactor = createRedactor({ rules, pseudonym });
    const old = createRedactor({ rules, pseudonym: { ...pseudonym, current: 'k1' } });
    const marker = redactor.string('Jo@Corp.com');
    assert.match(marker, /^\[REDACTED:email:k2\.[a-p]{16}\]$/);
    assert.equal(redactor.string('from jo@corp.com'), `from ${marker}`);
    assert.equal(redactor.string('4111 1111 1111 1111'), redactor.string('4111-1111-1111-1111'));
    assert.equal(redactor.redact(4111111111111111), redactor.string('4111111111111111'));
    assert.deepEqual(redactor.pseudonyms('email', 'jo@corp.com'), [marker, old.string('jo@corp.com')]);
    assert.notEqual(marker, redactor.string('joe@corp.com'));
  });

  test('R12: explain names the rule, not the value', () => {
    const findings = createRedactor().explain({
      user: { password: 'hunter2', 'jo@corp.com': ['call +49 170 1234567', 'x'] },
      raw: 'cGFzc3dvcmQ9aHVudGVyMjIyMjI=',
    });
    assert.deepEqual(findings, [
      { path: 'user.password', at: -1, detector: 'secret', rule: 'secret/password', action: 'mask' },
      { path: 'user', at: 0, detector: 'email', rule: 'email', action: 'mask' },
      { path: 'user.[REDACTED:email][0]', at: 5, detector: 'phone', rule: 'phone/e164', action: 'mask' },
      { path: 'raw', at: 0, detector: 'secret', rule: 'secret/password', action: 'mask', encoding: 'base64' },
    ]);
  });

  test('R13: path, key, pattern and detector, in that order', () => {
    const redactor = createRedactor({
      rules: [
        { path: 'user.email', action: 'keep' },
        { path: 'items[*].ref', action: 'mask', name: 'item-ref' },
        { path: '**.deep', action: 'drop' },
        { path: 'a.*.c', action: 'mask' },
        { path: 'a.b.c', action: 'keep' },
        { path: 'headers["x-trace"]', action: 'mask' },
        { key: 'customer ref', action: 'mask' },
        { pattern: 'ACME-{digit:4}', action: 'keep' },
        { pattern: 'ACME-X{alnum:2-4}', action: 'mask', name: 'acme' },
      ],
    });
    assert.deepEqual(
      redactor.redact({
        user: { email: 'jo@corp.com', customerRef: 7 },
        email: 'jo@corp.com',
        items: [{ ref: 'r' }],
        x: { y: { deep: 1, z: 2 } },
        a: { b: { c: 1 }, d: { c: 1 } },
        headers: { 'x-trace': 't' },
      }),
      {
        user: { email: 'jo@corp.com', customerRef: '[REDACTED:custom]' },
        email: '[REDACTED:email]',
        items: [{ ref: '[REDACTED:item-ref]' }],
        x: { y: { z: 2 } },
        a: { b: { c: 1 }, d: { c: '[REDACTED:custom]' } },
        headers: { 'x-trace': '[REDACTED:custom]' },
      },
    );
    assert.equal(
      redactor.string('ACME-1234 ACME-Xab1 ACME-12345 customer_ref=abc'),
      'ACME-1234 [REDACTED:acme] ACME-12345 customer_ref=[REDACTED:custom]',
    );
    assert.deepEqual(
      redactor.explain('ACME-Xab1').map(({ rule }) => rule),
      ['custom/acme'],
    );
  });

  test('R14: contradictions and mistakes are refused by name', () => {
    assert.equal(
      code({
        rules: [
          { key: 'customerRef', action: 'mask' },
          { key: 'customer_ref', action: 'drop' },
        ],
      }),
      'REDACT_AMBIGUOUS_RULES',
    );
    assert.equal(
      code({
        rules: [
          { path: 'a.*', action: 'mask' },
          { path: '*.b', action: 'drop' },
        ],
      }),
      'REDACT_AMBIGUOUS_RULES',
    );
    assert.equal(
      code({
        rules: [
          { path: 'a.b', action: 'mask' },
          { path: '*.b', action: 'drop' },
        ],
      }),
      'accepted',
    );
    assert.equal(
      code({
        rules: [
          { path: 'a.b', action: 'mask' },
          { path: 'a.c', action: 'drop' },
        ],
      }),
      'accepted',
    );
    assert.equal(
      code({
        rules: [
          { pattern: 'AB{digit}', action: 'mask' },
          { pattern: 'AB{hex:2}', action: 'drop' },
        ],
      }),
      'REDACT_AMBIGUOUS_RULES',
    );
    assert.equal(
      code({
        rules: [
          { detector: 'card', action: 'mask' },
          { detector: 'card', action: 'drop' },
        ],
      }),
      'REDACT_AMBIGUOUS_RULES',
    );
    assert.equal(code({ rules: [{ detector: 'cards', action: 'mask' }] }), 'REDACT_INVALID_OPTION');
    assert.equal(code({ rules: [{ key: 'a', path: 'b', action: 'mask' }] }), 'REDACT_INVALID_OPTION');
    assert.equal(code({ rules: [{ key: 'a', action: 'hide' }] }), 'REDACT_INVALID_OPTION');
    assert.equal(code({ rules: [null] }), 'REDACT_INVALID_OPTION');
    assert.equal(code({ rules: {} }), 'REDACT_INVALID_OPTION');
    assert.equal(code({ preset: 'all' }), 'REDACT_INVALID_OPTION');
    assert.equal(code({ maxBytes: 1 }), 'REDACT_INVALID_OPTION');
    assert.equal(code({ maxDepth: Number.NaN }), 'REDACT_INVALID_OPTION');
    assert.equal(code({ mask: 'x' }), 'REDACT_INVALID_OPTION');
    assert.equal(code(null), 'REDACT_INVALID_OPTION');
    for (const path of ['', 'a..b', 'a.', 'a[', 'a.**'])
      assert.equal(code({ rules: [{ path, action: 'mask' }] }), 'REDACT_INVALID_PATH', path);
    assert.equal(code({ rules: [{ detector: 'email', action: 'pseudonym' }] }), 'REDACT_PSEUDONYM_KEY');
    assert.equal(code({ pseudonym: { current: 'k1', keys: { k1: 'short' } } }), 'REDACT_PSEUDONYM_KEY');
    assert.equal(
      code({ pseudonym: { current: 'k2', keys: { k1: 'a secret of sixteen bytes' } } }),
      'REDACT_PSEUDONYM_KEY',
    );
    assert.equal(code({ pseudonym: {} }), 'REDACT_PSEUDONYM_KEY');
  });

  test('no message shows a key for pseudonyms, wherever it was put', () => {
    const secret = 'hunter2hunter2hunter2';
    for (const given of [
      { current: secret, keys: { k1: secret } },
      { current: 'k1', keys: { [secret]: 'k1' } },
      { current: 'k1', keys: { k1: 'hunter2' } },
      secret,
    ])
      assert.throws(
        () => createRedactor({ pseudonym: given as never }),
        (error: Error) => error.name === 'RedactConfigError' && !error.message.includes('hunter2'),
      );
  });

  test('R15: patterns that would need backtracking are refused', () => {
    for (const pattern of [
      '{digit:4}',
      'A{digit:4}',
      'AB{digit:1+}7',
      'AB{alnum:1-9}{digit:2}',
      'AB{nope}',
      'AB{digit:0}',
      'AB{digit:9-2}',
      'AB{digit',
      '[REDACTED{digit}',
      'ABé',
    ]) {
      assert.equal(code({ rules: [{ pattern, action: 'mask' }] }), 'REDACT_INVALID_PATTERN', pattern);
    }
    const redactor = createRedactor({ rules: [{ pattern: 'id{{:{upper:2+}-{digit:3}', action: 'mask' }] });
    assert.equal(redactor.string('id{:ABC-123 id{:A-123'), '[REDACTED:custom] id{:A-123');
  });

  test('R14: presets', () => {
    const value = {
      card: '4111111111111111',
      cvv: '123',
      email: 'jo@corp.com',
      firstName: 'Jo',
      mrn: 'A1',
      ip: '10.1.2.3',
      password: 'x',
    };
    const mask = (name: string): string => `[REDACTED:${name}]`;
    assert.deepEqual(redact(value, { preset: 'secrets' }), { ...value, password: mask('secret') });
    assert.deepEqual(redact(value, { preset: 'pci' }), {
      card: '[REDACTED:card:1111]',
      email: 'jo@corp.com',
      firstName: 'Jo',
      mrn: 'A1',
      ip: '10.1.2.3',
      password: mask('secret'),
    });
    assert.deepEqual(redact(value, { preset: 'gdpr' }), {
      card: mask('card'),
      cvv: mask('cvv'),
      email: mask('email'),
      firstName: mask('person'),
      mrn: 'A1',
      ip: mask('ip'),
      password: mask('secret'),
    });
    assert.deepEqual(redact(value, { preset: ['pci', 'hipaa'] }), {
      card: mask('card'),
      cvv: mask('cvv'),
      email: mask('email'),
      firstName: mask('person'),
      mrn: mask('health'),
      ip: mask('ip'),
      password: mask('secret'),
    });
  });
});
