import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ALIASES, FIELDS } from './fields.ts';
import { LEVELS } from './levels.ts';
import { MAX_QUERY_DEPTH, MAX_QUERY_LENGTH, MAX_QUERY_TERMS, parseQuery } from './parse.ts';

const page = readFileSync(new URL('../../../docs/query-language.md', import.meta.url), 'utf8');

test('the page of the query language names every field, alias, level and limit', () => {
  const names = [...FIELDS.logs.keys(), ...FIELDS.spans.keys(), ...ALIASES.keys(), ...LEVELS.map(([name]) => name)];
  for (const name of names) assert.ok(page.includes(`\`${name}\``), name);
  for (const limit of [MAX_QUERY_LENGTH, MAX_QUERY_TERMS, MAX_QUERY_DEPTH]) {
    assert.ok(page.includes(limit.toLocaleString('en')), String(limit));
  }
});

test('every example on the page is a query', () => {
  const examples = [...page.matchAll(/^\| (`[^|]+`) \|/gm)]
    .flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, example]) => example!))
    .filter((example) => !example.includes('KEY'));
  examples.push(/^ {4}(level:error .*)$/m.exec(page)![1]!);
  assert.ok(examples.length > 30, String(examples.length));
  for (const example of examples) {
    const result = parseQuery(example);
    assert.ok(result.ok, `${example}: ${result.ok ? '' : result.message}`);
  }
});

test('the fault on the page is told as the page says', () => {
  const [, text, message, suggestion] = /^ {4}(\S+)\n {4}\^ (.*)\n {6}(\S+)$/m.exec(page)!;
  assert.deepEqual(parseQuery(text!), { ok: false, position: 0, message, suggestion });
});
