import { expect, test } from 'vitest';
import { applyCompletion, completionAt, rankChoices } from './completion.ts';

/** The completion at the mark `|`. */
function at(marked: string) {
  const caret = marked.indexOf('|');
  return { text: marked.replace('|', ''), completion: completionAt(marked.replace('|', ''), caret) };
}

test('a name is completed at the start of a term, a value behind the colon', () => {
  expect(at('serv|').completion).toEqual({ kind: 'key', from: 0, to: 4, prefix: 'serv' });
  expect(at('x -(lev|').completion).toEqual({ kind: 'key', from: 4, to: 7, prefix: 'lev' });
  expect(at('x service:pa|y y').completion).toEqual({
    kind: 'value',
    from: 10,
    to: 13,
    prefix: 'pa',
    field: 'service',
  });
  expect(at('level:>=wa|').completion).toMatchObject({ kind: 'value', from: 8, prefix: 'wa', field: 'level' });
  expect(at('http.route:"/a |').completion).toMatchObject({
    kind: 'value',
    from: 11,
    prefix: '/a ',
    field: 'http.route',
  });
  expect(at('attr.a\\ b:|').completion).toMatchObject({ field: 'attr.a b' });
  expect(at('|').completion).toEqual({ kind: 'key', from: 0, to: 0, prefix: '' });
});

test('nothing is offered inside a phrase, and an address is no field', () => {
  expect(at('"time out|').completion).toBeUndefined();
  expect(at('http://a|').completion).toMatchObject({ kind: 'key' });
});

test('a choice replaces the term at the caret and leaves the rest', () => {
  const name = at('ser|:api tail');
  expect(applyCompletion(name.text, name.completion!, 'service')).toEqual({ text: 'service:api tail', caret: 8 });
  const value = at('service:p| tail');
  expect(applyCompletion(value.text, value.completion!, 'payments')).toEqual({
    text: 'service:payments tail',
    caret: 17,
  });
  const last = at('-level:er|');
  expect(applyCompletion(last.text, last.completion!, 'error')).toEqual({ text: '-level:error ', caret: 13 });
});

test('choices that begin with the prefix come first', () => {
  const choices = ['http.method', 'url.http', 'host'].map((value) => ({ value }));
  expect(rankChoices(choices, 'http', 5).map((choice) => choice.value)).toEqual(['http.method', 'url.http']);
});
