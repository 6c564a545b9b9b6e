import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { logQueries, spanQueries } from './arbitrary-queries.ts';
import type { Query, Signal } from './ast.ts';
import { MAX_QUERY_DEPTH, MAX_QUERY_LENGTH, MAX_QUERY_TERMS, parseQuery } from './parse.ts';
import { print } from './print.ts';

function parsed(text: string, signal?: Signal): Query {
  const result = parseQuery(text, signal);
  assert.ok(result.ok, `${text}: ${result.ok ? '' : result.message}`);
  return result.query;
}

function refused(text: string, signal?: Signal): { position: number; message: string; suggestion?: string } {
  const result = parseQuery(text, signal);
  assert.ok(!result.ok, `${text} was read as ${result.ok ? print(result.query) : ''}`);
  return result;
}

test('the canonical text of a query is read as the same query', () => {
  for (const [queries, signal] of [
    [logQueries, 'logs'],
    [spanQueries, 'spans'],
  ] as const) {
    fc.assert(
      fc.property(queries, (query) => {
        assert.deepEqual(parsed(print(query), signal), query);
        assert.deepEqual(parsed(print(query)), query);
      }),
      { numRuns: 400 },
    );
  }
});

test('any text is read or refused with a position inside it', () => {
  const pieces = fc.constantFrom(
    ' ',
    '(',
    ')',
    '"',
    '\\',
    ':',
    '*',
    '-',
    'OR',
    'AND',
    'NOT',
    'level',
    'a',
    '[',
    ' TO ',
    ']',
    '>',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
        fc.array(pieces).map((parts) => parts.join('')),
      ),
      (text) => {
        const result = parseQuery(text);
        if (result.ok) assert.deepEqual(parsed(print(result.query)), result.query);
        else assert.ok(result.position >= 0 && result.position <= text.length && result.message.length > 0);
      },
    ),
    { numRuns: 4000 },
  );
});

test('queries print in one canonical way', () => {
  const cases: [written: string, canonical: string][] = [
    ['', ''],
    ['  *  ', ''],
    ['level:error   service:payments', 'level:error service:payments'],
    ['level:error AND "timed out"', 'level:error "timed out"'],
    ['a b OR c d', '(a b) OR (c d)'],
    ['(a OR b) c', '(a OR b) c'],
    ['((a))', 'a'],
    ['NOT a', '-a'],
    ['-(a OR b)', '-(a OR b)'],
    ['not or and', 'not or and'],
    ['level:(warn OR error)', 'level:warn OR level:error'],
    ['severity:>=warn', 'level:>=warn'],
    ['env:prod trace_id:*', 'environment:prod trace:*'],
    ['attr.level:5', 'attr.level:5'],
    ['"user id":7', '"user id":7'],
    ['user\\ id:7', '"user id":7'],
    ['resource.host.name:web-1', 'resource.host.name:web-1'],
    ['http.response.status_code:[200 TO 299}', 'http.response.status_code:[200 TO 299}'],
    ['http://shop.local/pay?x=1', 'http\\://shop.local/pay?x=1'],
    ['path:"C:\\temp"', 'path:"C:\\\\temp"'],
    ['say:"\\"no\\""', 'say:"\\"no\\""'],
    ['k:a*b*', 'k:a*b*'],
    ['k:**', 'k:*'],
    ['pay*', 'pay*'],
    ['\\OR', '\\OR'],
    ['time:12:30:45', 'time:12:30:45'],
  ];
  for (const [written, canonical] of cases) assert.equal(print(parsed(written)), canonical, written);
});

test('a name that only the other signal has as a field is an attribute', () => {
  assert.deepEqual(parsed('duration:>5', 'logs'), {
    kind: 'field',
    field: { scope: 'attribute', name: 'duration' },
    test: { op: 'compare', comparison: '>', value: { text: '5', quoted: false } },
  });
  assert.equal(print(parsed('duration:>5', 'logs')), 'attr.duration:>5');
  assert.ok(parseQuery('kind:anything', 'logs').ok);
  assert.ok(!parseQuery('kind:anything', 'spans').ok);
});

test('a fault is told with its position and the mended query', () => {
  const cases: [written: string, position: number, suggestion: string | undefined][] = [
    ['a "timed out', 2, 'a "timed out"'],
    ['"ends in \\', 0, '"ends in \\\\"'],
    ['(a OR b', 0, '(a OR b)'],
    ['a) b', 1, 'a b'],
    ['a ()', 2, undefined],
    ['servcie:payments', 0, 'service:payments'],
    ['x levle:error', 2, 'x level:error'],
    ['level:eror', 6, 'level:error'],
    ['level:>=wran', 6, 'level:>=warn'],
    ['level:purple', 6, undefined],
    ['kind:sever', 5, 'kind:server'],
    ['status:>ok', 7, undefined],
    ['duration:>fast', 9, undefined],
    ['trace:abc', 6, 'trace:abc*'],
    ['trace:xyz', 6, undefined],
    ['level:', 6, 'level:*'],
    ['k:>', 3, undefined],
    [':x', 0, '\\:x'],
    ['a OR', 2, 'a'],
    ['a AND', 2, 'a'],
    ['OR a', 0, '\\OR a'],
    ['a OR OR b', 5, 'a OR \\OR b'],
    ['NOT', 0, undefined],
    ['a -', 2, 'a \\-'],
    ['a - b', 2, 'a \\- b'],
    ['*out', 0, '"out"'],
    ['ti*ed', 0, '"ti"'],
    ['body:*out', 5, 'body:"out"'],
    ['k:[1 TO 5', 2, 'k:[1 TO 5]'],
    ['k:[1 5]', 5, undefined],
    ['k:[* TO *]', 2, 'k:*'],
    ['k:[1 TO z]', 2, undefined],
    ['level:(warn error)', 12, 'level:(warn OR error)'],
    ['level:(warn', 6, 'level:(warn)'],
    ['a\\', 1, 'a\\\\'],
    ['a*b:c', 0, undefined],
    ['""', 0, undefined],
  ];
  for (const [written, position, suggestion] of cases) {
    const fault = refused(written);
    assert.deepEqual({ position: fault.position, suggestion: fault.suggestion }, { position, suggestion }, written);
    if (suggestion !== undefined) assert.ok(parseQuery(suggestion).ok, `${written} → ${suggestion}`);
  }
});

test('an attribute that is nearly a field is named with attr.', () => {
  assert.match(refused('servcie:x').message, /attr\.servcie/);
  assert.ok(parseQuery('attr.servcie:x').ok);
  assert.ok(parseQuery('"servcie":x').ok);
});

test('length, depth and number of terms are limited', () => {
  assert.ok(parseQuery('a'.repeat(MAX_QUERY_LENGTH)).ok);
  assert.equal(refused('a'.repeat(MAX_QUERY_LENGTH + 1)).position, MAX_QUERY_LENGTH);
  const nested = (depth: number) => `${'('.repeat(depth)}a${')'.repeat(depth)}`;
  assert.ok(parseQuery(nested(MAX_QUERY_DEPTH)).ok);
  assert.match(refused(nested(MAX_QUERY_DEPTH + 1)).message, /deep/);
  assert.match(refused('-'.repeat(1000).concat('a')).message, /deep/);
  assert.ok(parseQuery('a '.repeat(MAX_QUERY_TERMS)).ok);
  assert.match(refused('a '.repeat(MAX_QUERY_TERMS + 1)).message, /terms/);
  assert.match(refused(`k:(${'a OR '.repeat(MAX_QUERY_TERMS)}a)`).message, /terms/);
});
