import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRedactor } from './redactor.ts';
import type { Place, Preset, Redactor } from './types.ts';

const presets: readonly Preset[] = ['default', 'pci', 'gdpr', 'hipaa', 'secrets'];
const rules = createRedactor({
  rules: [
    { path: 'user.email', action: 'mask' },
    { path: 'a.*.b', action: 'drop' },
    { path: '**.inner', action: 'last4' },
    { path: 'name', action: 'keep' },
    { key: 'note', action: 'drop' },
  ],
});
const redactors = [...presets.map((preset) => createRedactor({ preset })), rules];

const names = fc.constantFrom(
  ...['user', 'email', 'a', 'b', 'inner', 'note', 'password', 'token', 'key', 'name', 'value', 'header', 'list', 'pin'],
);
const texts = fc.constantFrom(
  ...['order-7', 'authorization', 'abc123def456', 'jo@corp.com', '4111', '1111', '--token', 'password:\t', 'pass: ok'],
  ...['', '[REDACTED]', 'hunter2', '12345'],
);
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    texts,
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(names, tie('value'), { maxKeys: 5, noNullPrototype: true }),
})).object as fc.Arbitrary<Record<string, unknown>>;

/** What a serialiser does: it walks by itself wherever the places let it. */
function walk(redactor: Redactor, place: Place, value: unknown): unknown {
  if (typeof value === 'string' && place.marker !== undefined && value !== '' && value[0] !== '[') return place.marker;
  if (Array.isArray(value)) {
    if (!place.isFree || value.some((item) => typeof item === 'string' && !redactor.isQuiet(item)))
      return place.redact(value);
    return value.map((item) => walk(redactor, place, item) ?? null);
  }
  if (typeof value === 'object' && value !== null && place.isOpen) {
    const copy: Record<string, unknown> = {};
    let label = '';
    for (const [name, item] of Object.entries(value)) {
      const next = walk(redactor, place.at(name, name === 'value' ? label : ''), item);
      if (typeof item === 'string' && ['name', 'key', 'header'].includes(name)) label = item;
      if (next !== undefined) copy[name] = next;
    }
    return copy;
  }
  if (typeof value === 'string' && place.isFree) return redactor.isPlain(value) ? value : redactor.string(value);
  return place.redact(value);
}

test('R23 a walk along the places gives what redact gives', () => {
  fc.assert(
    fc.property(values, fc.constantFrom(...redactors), (value, redactor) => {
      assert.deepEqual(walk(redactor, redactor.root, value), redactor.redact(value));
    }),
    { numRuns: 1500 },
  );
});

test('R23 plain text is text that nothing takes', () => {
  const unit = fc.constantFrom(...'abcxyzABCXYZ0123456789._/-');
  const text = fc.oneof(fc.string({ unit, maxLength: 16 }), fc.uuid());
  fc.assert(
    fc.property(text, fc.constantFrom(...redactors), (text, redactor) => {
      if (redactor.isPlain(text)) assert.equal(redactor.string(text), text);
    }),
    { numRuns: 2000 },
  );
  assert.ok(createRedactor().isPlain('/orders/17'));
  assert.ok(createRedactor().isPlain('0b8f6c1e-8a54-4c7b-9f2d-1f0a3b5c7d9e'));
  assert.ok(!createRedactor().isPlain('0b8f6c1e-8a54-4c7b-9f2d-1f0a3b5c7d9E'));
  assert.ok(!createRedactor().isPlain('a"b'));
  assert.ok(!createRedactor({ preset: 'gdpr' }).isPlain('10.0.0.1'));
  assert.ok(!createRedactor({ rules: [{ pattern: 'ab{digit:2}', action: 'mask' }] }).isPlain('ab12'));
});

test('R23 with no preset only the rules given take anything', () => {
  const none = createRedactor({ preset: [] });
  const value = { password: 'hunter2', card: 4111111111111111, list: ['--token', 'abc123def456'] };
  assert.deepEqual(none.redact(value), value);
  assert.equal(
    none.string('Authorization: Bearer 7Gh2kLm9QrSt jo@corp.com'),
    'Authorization: Bearer 7Gh2kLm9QrSt jo@corp.com',
  );
  const one = createRedactor({ preset: [], rules: [{ key: 'customer ref', action: 'mask' }] });
  assert.deepEqual(one.redact({ customerRef: 'C-1', password: 'hunter2' }), {
    customerRef: '[REDACTED:custom]',
    password: 'hunter2',
  });
});
