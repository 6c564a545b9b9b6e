/** What a sender can write must not run in the page, nor push it out of its frame; and the page outlives the server. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { AlertRule, ErrorGroupsAnswer, IncidentsAnswer, LogsPage } from '../server/src/api/types.ts';
import { withoutChromium } from './support/chromium.ts';
import { pageUnderTest } from './support/page-under-test.ts';
import { startServerProcess, waitFor } from './support/server-process.ts';

const HOSTILE = `<img src=x onerror="document.title='PWNED'"><script>document.title='PWNED'</script>"'{{7*7}}`;
/** Characters that turn a text around or show nothing: controls of direction, C1, zero width, an escape sequence. */
const HIDDEN = '\u202E\u2066\u200F\u061C\u0085\u200B\u001B[31m';
/** No place to break a line at. */
const LONG = `${HOSTILE}${HIDDEN}${'w'.repeat(180)}`;
/** Finds those that are in no box of their own: in texts, and in what only a pointer or a screen reader shows. */
const BARE_HIDDEN = `(() => {
  const hidden = /[\\u202A-\\u202E\\u2066-\\u2069\\u200B-\\u200F\\u061C\\u0080-\\u009F\\u001B]/;
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement, data } = texts.currentNode;
    if (hidden.test(data) && !parentElement.closest('.hidden-character, .query-layer'))
      found.push(parentElement.outerHTML.slice(0, 200));
  }
  for (const element of document.querySelectorAll('[title], [aria-label], [placeholder]'))
    for (const name of ['title', 'aria-label', 'placeholder'])
      if (hidden.test(element.getAttribute(name) ?? '')) found.push(name + ' of ' + element.outerHTML.slice(0, 200));
  return found;
})()`;
const TRACE_ID = '1f'.repeat(16);

const attributes = (values: Record<string, string>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));

async function sendHostile(otlpUrl: string): Promise<void> {
  const time = `${Date.now()}000000`;
  const resource = { attributes: attributes({ 'service.name': LONG, 'deployment.environment.name': LONG }) };
  const exception = attributes({
    [LONG]: LONG,
    'exception.type': LONG,
    'exception.message': LONG,
    'exception.stacktrace': `${LONG}\n    at ${LONG} (/app/${LONG}.js:1:2)`,
  });
  const ids = { traceId: TRACE_ID, spanId: '2f'.repeat(8) };
  const scope = { name: LONG, version: LONG };
  const log = { ...ids, timeUnixNano: time, severityNumber: 17, severityText: LONG, eventName: LONG };
  const span = { ...ids, name: LONG, kind: 2, startTimeUnixNano: time, endTimeUnixNano: time };
  const events = ['exception', LONG].map((name) => ({ timeUnixNano: time, name, attributes: exception }));
  const logRecords = [{ ...log, body: { stringValue: LONG }, attributes: exception }];
  const spans = [{ ...span, status: { code: 2, message: LONG }, attributes: exception, events }];
  const dataPoints = [{ timeUnixNano: time, asDouble: 1, attributes: attributes({ [LONG]: LONG }) }];
  const metrics = [{ name: LONG, description: LONG, unit: LONG, gauge: { dataPoints } }];
  for (const [signal, body] of [
    ['logs', { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] }],
    ['traces', { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }],
    ['metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] }],
  ] as const) {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${otlpUrl}/v1/${signal}`, init);
    assert.equal(response.status, 200, await response.text());
  }
}

describe('the page and hostile telemetry', { skip: withoutChromium, timeout: 240_000 }, () => {
  const subject = pageUnderTest();
  const { open } = subject;
  let rule: AlertRule;

  before(async () => {
    const { server } = subject;
    const input = { name: HOSTILE, windowSeconds: 600, forSeconds: 0, cooldownSeconds: 0, severity: 'high' };
    const condition = { kind: 'log_count', query: '', threshold: 1 };
    const runbookUrl = 'https://runbooks.example/<img src=x>';
    const body = { ...input, condition, enabled: true, runbookUrl };
    rule = await server.api<AlertRule>('/alert-rules', { method: 'POST', body });
    const receiver = { name: HOSTILE, type: 'webhook', enabled: false, url: `http://127.0.0.1:1/${HOSTILE}` };
    await server.api('/receivers', { method: 'POST', body: receiver });
    await sendHostile(server.otlpUrl);
  });

  test('nothing of it runs, and no screen is wider than the window', async () => {
    const incident = await waitFor('the incident', async () => {
      const { incidents } = await subject.server.api<IncidentsAnswer>('/incidents');
      return incidents[0];
    });
    await subject.server.api(`/incidents/${incident.id}/notes`, { method: 'POST', body: { text: LONG } });
    const { groups } = await subject.server.api<ErrorGroupsAnswer>('/error-groups');
    assert.ok(groups.length > 0);
    for (const width of [1_440, 390]) {
      for (const path of [
        '/logs',
        '/traces',
        `/traces/${TRACE_ID}`,
        '/services',
        '/errors',
        ...groups.map(({ id }) => `/errors/${id}`),
        '/alerts',
        '/alerts?tab=rules',
        '/alerts?tab=receivers',
        `/alerts/rules/${rule.id}`,
        '/incidents',
        `/incidents/${incident.id}`,
      ]) {
        const page = await open(path, width);
        await page.waitForLoadState('networkidle');
        // A rule's name is in a box, not in the text.
        const shown =
          "document.body.innerText + [...document.querySelectorAll('input')].map((box) => box.value).join()";
        await waitFor(`the hostile text on ${path}`, async () =>
          (await page.evaluate<string>(shown)).includes('<img src=x') ? true : undefined,
        );
        assert.equal(await page.locator('img[src="x"]').count(), 0, path);
        assert.doesNotMatch(await page.title(), /PWNED$/, path);
        // The document, and what scrolls inside of it; a code block may scroll by itself.
        const wide = await page.evaluate(`[document.documentElement, ...document.querySelectorAll('main, main *')]
          .filter((box) => box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 300)
          .filter((box) => box === document.documentElement || /auto|scroll/.test(getComputedStyle(box).overflowX))
          .filter((box) => !box.matches('pre, [role=tablist]') && !box.querySelector(':scope > pre'))
          .map((box) => box.tagName + '.' + box.className + ' ' + box.scrollWidth + ' > ' + box.clientWidth)`);
        assert.deepEqual(wide, [], `${path} at ${width}`);
        assert.deepEqual(await page.evaluate(BARE_HIDDEN), [], `${path} at ${width}`);
        await page.context().close();
      }
    }
    assert.deepEqual(subject.complaints, []);
  });

  test('hidden characters are boxes with their numbers, text keeps its direction, and a copy is the original', async () => {
    const page = await open(`/logs?query=${encodeURIComponent('level:error')}`, 1_440);
    const rows = page.getByRole('listbox', { name: 'Log records' }).getByRole('option');
    await rows.first().click();
    const message = page.getByRole('region', { name: 'Log record' }).locator('pre').first();
    await message.locator('.hidden-character').first().waitFor();
    assert.equal(
      await message.locator('.hidden-character').first().getAttribute('data-codes'),
      'U+202E U+2066 U+200F +4',
    );
    // Where letters stand on one line: the box behind what was before it, the rest from left to right.
    const [before, box, third, fourth] = await page.evaluate<number[]>(`(() => {
      const middle = (node, at) => {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const { left, right } = range.getBoundingClientRect();
        return (left + right) / 2;
      };
      document.querySelector('pre').style.whiteSpace = 'pre';
      const box = document.querySelector('pre .hidden-character');
      const { left, right } = box.getBoundingClientRect();
      const next = box.nextSibling;
      return [middle(box.previousSibling, box.previousSibling.length - 1), (left + right) / 2, middle(next, 6), middle(next, 7)];
    })()`);
    assert.ok(before! < box! && box! < third! && third! < fourth!, `${before} ${box} ${third} ${fourth}`);
    const copied = await page.evaluate<string>(`(() => {
      getSelection().selectAllChildren(document.querySelector('pre'));
      return getSelection().toString();
    })()`);
    assert.equal(copied, LONG);
    await page.evaluate("document.querySelector('pre').append('\\u202E')");
    assert.equal((await page.evaluate<string[]>(BARE_HIDDEN)).length, 1, 'the check of the other pages finds one');
    await page.context().close();
  });

  test('a page that is open when the server is killed says so, and goes on when it is back', async () => {
    const page = await open('/logs', 1_440);
    await page.getByText('Connected', { exact: true }).waitFor();
    const loaded = "performance.getEntriesByType('resource').some(({ name }) => name.includes('services-screen'))";
    await waitFor('the other screens', async () => ((await page.evaluate<boolean>(loaded)) ? true : undefined));
    await page.waitForLoadState('networkidle');
    const { port } = new URL(subject.server.pageUrl);
    await subject.server.kill();
    await page.getByText('Offline', { exact: true }).waitFor({ timeout: 30_000 });
    // A screen that was not opened before: it was loaded all the same.
    await page.getByRole('link', { name: 'Services' }).click();
    await page.getByRole('heading', { name: 'The server does not answer' }).waitFor();
    subject.server = await startServerProcess(subject.dataDir, ['--port', port]);
    await page.getByText('Connected', { exact: true }).waitFor({ timeout: 30_000 });
    const { rows } = await subject.server.api<LogsPage>('/logs');
    assert.equal(rows.length, 1);
    await page.context().close();
  });
});
