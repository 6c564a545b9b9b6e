/** axe-core over every screen, wide and narrow, light and dark, with data and without. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { ErrorGroupsAnswer, IncidentsAnswer } from '../server/src/api/types.ts';
import { withoutChromium } from './support/chromium.ts';
import { pageUnderTest } from './support/page-under-test.ts';
import { waitFor } from './support/server-process.ts';

const axeSource = readFileSync(
  createRequire(new URL('../web/package.json', import.meta.url)).resolve('axe-core/axe.min.js'),
  'utf8',
);
const TRACE_ID = 'ab'.repeat(16);

/** What is wrong with what the page shows now, one line each. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
      id + ': ' + html.slice(0, 160) + ' ' + failureSummary.replace(/\\s+/g, ' ').slice(0, 200))))`);
}

async function sendFailures(otlpUrl: string): Promise<void> {
  const time = `${Date.now()}000000`;
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const resource = { attributes: [text('service.name', 'payments'), text('deployment.environment.name', 'prod')] };
  const ids = { traceId: TRACE_ID, spanId: 'cd'.repeat(8) };
  const failure = [
    text('exception.type', 'ChargeError'),
    text('exception.message', 'The charge failed'),
    text('exception.stacktrace', 'ChargeError: The charge failed\n    at charge (/app/src/charge.ts:12:9)'),
  ];
  const levels = [5, 9, 13, 17, 21];
  const logRecords = Array.from({ length: 40 }, (_, index) => ({
    ...ids,
    timeUnixNano: time,
    severityNumber: levels[index % levels.length],
    body: { stringValue: `record ${index}` },
    attributes: failure,
  }));
  const times = { startTimeUnixNano: time, endTimeUnixNano: `${BigInt(time) + 5_000_000n}` };
  const spans = [{ ...ids, ...times, name: 'POST /charges', kind: 2, status: { code: 2 } }];
  for (const [signal, body] of [
    ['logs', { resourceLogs: [{ resource, scopeLogs: [{ scope: {}, logRecords }] }] }],
    ['traces', { resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans }] }] }],
  ] as const) {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    assert.equal((await fetch(`${otlpUrl}/v1/${signal}`, init)).status, 200);
  }
}

describe('the page for those who do not see it, or not well', { skip: withoutChromium, timeout: 240_000 }, () => {
  const subject = pageUnderTest();

  async function check(paths: readonly string[], colorScheme: 'light' | 'dark', width: number): Promise<void> {
    const page = await subject.open('/settings', width);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const found: string[] = [];
    for (const path of paths) {
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      for (const line of await violations(page)) found.push(`${path} ${colorScheme} ${width}: ${line}`);
    }
    await page.context().close();
    assert.deepEqual(found, []);
  }

  test('an empty server', async () => {
    const paths = ['/logs', '/traces', '/services', '/errors', '/alerts', '/incidents', '/start', '/nowhere'];
    await check(paths, 'light', 1_440);
    await check(paths.slice(0, 4), 'dark', 390);
    assert.deepEqual(subject.complaints, []);
  });

  test('every screen with data, in both themes, on a desk and on a phone', async () => {
    await sendFailures(subject.server.otlpUrl);
    const incident = await waitFor(
      'an incident',
      async () => (await subject.server.api<IncidentsAnswer>('/incidents')).incidents[0],
    );
    const [group] = (await subject.server.api<ErrorGroupsAnswer>('/error-groups')).groups;
    const { rows } = await subject.server.api<{ rows: { id: string; timeUnixNano: string }[] }>('/logs?limit=1');
    const paths = [
      '/logs',
      `/logs?query=levle:x`,
      `/logs?row=${rows[0]?.timeUnixNano}.${rows[0]?.id}`,
      '/traces',
      `/traces/${TRACE_ID}?span=${'cd'.repeat(8)}`,
      '/services',
      '/errors',
      `/errors/${group?.id}`,
      '/alerts',
      '/alerts?tab=rules',
      '/alerts?tab=receivers',
      '/alerts/rules/new',
      '/incidents',
      `/incidents/${incident.id}`,
      '/settings',
    ];
    await check(paths, 'light', 1_440);
    await check(paths, 'dark', 1_440);
    await check(paths, 'light', 390);
    assert.deepEqual(subject.complaints, []);
  });
});
