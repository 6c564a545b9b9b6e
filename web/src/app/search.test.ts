import { expect, test } from 'vitest';
import { choiceParam, parseSearch, stringifySearch, textParam } from './search.ts';

test('a search comes back from the URL as it went in', () => {
  const search = {
    query: 'service:api -level:"in fo" path:/a+b?c=d&e#f 100% "ü"',
    range: '2026-11-25T01:00:00.000Z/2026-11-25T02:00:00.000Z',
    cols: 'a,b.c',
  };
  const text = stringifySearch({ ...search, row: undefined, tab: '' });
  expect(parseSearch(text)).toEqual(search);
  expect(text).toContain('range=2026-11-25T01:00:00.000Z/2026-11-25T02:00:00.000Z');
  expect(text).not.toContain('row');
});

test('foreign values never reach a screen', () => {
  expect(choiceParam('slowest', ['recent', 'slowest'])).toBe('slowest');
  expect(choiceParam('toString', ['recent'])).toBeUndefined();
  expect(textParam(7)).toBeUndefined();
  expect(textParam('x'.repeat(9_000))).toHaveLength(4_000);
});
