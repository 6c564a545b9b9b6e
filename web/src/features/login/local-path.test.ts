import { expect, test } from 'vitest';
import { localPath } from './local-path.ts';

test('after the login the page goes to one of its own paths only', () => {
  expect(localPath('/logs?query=level%3Aerror')).toBe('/logs?query=level%3Aerror');
  expect(localPath('/loginx')).toBe('/loginx');
  for (const elsewhere of [
    undefined,
    '',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:1',
  ]) {
    expect(localPath(elsewhere)).toBe('/');
  }
});

test('the login does not lead to itself', () => {
  for (const itself of ['/login', '/login?next=%2Flogs', '/login#x', '/login/']) expect(localPath(itself)).toBe('/');
});
