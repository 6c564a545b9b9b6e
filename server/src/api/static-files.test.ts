import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { startTestApi, type TestApi } from './testing/api-server.ts';

let folder: string;
let api: TestApi;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bw-static-'));
  const page = join(folder, 'dist');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  writeFileSync(join(page, '.hidden'), 'hidden');
  writeFileSync(join(page, 'index.html'), '<!doctype html>page');
  writeFileSync(join(page, 'favicon.svg'), '<svg/>');
  writeFileSync(join(page, 'assets', 'app-1a2b.js'), 'let app;');
  writeFileSync(join(page, 'assets', 'app-1a2b.js.br'), brotliCompressSync('let app;'));
  writeFileSync(join(page, 'assets', 'old.js'), 'let fresh;');
  writeFileSync(join(page, 'assets', 'old.js.br'), brotliCompressSync('let stale;'));
  utimesSync(join(page, 'assets', 'old.js.br'), 1, 1);
  api = await startTestApi({ staticDir: page });
});

after(async () => {
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the page is served for every path that it routes itself', async () => {
  for (const path of ['/', '/logs', '/traces/abc?x=1', '/incidents/12', '/assets']) {
    const answer = await api.send('GET', path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.text, '<!doctype html>page');
    assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(answer.headers['cache-control'], 'no-cache');
    assert.match(String(answer.headers['content-security-policy']), /frame-ancestors 'none'/);
  }
});

test('files with a hash in the name are cached for ever, others are asked for anew', async () => {
  const asset = await api.send('GET', '/assets/app-1a2b.js');
  assert.equal(asset.text, 'let app;');
  assert.equal(asset.headers['content-type'], 'text/javascript; charset=utf-8');
  assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable');
  const icon = await api.send('GET', '/favicon.svg');
  assert.equal(icon.headers['cache-control'], 'no-cache');
  const again = await api.send('GET', '/favicon.svg', { headers: { 'if-none-match': String(icon.headers['etag']) } });
  assert.equal(again.status, 304);
  assert.equal(again.text, '');
  const head = await api.send('HEAD', '/favicon.svg');
  assert.equal(head.headers['content-length'], '6');
  assert.equal(head.text, '');
});

test('a packed file is sent to those who take it, unless it is older than the file', async () => {
  const encodingOf = async (path: string, accepted: string): Promise<string | undefined> =>
    (await api.send('GET', path, { headers: { 'accept-encoding': accepted } })).headers['content-encoding'];
  assert.equal(await encodingOf('/assets/app-1a2b.js', 'gzip, deflate, br'), 'br');
  assert.equal(await encodingOf('/assets/app-1a2b.js', 'gzip'), undefined);
  assert.equal(await encodingOf('/assets/app-1a2b.js', 'br;q=0, gzip'), undefined);
  assert.equal(await encodingOf('/assets/old.js', 'br'), undefined);
});

test('nothing outside the folder and nothing hidden is served', async () => {
  const paths = [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
  ];
  const malformed = [
    '/.hidden',
    '/assets/.hidden',
    '/%00.txt',
    '/%ff.txt',
    '/..%5csecret.txt',
    '/missing.js',
    '/assets/missing.js',
  ];
  for (const path of [...paths, ...malformed, `/${'a'.repeat(5_000)}.js`]) {
    const answer = await api.send('GET', path);
    assert.equal(answer.status, 404, path);
    assert.ok(!answer.text.includes('outside') && !answer.text.includes('hidden'));
  }
  assert.equal((await api.send('POST', '/')).status, 405);
});

test('a page that is not built is told, with what to do', async () => {
  const bare = await startTestApi({ staticDir: join(folder, 'nowhere') });
  const answer = await bare.send('GET', '/logs');
  await bare.stop();
  assert.equal(answer.status, 503);
  assert.match(answer.text, /npm start/);
  assert.equal(answer.headers['cache-control'], 'no-store');
});
