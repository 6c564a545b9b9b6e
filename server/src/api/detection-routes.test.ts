import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createDetector } from '../detector.ts';
import { createErrorGroups } from '../errors/groups.ts';
import { openState } from '../state/state.ts';
import { emptyStore, startTestApi, type TestApi } from './testing/api-server.ts';
import type { AlertRule, AlertRulesAnswer, Receiver, ReceiversAnswer } from './types.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** The real detector and groups, over an empty store. */
async function withDetection(run: (api: TestApi) => Promise<void>): Promise<void> {
  const state = openState(':memory:');
  const store = emptyStore();
  const groups = createErrorGroups({ state, store, log: () => {} });
  const detector = createDetector({ state, store, log: () => {} });
  const api = await startTestApi({ store, groups, detector });
  try {
    await run(api);
  } finally {
    await api.stop();
    await detector.stop();
    state.close();
  }
}

test('alert rules are created, replaced and removed', () =>
  withDetection(async (api) => {
    const input = {
      ...{ name: 'Many warnings', condition: { kind: 'log_count', query: 'level:warn', threshold: 5 }, enabled: true },
      ...{ windowSeconds: 60, forSeconds: 0, cooldownSeconds: 60, severity: 'low', runbookUrl: '' },
    };
    const send = (method: string, path: string, body?: unknown) =>
      api.send(method, `/api/v1${path}`, body === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(body) });
    const created = await send('POST', '/alert-rules', input);
    assert.equal(created.status, 201, created.text);
    const { id } = created.json<AlertRule>();
    const replaced = await send('PUT', `/alert-rules/${id}`, { ...input, name: 'Few warnings' });
    assert.equal(replaced.json<AlertRule>().name, 'Few warnings');
    assert.equal((await api.get<AlertRule>(`/alert-rules/${id}`)).name, 'Few warnings');
    assert.equal((await send('DELETE', `/alert-rules/${id}`)).status, 204);
    assert.equal((await send('GET', `/alert-rules/${id}`)).json()['code'], 'NOT_FOUND');
    const { rules } = await api.get<AlertRulesAnswer>('/alert-rules');
    assert.ok(rules.length > 0 && rules.every((rule) => rule.id !== id));

    const refused = await send('POST', '/alert-rules', {
      ...input,
      condition: { ...input.condition, query: 'level:wran' },
    });
    assert.equal(refused.status, 400);
    assert.equal(refused.json()['code'], 'INVALID_INPUT');
  }));

test('no answer about a receiver holds its secret', () =>
  withDetection(async (api) => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const body = JSON.stringify({ name: 'hook', type: 'webhook', enabled: false, url: 'http://127.0.0.1:9/', secret });
    const created = await api.send('POST', '/api/v1/receivers', { headers: JSON_TYPE, body });
    assert.equal(created.status, 201, created.text);
    const listed = await api.send('GET', '/api/v1/receivers');
    assert.equal(listed.json<ReceiversAnswer>().receivers[0]!.secretSet, true);
    assert.ok(!created.text.includes(secret) && !listed.text.includes(secret));
    const { id } = created.json<Receiver>();
    assert.equal((await api.send('DELETE', `/api/v1/receivers/${id}`)).status, 204);
    assert.equal((await api.send('POST', `/api/v1/receivers/${id}/test`)).status, 404);
  }));

test('lists are checked, and what is not there is a 404', () =>
  withDetection(async (api) => {
    const statusOf = async (method: string, path: string, body?: string): Promise<number> =>
      (await api.send(method, `/api/v1${path}`, body === undefined ? {} : { headers: JSON_TYPE, body })).status;
    for (const path of [
      '/alerts',
      '/alerts?state=firing&limit=5',
      '/incidents?status=open',
      '/error-groups?status=open&sort=count&search=x',
    ]) {
      assert.equal(await statusOf('GET', path), 200, path);
    }
    for (const path of [
      '/alerts?state=loud',
      '/incidents?status=bad',
      '/error-groups?sort=best',
      '/error-groups/xyz',
      '/alerts?limit=0',
    ]) {
      assert.equal(await statusOf('GET', path), 400, path);
    }
    for (const path of ['/incidents/none', '/error-groups/0123456789abcdef'])
      assert.equal(await statusOf('GET', path), 404, path);
    assert.equal(await statusOf('POST', '/incidents/none/acknowledge'), 404);
    assert.equal(await statusOf('POST', '/incidents/none/merge', '{"into":"x"}'), 404);
    assert.equal(await statusOf('POST', '/incidents/none/merge', '7'), 400);
    assert.equal(await statusOf('POST', '/incidents/none/notes', '{"text":"x"}'), 404);
    assert.equal(await statusOf('POST', '/incidents/none/notes', '7'), 400);
    assert.equal(await statusOf('PATCH', '/error-groups/0123456789abcdef', '{"status":"gone"}'), 400);
  }));

test('the faults of the demo shop are passed through', async () => {
  const seen: string[] = [];
  const shop = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${body}`);
      if (request.url === '/faults/none') response.writeHead(404).end();
      else if (request.url === '/faults/broken') response.writeHead(200).end('not JSON');
      else response.writeHead(200).end('{"faults":[]}');
    });
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  const api = await startTestApi({ demoUrl: `http://127.0.0.1:${(shop.address() as AddressInfo).port}/` });
  const put = (name: string) =>
    api.send('PUT', `/api/v1/demo/faults/${name}`, { headers: JSON_TYPE, body: '{"enabled":true}' });
  try {
    assert.deepEqual(await api.get('/demo/faults'), { faults: [] });
    assert.equal((await put('slow%20db%2F..')).status, 200);
    assert.equal((await put('none')).status, 404);
    assert.equal((await put('broken')).json()['code'], 'DEMO_UNAVAILABLE');
    assert.deepEqual(seen.slice(0, 2), ['GET /faults ', 'PUT /faults/slow%20db%2F.. {"enabled":true}']);
    shop.closeAllConnections();
    await new Promise((resolve) => shop.close(resolve));
    const gone = await api.send('GET', '/api/v1/demo/faults');
    assert.equal(gone.status, 503);
    assert.equal(gone.json()['code'], 'DEMO_UNAVAILABLE');
  } finally {
    await api.stop();
    if (shop.listening) await new Promise((resolve) => shop.close(resolve));
  }
});
