import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withContext } from '@breakwater/log';
import { createPropagationInterceptor } from './undici.ts';

test('H25 undici: whatever form the fields have, they stay as they are, each value by itself', () => {
  const seen: unknown[] = [];
  const dispatch = createPropagationInterceptor({ hosts: ['a'] })((request) => {
    seen.push(request.headers);
    return true;
  });
  const forms = [
    ['x-a', '1', 'x-b', ['2', '3']],
    { 'x-a': '1', 'x-b': ['2', '3'], 'x-c': undefined },
    new Map<string, string | string[]>([
      ['x-a', '1'],
      ['x-b', ['2', '3']],
    ]),
    ['x-odd'],
  ];
  withContext({ correlationId: 'c' }, () => {
    for (const headers of forms)
      dispatch({ origin: 'http://a', path: '/', method: 'GET', headers } as never, {} as never);
  });
  const told = ['x-a', '1', 'x-b', '2', 'x-b', '3', 'x-correlation-id', 'c'];
  assert.deepEqual(seen, [told, told, told, ['x-odd']]);
});
