import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isListed } from './host-list.ts';

test('a host is on the list by name, by name and port, or below a wildcard (R21)', () => {
  const list = ['Api.Example.com', '*.internal', 'localhost:3000', '[::1]', '127.0.0.1'];
  const cases: readonly (readonly [string, boolean])[] = [
    ['api.example.com', true],
    ['API.example.com:8443', true],
    ['api.example.com.evil.test', false],
    ['evil-api.example.com', false],
    ['pay.internal', true],
    ['a.b.internal:80', true],
    ['internal', false],
    ['.internal', false],
    ['notinternal', false],
    ['localhost:3000', true],
    ['localhost', false],
    ['localhost:30000', false],
    ['[::1]:4000', true],
    ['[::1]', true],
    ['[::2]', false],
    ['127.0.0.1:5', true],
  ];
  for (const [host, expected] of cases) assert.equal(isListed(list, host), expected, host);
});
