import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { IncidentsAnswer } from '../server/src/api/types.ts';
import { type ServerProcess, startServerProcess, temporaryFolder, waitFor } from './support/server-process.ts';

const CHROMIUM = '/usr/bin/chromium';
const SERVICES = ['gateway', 'orders', 'payments'] as const;

function attribute(key: string, value: string): { key: string; value: { stringValue: string } } {
  return { key, value: { stringValue: value } };
}

/** One failing request through three services: spans, log records, and an exception at the end of the chain. */
async function sendFailingRequest(otlpUrl: string, number: number): Promise<string> {
  const traceId = randomBytes(16).toString('hex');
  const spanIds = SERVICES.map(() => randomBytes(8).toString('hex'));
  const start = BigInt(Date.now() - 2_000) * 1_000_000n;
  const message = `Charge of order ${number} failed: the provider did not answer`;
  const post = async (signal: string, body: unknown): Promise<void> => {
    const response = await fetch(`${otlpUrl}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 200, await response.text());
  };
  await post('traces', {
    resourceSpans: SERVICES.map((service, i) => ({
      resource: { attributes: [attribute('service.name', service)] },
      scopeSpans: [
        {
          spans: [
            {
              traceId,
              spanId: spanIds[i],
              ...(i === 0 ? {} : { parentSpanId: spanIds[i - 1] }),
              name: `POST /${service}`,
              kind: 2,
              startTimeUnixNano: String(start + BigInt(i) * 20_000_000n),
              endTimeUnixNano: String(start + 1_300_000_000n - BigInt(i) * 20_000_000n),
              status: { code: 2, message },
              attributes: [attribute('http.route', `/${service}`)],
            },
          ],
        },
      ],
    })),
  });
  await post('logs', {
    resourceLogs: SERVICES.map((service, i) => ({
      resource: { attributes: [attribute('service.name', service)] },
      scopeLogs: [
        {
          logRecords: [
            {
              timeUnixNano: String(start + 1_000_000_000n),
              severityNumber: 17,
              severityText: 'ERROR',
              traceId,
              spanId: spanIds[i],
              body: { stringValue: `POST /${service} failed: ${message}` },
              attributes: [
                attribute('exception.type', 'ProviderTimeoutError'),
                attribute('exception.message', message),
                attribute(
                  'exception.stacktrace',
                  `ProviderTimeoutError: ${message}\n    at charge (/app/src/${service}/charge.ts:12:9)`,
                ),
              ],
            },
          ],
        },
      ],
    })),
  });
  return traceId;
}

const skip = existsSync(CHROMIUM) ? false : `${CHROMIUM} is missing; npm test installs it when it runs as root`;

describe('the page in Chromium', { skip, timeout: 240_000 }, () => {
  const folder = temporaryFolder();
  let server: ServerProcess;
  let browser: Browser;
  let traceId: string;
  const complaints: string[] = [];

  async function open(path: string, viewport = { width: 1_440, height: 900 }): Promise<Page> {
    const context = await browser.newContext({ viewport, baseURL: server.pageUrl });
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(`${path}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text()))
        complaints.push(`${path}: ${message.text()}`);
    });
    await page.goto(path);
    return page;
  }

  before(async () => {
    server = await startServerProcess(folder.path);
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
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
  });

  test('an empty server says where to send telemetry, and notices when some comes in', async () => {
    const page = await open('/');
    await page.getByText(server.otlpUrl).first().waitFor();
    await page
      .getByText(/waiting for/i)
      .first()
      .waitFor();
    traceId = await sendFailingRequest(server.otlpUrl, 1);
    for (let i = 2; i <= 30; i += 1) await sendFailingRequest(server.otlpUrl, i);
    await page
      .getByText(/received/i)
      .first()
      .waitFor();
    await page.context().close();
  });

  test('a log record is found by query, opened by keyboard, and leads to its trace', async () => {
    const page = await open('/logs');
    const rows = page.getByRole('listbox', { name: 'Log records' }).getByRole('option');
    await rows.first().waitFor();
    const query = page.getByRole('combobox', { name: 'Log query' });
    await query.fill(`service:payments trace:${traceId}`);
    await query.press('Enter');
    await page.waitForURL(/service/);
    await waitFor('one row', async () => ((await rows.count()) === 1 ? true : undefined));
    await rows.first().click();
    const record = page.getByRole('region', { name: 'Log record' });
    await record.getByText('ProviderTimeoutError').first().waitFor();
    await record.getByRole('link', { name: /trace/i }).first().click();
    const spans = page.getByRole('tree', { name: 'Spans' }).getByRole('treeitem');
    await spans.first().waitFor();
    for (const service of SERVICES)
      await page.getByRole('tree', { name: 'Spans' }).getByText(`POST /${service}`).first().waitFor();
    await page.context().close();
  });

  test('a query that cannot be read is explained, and the page stays', async () => {
    const page = await open('/logs');
    const query = page.getByRole('combobox', { name: 'Log query' });
    await query.fill('service:"payments');
    await query.press('Enter');
    await page.getByText(/quote/i).first().waitFor();
    await page.getByRole('link', { name: 'Traces' }).first().waitFor();
    await page.context().close();
  });

  test('the burst is an error group, an alert and an incident with a timeline', async () => {
    const incident = await waitFor(
      'the incident',
      async () => (await server.api<IncidentsAnswer>('/incidents')).incidents[0],
      60_000,
    );
    const errors = await open('/errors');
    await errors.getByText('ProviderTimeoutError').first().waitFor();
    await errors.context().close();
    const page = await open('/incidents');
    await page.locator('a[data-row]').first().click();
    await page.getByRole('heading', { name: new RegExp(`INC-${incident.number}`) }).waitFor();
    await page.getByRole('complementary', { name: 'Evidence' }).waitFor();
    await page
      .getByRole('button', { name: /acknowledge/i })
      .first()
      .click();
    await waitFor('the acknowledgement', async () => {
      const { incidents } = await server.api<IncidentsAnswer>('/incidents');
      return incidents.find((entry) => entry.id === incident.id)?.status === 'acknowledged' ? true : undefined;
    });
    await page.context().close();
  });

  test('on a phone no screen is wider than the screen', async () => {
    for (const path of [
      '/',
      '/logs',
      '/traces',
      `/traces/${traceId}`,
      '/services',
      '/errors',
      '/alerts',
      '/incidents',
      '/settings',
    ]) {
      const page = await open(path, { width: 390, height: 844 });
      await page.getByRole('navigation').first().waitFor();
      await page.waitForLoadState('networkidle');
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      assert.equal(overflow, 0, `${path} scrolls sideways by ${String(overflow)} px`);
      await page.context().close();
    }
  });

  test('nothing threw and nothing broke the content security policy', () => {
    assert.deepEqual(complaints, []);
  });
});
