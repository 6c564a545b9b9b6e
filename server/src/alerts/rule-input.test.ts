import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertRuleInput } from '../api/types.ts';
import { openState } from '../state/state.ts';
import { toRuleInput } from './rule-input.ts';
import { enabledRules } from './rules.ts';

const RULE: AlertRuleInput = {
  name: 'Payments fail',
  condition: { kind: 'span_error_rate', service: 'payments', threshold: 0.1, minCount: 20 },
  windowSeconds: 60,
  forSeconds: 0,
  cooldownSeconds: 300,
  severity: 'high',
  enabled: true,
  runbookUrl: 'https://wiki.example/payments',
};

test('a valid rule comes back as it was given', () => {
  assert.deepEqual(toRuleInput(RULE), RULE);
  const conditions: AlertRuleInput['condition'][] = [
    { kind: 'error_count', threshold: 10 },
    { kind: 'error_count', groupId: '00ab00cd00ef0012', service: 'a', threshold: 1 },
    { kind: 'log_count', query: 'severity:>=error', threshold: 30 },
    { kind: 'span_latency', quantile: 0.95, thresholdMs: 1_000, minCount: 20 },
  ];
  for (const condition of conditions) assert.deepEqual(toRuleInput({ ...RULE, condition }).condition, condition);
});

test('text is trimmed, empty optional fields are left out', () => {
  const { runbookUrl: _runbookUrl, ...rule } = RULE;
  const given = { ...rule, name: ' a ', condition: { kind: 'error_count', service: '', groupId: '', threshold: 1 } };
  assert.deepEqual(toRuleInput(given), {
    ...RULE,
    name: 'a',
    condition: { kind: 'error_count', threshold: 1 },
    runbookUrl: '',
  });
});

test('the rules of a new installation are valid', () => {
  const state = openState(':memory:');
  for (const { rule } of enabledRules(state)) {
    const { id: _id, createdAt, updatedAt: _updatedAt, ...input } = rule;
    assert.deepEqual(toRuleInput(input), input);
    assert.ok(Math.abs(createdAt - Date.now()) < 60_000);
  }
  assert.equal(enabledRules(state).length, 4);
  state.close();
});

test('what is wrong is refused, naming the field and the value', () => {
  const refusals: [change: object, message: RegExp][] = [
    [{ name: '' }, /^name must be text of 1 to 200 characters, got ""$/],
    [{ name: 'x'.repeat(201) }, /^name must be/],
    [{ name: undefined }, /^name must be text of 1 to 200 characters, it is missing$/],
    [{ windowSeconds: 5 }, /^windowSeconds must be a whole number from 10 to 86400, got 5$/],
    [{ windowSeconds: '60' }, /^windowSeconds must be .* got "60"$/],
    [{ forSeconds: -1 }, /^forSeconds must be .* got -1$/],
    [{ cooldownSeconds: 1.5 }, /^cooldownSeconds must be .* got 1.5$/],
    [{ severity: 'urgent' }, /^severity must be one of low, medium, high, critical, got "urgent"$/],
    [{ enabled: 1 }, /^enabled must be true or false, got 1$/],
    [{ runbookUrl: 'javascript:alert(1)' }, /^runbookUrl must be an http or https URL .* got "javascript:alert\(1\)"$/],
    [{ windowSecond: 60 }, /^"windowSecond" is no known field; the fields are name, condition, windowSeconds/],
    [{ condition: null }, /^condition must be an object, got null$/],
    [{ condition: { kind: 'cpu' } }, /^condition.kind must be one of error_count, .* got "cpu"$/],
    [
      { condition: { kind: 'error_count', threshold: 0 } },
      /^condition.threshold must be a whole number from 1 .* got 0$/,
    ],
    [{ condition: { kind: 'error_count', threshold: 1, groupId: 'XY' } }, /^condition.groupId must be 16 .* got "XY"$/],
    [
      { condition: { kind: 'span_error_rate', threshold: 10, minCount: 1 } },
      /^condition.threshold must be a number above 0 and at most 1, got 10$/,
    ],
    [{ condition: { kind: 'span_error_rate', threshold: Number.NaN, minCount: 1 } }, /^condition.threshold must be/],
    [
      { condition: { kind: 'span_latency', quantile: 1, thresholdMs: 1, minCount: 1 } },
      /^condition.quantile must be a number above 0 and below 1, got 1$/,
    ],
    [
      { condition: { kind: 'log_count', query: '(a', threshold: 1 } },
      /^condition.query cannot be read at character 1: .*Did you mean: \(a\)$/,
    ],
    [
      { condition: { kind: 'log_count', query: 'a', threshold: 1, quantile: 1 } },
      /"condition.quantile" is no known field/,
    ],
  ];
  for (const [change, message] of refusals) {
    assert.throws(
      () => toRuleInput({ ...RULE, ...change }),
      { code: 'INVALID_INPUT', message },
      JSON.stringify(change),
    );
  }
  for (const input of [null, undefined, 5, 'a', [RULE]])
    assert.throws(() => toRuleInput(input), /the input must be an object/);
});
