import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { IncidentsAnswer, LogsPage } from '../server/src/api/types.ts';
import { withoutChromium } from './support/chromium.ts';
import { pageUnderTest } from './support/page-under-test.ts';
import { waitFor } from './support/server-process.ts';

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

/** Errors of a service that has nothing to do with the others. */
async function sendErrors(otlpUrl: string, service: string): Promise<void> {
  const timeUnixNano = String(BigInt(Date.now() - 1_000) * 1_000_000n);
  const type = `${service}Error`;
  const record = {
    ...{ timeUnixNano, severityNumber: 17, body: { stringValue: `${service} failed` } },
    attributes: [attribute('exception.type', type), attribute('exception.message', `${service} failed`)],
  };
  const response = await fetch(`${otlpUrl}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceLogs: [
        {
          resource: { attributes: [attribute('service.name', service)] },
          scopeLogs: [{ logRecords: Array.from({ length: 20 }, () => record) }],
        },
      ],
    }),
  });
  assert.equal(response.status, 200, await response.text());
}

describe('the page in Chromium', { skip: withoutChromium, timeout: 240_000 }, () => {
  const subject = pageUnderTest();
  const { open } = subject;
  let traceId: string;

  test('an empty server says where to send telemetry, and notices when some comes in', async () => {
    const page = await open('/');
    await page.getByText(subject.server.otlpUrl).first().waitFor();
    await page
      .getByText(/waiting for/i)
      .first()
      .waitFor();
    traceId = await sendFailingRequest(subject.server.otlpUrl, 1);
    for (let i = 2; i <= 30; i += 1) await sendFailingRequest(subject.server.otlpUrl, i);
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

  test('the context of a record in a busy second holds the record', async () => {
    const start = Date.now() - 20_000;
    const logRecords = Array.from({ length: 800 }, (_, index) => ({
      timeUnixNano: `${start + index * 10}000000`,
      severityNumber: 9,
      body: { stringValue: `busy ${index}` },
    }));
    const response = await fetch(`${subject.server.otlpUrl}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceLogs: [{ resource: { attributes: [attribute('service.name', 'busy')] }, scopeLogs: [{ logRecords }] }],
      }),
    });
    assert.equal(response.status, 200, await response.text());
    const window = `from=${start + 2_000}&to=${start + 2_001}`;
    const { rows } = await subject.server.api<LogsPage>(`/logs?query=service:busy&${window}`);
    assert.equal(rows[0]?.body, 'busy 200');
    const page = await open(`/logs?row=${rows[0].timeUnixNano}.${rows[0].id}&tab=context`);
    const panel = page.getByRole('tabpanel');
    await panel.getByText('busy 200').waitFor();
    assert.match(await panel.locator('[aria-current=true]').innerText(), /busy 200$/);
    // As many on either side.
    assert.deepEqual(await Promise.all(['busy 350', 'busy 51'].map((text) => panel.getByText(text).count())), [1, 1]);
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
      async () => (await subject.server.api<IncidentsAnswer>('/incidents')).incidents[0],
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
      const { incidents } = await subject.server.api<IncidentsAnswer>('/incidents');
      return incidents.find((entry) => entry.id === incident.id)?.status === 'acknowledged' ? true : undefined;
    });
    await page.context().close();
  });

  test('an incident resolved by hand while its alerts fire says when it opens again', async () => {
    const [incident] = (await subject.server.api<IncidentsAnswer>('/incidents')).incidents;
    assert.ok(incident);
    assert.ok(incident.firingCount > 0);
    const page = await open(`/incidents/${incident.id}`);
    await page.getByRole('button', { name: 'Resolve' }).click();
    await page.getByText(/Resolved by hand, but .* this incident opens again/).waitFor();
    await page.getByRole('button', { name: 'Merge' }).click();
    const dialog = page.getByRole('dialog', { name: `Merge INC-${incident.number}` });
    await dialog.getByText('There is no incident to merge with').waitFor();
    await page.context().close();
  });

  test('a newer incident is merged into an older one by hand, and leads there', async () => {
    // The rules have not forgotten the burst: two services of their own, which no trace connects.
    for (const service of ['billing', 'mail']) await sendErrors(subject.server.otlpUrl, service);
    // By their services: an alert of the burst that fires only after its incident was resolved opens one of its own.
    const openOnes = async () =>
      (await subject.server.api<IncidentsAnswer>('/incidents?status=open')).incidents.filter(({ services }) =>
        services.some((service) => service === 'billing' || service === 'mail'),
      );
    const [newer, older] = await waitFor(
      'two more incidents',
      async () => {
        const found = await openOnes();
        return found.length === 2 ? found : undefined;
      },
      60_000,
    );
    assert.ok(newer !== undefined && older !== undefined);
    const page = await open(`/incidents/${newer.id}`);
    await page.getByRole('button', { name: 'Merge' }).click();
    await page.getByRole('button', { name: `INC-${newer.number} becomes part of INC-${older.number}` }).click();
    await page.waitForURL(new RegExp(older.id));
    await page.getByText(/became part of this incident/).waitFor();
    await page.getByRole('link', { name: new RegExp(`^INC-${newer.number}: `) }).click();
    await page.getByText('This incident is part of').waitFor();
    await page.context().close();
    assert.equal((await openOnes()).length, 1);
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
      const page = await open(path, 390);
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
    assert.deepEqual(subject.complaints, []);
  });
});
