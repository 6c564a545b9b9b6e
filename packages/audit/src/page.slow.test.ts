import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildTrail, type Files, sourceOf } from '../scripts/fixture.ts';
import { buildPage } from '../scripts/page.ts';
import { generateSigner } from './note.ts';
import { createProofFile } from './proof-file.ts';

const CHROMIUM = '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not there`;

describe('the page that verifies offline', { skip, timeout: 120_000 }, () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  const requests: string[] = [];
  const signer = generateSigner('audit.example.com/page');
  const entries = Array.from({ length: 600 }, (_, i) =>
    Buffer.from(JSON.stringify({ type: 'authentication', time: '2026-11-25T00:00:00.000Z', id: i })),
  );
  const files = buildTrail(entries, signer);

  async function save(name: string, content: Files): Promise<string> {
    for (const [path, bytes] of content) {
      await mkdir(dirname(join(folder, name, path)), { recursive: true });
      await writeFile(join(folder, name, path), bytes);
    }
    return join(folder, name);
  }
  async function verify(directory: string, earlier: string[] = []): Promise<string> {
    await page.reload();
    await page.fill('#key', String(signer.verifier));
    await page.setInputFiles('#folder', directory);
    await page.setInputFiles('#earlier', earlier);
    await page.click('#verify');
    await page.locator('#report:not(:empty)').waitFor();
    return (await page.textContent('#report')) ?? '';
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bw-audit-page-'));
    const html = join(folder, 'verify.html');
    await writeFile(html, await buildPage());
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    const context = await browser.newContext({ offline: true });
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => requests.push(`console: ${message.text()}`));
    await page.goto(String(pathToFileURL(html)));
  });
  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  test('R80: it finds an intact trail intact, and what was changed', async () => {
    assert.match(await verify(await save('good', files)), /the trail is intact[\s\S]*one by one: 600/);
    const bundle = Buffer.from(files.get('tile/entries/001')!).toString('latin1').replace('"id":300', '"id":900');
    const changed = new Map([...files, ['tile/entries/001', Buffer.from(bundle, 'latin1')]]);
    assert.match(await verify(await save('bad', changed)), /NOT intact[\s\S]*as it was signed: 300/);
    const kept = join(folder, 'kept');
    await writeFile(kept, files.get('checkpoint')!);
    const short = await save('short', buildTrail(entries.slice(0, 400), signer));
    assert.match(await verify(short, [kept]), /NOT intact[\s\S]*shorter than it was/);
  });

  test('R80: it checks a proof file', async () => {
    const proof = join(folder, 'entry.tlog-proof');
    await writeFile(proof, await createProofFile(sourceOf(files), 300));
    await page.reload();
    await page.fill('#key', String(signer.verifier));
    await page.setInputFiles('#proof', proof);
    await page.click('#verify');
    await page.locator('#report:not(:empty)').waitFor();
    assert.match((await page.textContent('#report')) ?? '', /^Proved\. .*index 300/);
  });

  test('R81: it asks for nothing but itself, and its policy forbids the rest', async () => {
    assert.ok(requests.length > 0);
    assert.deepEqual(
      requests.filter((url) => !url.startsWith('file:')),
      [],
    );
    const html = await readFile(join(folder, 'verify.html'), 'utf8');
    assert.match(html, /default-src 'none'/);
    assert.ok(
      !/https?:\/\/(?!c2sp\.org|schema)/.test(html.replaceAll(/https:\/\/[a-z.]*example[a-z./]*/g, '')),
      'no address in the page',
    );
    const blocked = await page.evaluate(() =>
      fetch('data:text/plain,x').then(
        () => 'sent',
        () => 'blocked',
      ),
    );
    assert.equal(blocked, 'blocked');
  });
});
