import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRedactor } from './redactor.ts';
import type { Preset } from './types.ts';

const presets: readonly Preset[] = ['default', 'pci', 'gdpr', 'hipaa', 'secrets'];
const redactors = presets.map((preset) => createRedactor({ preset }));
const withPseudonyms = createRedactor({
  rules: [
    { detector: 'email', action: 'pseudonym' },
    { detector: 'secret', action: 'drop' },
    { detector: 'card', action: 'last4' },
    { key: 'customer ref', action: 'pseudonym' },
    { path: '**.inner.*', action: 'last4' },
    { pattern: 'ACME-{digit:4}-{alnum:2-6}', action: 'mask' },
  ],
  pseudonym: { current: 'k2', keys: { k1: 'a secret of sixteen bytes', k2: 'another one of sixteen bytes' } },
  maxBytes: 600,
  maxDepth: 4,
  maxNodes: 40,
});
const all = [...redactors, withPseudonyms];

/** Pieces that detectors care about, so that random text reaches their corners. */
const pieces = fc.constantFrom(
  'password',
  'passwd=',
  'token: ',
  '"apiKey":"',
  'Authorization: ',
  'Bearer ',
  'Cookie: ',
  'cvv ',
  'ssn ',
  '://',
  '@',
  'corp.com',
  '4111 1111 1111 1111',
  '4111111111111111',
  '5500-0000-0000-0004',
  'DE89370400440532013000',
  '123-45-6789',
  '+49 170 1234567',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln',
  'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  '-----BEGIN PRIVATE KEY-----',
  '-----END PRIVATE KEY-----',
  'AKIAIOSFODNN7EXAMPLE',
  '%40',
  '%3D',
  '&quot;',
  '&#64;',
  '\\u0040',
  '\\n',
  '\\"',
  '\\\\',
  '"',
  "'",
  '`',
  '=',
  ':',
  ';',
  ',',
  '&',
  '?',
  ' ',
  '\n',
  '\r\n',
  '\u001b[31m',
  '\u2028',
  '\u202e',
  '[REDACTED:secret]',
  '[REDACTED',
  '[]',
  '{',
  '}',
  '[',
  ']',
  '<',
  '>',
  '--',
  '-',
  '.',
  '/',
  '\\',
  'x',
  'Z9',
  '0',
  '12',
  'jo',
  'é',
  '💥',
  '\ud800',
  'ACME-1234-ab',
  'customerRef=',
  'is ',
  'null',
  'true',
  'eyJ',
  'cGFzc3dvcmQ9aHVudGVyMjIy',
  'inner',
);
const secretish = fc.oneof(
  fc.array(pieces, { maxLength: 14 }).map((list) => list.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

test('R1 R3: redacting any text twice equals redacting it once, and never throws', () => {
  fc.assert(
    fc.property(secretish, fc.nat(all.length - 1), (text, which) => {
      const redactor = all[which]!;
      const once = redactor.string(text);
      assert.equal(redactor.string(once), once);
      assert.ok(Array.isArray(redactor.explain(text)));
    }),
    { numRuns: 1500 },
  );
});

test('R5: JSON text is valid JSON after redaction, also when it holds JSON', () => {
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      fc.constantFrom(4111111111111111, 123),
      secretish,
      tie('list'),
      tie('object'),
      tie('nested'),
    ),
    list: fc.array(tie('value'), { maxLength: 3 }),
    object: fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          'password',
          'cvv',
          'authorization',
          'cookie',
          'token',
          'card',
          'credentials',
          'name',
          'value',
          'phone',
        ),
        secretish,
      ),
      tie('value'),
      { maxKeys: 3 },
    ),
    nested: tie('object').map((value) => JSON.stringify(value)),
  })).object;
  fc.assert(
    fc.property(json, fc.nat(redactors.length - 1), fc.constantFrom(0, 2), (value, which, indent) => {
      const text = JSON.stringify(value, null, indent);
      const result = redactors[which]!.string(text);
      assert.doesNotThrow(() => JSON.parse(result), `${text}\n${result}`);
    }),
    { numRuns: 700 },
  );
});

test('R1 R2 R3: any value is redacted without a throw, without being changed, and idempotently', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    withBoxedValues: true,
    key: secretish,
    values: [secretish, fc.double(), fc.constantFrom(undefined, null, true, 4111111111111111n)],
    maxDepth: 3,
  });
  fc.assert(
    fc.property(anything, fc.nat(all.length - 1), (value, which) => {
      const before = fc.stringify(value);
      const once = all[which]!.redact(value);
      assert.equal(fc.stringify(value), before);
      assert.deepEqual(all[which]!.redact(once), once);
      assert.doesNotThrow(() => JSON.stringify(once, (_, item) => (typeof item === 'bigint' ? String(item) : item)));
    }),
    { numRuns: 500 },
  );
});

test('R4: a clean string comes back as the same reference', () => {
  const words = fc.array(
    fc.constantFrom(
      'order',
      'took',
      '45.2ms',
      'id=82731',
      '2026-11-25T01:02:03.123Z',
      'GET /api/v1',
      'ok',
      'author: bob',
      'v1.2.3',
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(words, (list) => {
      const text = list.join(' ');
      assert.ok(Object.is(redactors[0]!.string(text), text), redactors[0]!.string(text));
    }),
    { numRuns: 200 },
  );
});
