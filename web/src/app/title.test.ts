import { expect, test } from 'vitest';
import { titleOf } from './title.ts';

test('the tab is named after what it shows, and counts open incidents', () => {
  expect(titleOf(undefined, 0)).toBe('Breakwater');
  expect(titleOf('Logs', 0)).toBe('Logs · Breakwater');
  expect(titleOf('INC-7: payments', 2)).toBe('(2) INC-7: payments · Breakwater');
  expect(titleOf('Logs', 250)).toBe('(99+) Logs · Breakwater');
});

test('what somebody else wrote neither turns the name of the tab around nor fills it', () => {
  expect(titleOf('a\u202Eb\nc', 0)).toBe('a[U+202E]b c · Breakwater');
  expect(titleOf('w'.repeat(500), 0)).toBe(`${'w'.repeat(80)} · Breakwater`);
});
