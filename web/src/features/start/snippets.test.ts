import { expect, test } from 'vitest';
import { reachableEndpoint, snippetsFor } from './snippets.ts';

test('a server that listens everywhere is addressed by the host this page came from', () => {
  expect(reachableEndpoint('http://0.0.0.0:4318', 'breakwater.internal')).toBe('http://breakwater.internal:4318');
  expect(reachableEndpoint('http://[::]:4318', '10.0.0.7')).toBe('http://10.0.0.7:4318');
  expect(reachableEndpoint('http://127.0.0.1:4318', 'localhost')).toBe('http://127.0.0.1:4318');
});

test('every language is told the address, and the key only where one is needed', () => {
  for (const { lines } of snippetsFor('http://h:4318', false)) {
    expect(lines).toContain('http://h:4318');
    expect(lines).not.toContain('YOUR_INGEST_KEY');
  }
  for (const { lines } of snippetsFor('http://h:4318', true)) expect(lines).toContain('YOUR_INGEST_KEY');
});
