// `npm run screenshots`: starts the server and the demo shop, waits for the first incident, and takes the pictures of
// the README into docs/images. Needs Chromium, which `npm test` installs.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, root, step } from './setup.mjs';

const PORT = 4400;
const images = join(root, 'docs', 'images');

ensureInstalled('all');
const { chromium } = await import('playwright-core');
const data = mkdtempSync(join(tmpdir(), 'breakwater-screenshots-'));
const started = spawn(
  process.execPath,
  [join(root, 'scripts', 'start.mjs'), '--port', String(PORT), '--otlp-port', '4401', '--data', data],
  {
    env: { ...process.env, SHOP_PORT: '4402', SHOP_CONTROL_PORT: '4403' },
    stdio: ['ignore', 'ignore', 'inherit'],
  },
);
const ended = new Promise((resolve) => started.once('exit', resolve));
try {
  step('Waiting for the first incident');
  const incident = await until(async () => (await get('/incidents')).incidents[0]);
  // The incident page shows more once every service's alerts have joined.
  await until(async () => ((await get('/incidents')).incidents[0].alertCount >= 8 ? true : undefined));
  const range = `from=${Date.now() - 600_000}&to=${Date.now() + 60_000}`;
  const failed = await get(`/traces?${range}&limit=50&query=${encodeURIComponent('status:error service:payments')}`);
  const trace = failed.traces.find((entry) => entry.services.length === 3);
  await take([
    { name: 'logs', path: '/logs?range=5m' },
    { name: 'trace', path: `/traces/${trace.traceId}` },
    { name: 'errors', path: '/errors' },
    { name: 'incident', path: `/incidents/${incident.id}` },
  ]);
} finally {
  started.kill('SIGINT');
  await ended;
  rmSync(data, { recursive: true, force: true });
}

async function take(shots) {
  mkdirSync(images, { recursive: true });
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme });
    const page = await context.newPage();
    for (const { name, path } of shots) {
      step(`${name}, ${colorScheme}`);
      await page.goto(`http://127.0.0.1:${PORT}${path}`);
      await page.waitForLoadState('networkidle');
      await page.screenshot({ path: join(images, `${name}-${colorScheme}.png`) });
    }
    await context.close();
  }
  await browser.close();
}

async function get(path) {
  const response = await fetch(`http://127.0.0.1:${PORT}/api/v1${path}`);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

async function until(probe, timeoutMs = 180_000) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe().catch(() => undefined);
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error('Nothing came of it within three minutes');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
