import { afterEach, expect, test, vi } from 'vitest';
import { api } from './client.ts';

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, type: string, body: string): void {
  vi.stubGlobal('fetch', async () => new Response(body, { status, headers: { 'content-type': type } }));
}

test('a page of somebody else in place of the API is told as such', async () => {
  answer(200, 'text/html; charset=utf-8', '<html>Log in to the network</html>');
  await expect(api('/status')).rejects.toMatchObject({
    problem: {
      code: 'UNEXPECTED_ANSWER',
      detail: 'What answered (200, text/html) is not Breakwater: a proxy or a login page in front of it?',
    },
  });
  answer(502, 'text/html', '<html>Bad Gateway</html>');
  await expect(api('/status')).rejects.toMatchObject({
    problem: {
      title: 'The server is not available',
      detail: 'A proxy in front of it answered 502. This page tries again by itself.',
    },
  });
});

test('a problem document is shown as it is', async () => {
  answer(
    400,
    'application/problem+json',
    '{"title":"Invalid input","status":400,"detail":"limit must be …","code":"X"}',
  );
  await expect(api('/logs')).rejects.toMatchObject({ problem: { title: 'Invalid input', code: 'X' } });
});
