import { expect, test } from 'vitest';
import { parseQuery } from '../../../server/src/query/parse.ts';
import { clauseState, fieldName, filterClause, topTerms, withClause, withoutClause } from './query-text.ts';

const VALUES = [
  'api',
  '500',
  '-5',
  'true',
  'a b',
  '',
  '"',
  '\\',
  'C:\\x "y"',
  '>5',
  '[a',
  '//x',
  'http://a/b?c=d',
  '*',
  '(x)',
  'OR',
  'ü\n2',
  '{',
  '=1',
];

test('a clause for any value is read by the server as that value of that field', () => {
  for (const value of VALUES) {
    for (const [key, holder] of [
      ['http.route', 'attribute'],
      ['status', 'attribute'],
      ['levle', 'attribute'],
      ['a b:c*', 'attribute'],
      ['host.name', 'resource'],
      ['service', 'field'],
    ] as const) {
      const clause = filterClause(key, value, holder);
      const parsed = parseQuery(clause, 'logs');
      expect(parsed, clause).toMatchObject({
        ok: true,
        query: { kind: 'field', field: { scope: holder, name: key }, test: { op: 'equals', value: { text: value } } },
      });
      expect(topTerms(clause), clause).toEqual([clause]);
    }
  }
});

test('a filter is added once, turned round and removed', () => {
  const clause = filterClause('service', 'pay ments');
  const only = withClause('timeout level:>=warn', clause);
  expect(only).toBe('timeout level:>=warn service:"pay ments"');
  expect(withClause(only, clause)).toBe(only);
  const excluded = withClause(only, clause, 'exclude');
  expect(excluded).toBe('timeout level:>=warn -service:"pay ments"');
  expect(clauseState(excluded, clause)).toBe('exclude');
  expect(withoutClause(excluded, clause)).toBe('timeout level:>=warn');
  expect(withoutClause(`NOT ${clause} x`, clause)).toBe('x');
  expect(clauseState(`x AND ${clause}`, clause)).toBe('only');
});

test('alternatives keep their meaning when a filter is added', () => {
  expect(withClause('a OR b', 'service:api')).toBe('(a OR b) service:api');
  expect(withClause('(a OR b) c', 'service:api')).toBe('(a OR b) c service:api');
  expect(clauseState('a OR service:api', 'service:api')).toBe('none');
});

test('a name that is a built-in field of the server is an attribute only with its prefix', () => {
  expect(fieldName('level')).toBe('attr.level');
  expect(fieldName('user')).toBe('attr.user');
  expect(fieldName('http.route')).toBe('http.route');
  expect(fieldName('attr.x')).toBe('attr.attr.x');
});
