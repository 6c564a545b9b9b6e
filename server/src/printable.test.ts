import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable } from './printable.ts';

test('what a sender wrote cannot steer the terminal or turn the line around', () => {
  assert.equal(
    printable('paid \u001B]0;title\u0007\u202Enwod\u009B31m'),
    'paid \\u{1b}]0;title\\u{7}\\u{202e}nwod\\u{9b}31m',
  );
  assert.equal(printable('a\rb\u200Bc\u2028d'), 'a\\u{d}b\\u{200b}c\\u{2028}d');
});

test('everything else stays', () => {
  const text = 'Zürich 東京 🚢 خدمة\tat charge (a.ts:1:2)';
  assert.equal(printable(text), text);
});

test('a line break does not begin a line of the log', () => {
  assert.equal(printable('no\nbreakwater: all is well'), 'no\n  breakwater: all is well');
});
