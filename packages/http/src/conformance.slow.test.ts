import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createRandom } from '@breakwater/testing';
import { apps } from './conformance/apps.ts';
import { type RawResponse, send } from './conformance/raw-client.ts';
import { CANARY, startAll } from './conformance/scenarios.ts';
import { parseTraceparent } from './correlation.ts';

const all = await startAll(apps);
after(() => Promise.all(all.map(({ app }) => app.close())));

const IDS = {
  'x-correlation-id': 'c-1',
  'x-request-id': 'r-1',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};
const COMPARED = [
  'content-type',
  'content-length',
  'content-language',
  'cache-control',
  'retry-after',
  'ratelimit',
  'x-correlation-id',
  'x-request-id',
  'x-internal',
  'x-powered-by',
  'etag',
];

function compared(response: RawResponse): unknown {
  const headers = Object.fromEntries(COMPARED.map((name) => [name, response.headers[name]]));
  return { status: response.status, reason: response.reason, headers, body: response.body };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

const json = { 'content-type': 'application/json' };
const refused: readonly [string, string, Parameters<typeof send>[2], number][] = [
  ['a bug', '/throws', {}, 500],
  ['a rejection', '/rejects', {}, 503],
  ['a thrown text', '/throws-text', {}, 500],
  ['a business error with public parameters', '/declined', {}, 402],
  ['a transient error with a time to wait', '/busy', {}, 503],
  ['an error after headers were set', '/leaky', {}, 500],
  ['no route', '/nothing-here?a=1', {}, 404],
  ['no route, in German', '/nothing-here', { headers: { 'accept-language': 'de-AT, en;q=0.5' } }, 404],
  ['a body that is not JSON', '/echo', { method: 'POST', headers: json, body: '{"a":' }, 400],
  ['a body that is too large', '/echo', { method: 'POST', headers: json, body: JSON.stringify('x'.repeat(2000)) }, 413],
  ['a guard that throws', '/guard/throws', {}, 403],
  ['a guard that rejects', '/guard/rejects', {}, 500],
];

for (const [what, path, options, status] of refused) {
  test(`H1 H5 H6 ${what}: five times the same bytes, a problem document, nothing internal`, async () => {
    const answers: RawResponse[] = [];
    for (const { app } of all)
      answers.push(await send(app.port, path, { ...options, headers: { ...options?.headers, ...IDS } }));
    answers.forEach((answer, index) => {
      assert.deepEqual(compared(answer), compared(answers[0]!), all[index]!.name);
      assert.equal(answer.status, status, all[index]!.name);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
      assert.equal(answer.headers['x-internal'], undefined);
      const problem = JSON.parse(answer.body) as { status: number; correlationId: string };
      assert.equal(problem.status, status);
      assert.equal(problem.correlationId, 'c-1');
      assert.ok(
        !(answer.reason + answer.body + answer.rawHeaders.join('\n')).includes(CANARY),
        'the canary left the service',
      );
    });
  });
}

test("H5 the frameworks' own exceptions keep their status", async () => {
  for (const { app, name } of all) {
    const answer = await send(app.port, '/own', { headers: IDS });
    assert.deepEqual([answer.status, (JSON.parse(answer.body) as { code: string }).code], [403, 'FORBIDDEN'], name);
    assert.ok(!answer.body.includes(CANARY), name);
  }
});

test('H1 a guard may answer itself, and what it adds is on every response', async () => {
  for (const { app, name } of all) {
    const answer = await send(app.port, '/guard/answers', { headers: IDS });
    assert.deepEqual([answer.status, answer.body], [203, '{"by":"guard"}'], name);
    assert.equal((await send(app.port, '/ok')).headers['ratelimit'], '"default";r=4;t=1', name);
    assert.equal((await send(app.port, '/throws')).headers['ratelimit'], '"default";r=4;t=1', name);
  }
});

test('H2 H3 ids are taken over, echoed and in the context, also behind a parsed body; the trace goes on with a new span', async () => {
  for (const { app, name } of all) {
    const answer = await send(app.port, '/context', { headers: IDS });
    assert.deepEqual(
      JSON.parse(answer.body),
      { correlationId: 'c-1', requestId: 'r-1', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
      name,
    );
    const trace = parseTraceparent(answer.headers['traceparent'] as string);
    assert.equal(trace?.traceId, '4bf92f3577b34da6a3ce929d0e0e4736', name);
    assert.notEqual(trace?.parentId, '00f067aa0ba902b7', name);
    const echoed = await send(app.port, '/echo', { method: 'POST', headers: { ...json, ...IDS }, body: '{"a":1}' });
    assert.deepEqual(JSON.parse(echoed.body), { body: { a: 1 }, correlationId: 'c-1' }, name);
  }
});

test('H4 records: started and completed, failed with the error, aborted when the client leaves', async () => {
  for (const { app, edge, sink, name } of all) {
    await until(() => edge.active === 0);
    sink.clear();
    await send(app.port, '/ok?q=1', { headers: { ...IDS, 'user-agent': 'test/1' } });
    await send(app.port, '/throws', { headers: IDS });
    const leaving = request({ host: '127.0.0.1', port: app.port, path: '/hangs', headers: IDS });
    leaving.on('error', () => {
      // Leaving is the point.
    });
    leaving.end();
    await until(() => edge.active === 1);
    leaving.destroy();
    await until(() => edge.active === 0);
    const records = sink.records();
    assert.deepEqual(
      records.map((record) => record.eventName),
      [
        'http.request.started',
        'http.request.completed',
        'http.request.started',
        'http.request.failed',
        'http.request.started',
        'http.request.aborted',
      ],
      name,
    );
    const [, completed, , failed, , aborted] = records;
    // No framework's idea of what the answer would have been.
    assert.equal(aborted!.attributes['http.response.status_code'], undefined, name);
    assert.equal(completed!.attributes['url.path'], '/ok', name);
    assert.equal(completed!.attributes['url.query'], 'q=1', name);
    assert.equal(completed!.attributes['http.response.status_code'], 200, name);
    assert.equal(completed!.attributes['user_agent.original'], 'test/1', name);

    assert.equal(typeof completed!.attributes['http.server.request.duration'], 'number', name);
    assert.equal(failed!.attributes['exception.type'], 'Error', name);
    for (const record of records) assert.equal(record.attributes['breakwater.correlation_id'], 'c-1', name);
  }
});

test('H3 fuzzed headers never give a 5xx nor an invalid header, and hostile ids are replaced', async () => {
  const random = createRandom(5);
  const letters = [
    'a',
    'Z',
    '9',
    '-',
    ':',
    ',',
    ' ',
    '"',
    ';',
    '%0d%0a',
    '<',
    '\\',
    '\t',
    '\u00e9',
    '\u00ff',
    '\u0080',
    '{{',
    '0',
    'tier=',
    '%ff',
  ];
  const names = [
    'x-correlation-id',
    'x-request-id',
    'traceparent',
    'accept-language',
    'x-forwarded-for',
    'x-request-timeout-ms',
    'user-agent',
    'content-type',
    'idempotency-key',
    'tracestate',
    'baggage',
  ];
  const text = (): string => {
    let out = '';
    const length = random() < 0.1 ? 500 : Math.floor(random() * 40);
    for (let index = 0; index < length; index++) out += letters[Math.floor(random() * letters.length)]!;
    return out.trim();
  };
  for (const { app, name } of all) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let round = 0; round < 300; round++) {
      const headers: Record<string, string | string[]> = {};
      for (const header of names) if (random() < 0.5) headers[header] = random() < 0.1 ? [text(), text()] : text();
      const path = random() < 0.5 ? '/ok' : '/nothing';
      const answer = await send(app.port, path, { headers, agent });
      assert.equal(answer.status, path === '/ok' ? 200 : 404, `${name} ${JSON.stringify(headers)}`);
      for (const id of ['x-correlation-id', 'x-request-id'])
        assert.match(String(answer.headers[id]), /^[\w.:-]{1,128}$/, name);
      assert.ok(parseTraceparent(String(answer.headers['traceparent'])), name);
      for (const value of answer.rawHeaders) assert.match(value, /^[\t\x20-\x7e]*$/, name);
    }
    agent.destroy();
  }
});

test('H3 raw bytes in the head: an answer of 2xx or 4xx, and the next request is served', async () => {
  const random = createRandom(6);
  for (const { app, name } of all) {
    for (let round = 0; round < 40; round++) {
      const noise = Buffer.from(Array.from({ length: 20 }, () => Math.floor(random() * 256)));
      const socket = connect(app.port, '127.0.0.1');
      const head = Buffer.from('GET /ok HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-correlation-id: ');
      socket.end(Buffer.concat([head, noise, Buffer.from('\r\n\r\n')]));
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      await once(socket, 'close');
      const answer = Buffer.concat(chunks).toString('latin1');
      if (answer !== '') assert.match(answer, /^HTTP\/1\.1 [24]\d\d /, name);
    }
    assert.equal((await send(app.port, '/ok')).status, 200, name);
  }
});

test('H2 10,000 interleaved requests never mix their contexts', async () => {
  for (const { app, edge, sink, name } of all) {
    await until(() => edge.active === 0);
    sink.clear();
    const agent = new Agent({ keepAlive: true, maxSockets: 64 });
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < 2000) {
        const id = `${name}-${next++}`;
        const answer = await send(app.port, '/context', { headers: { 'x-correlation-id': id }, agent });
        assert.equal((JSON.parse(answer.body) as { correlationId: string }).correlationId, id);
        assert.equal(answer.headers['x-correlation-id'], id);
      }
    };
    await Promise.all(Array.from({ length: 64 }, worker));
    agent.destroy();
    await until(() => edge.active === 0);
    const counts = new Map<unknown, number>();
    for (const { attributes } of sink.records()) {
      const id = attributes['breakwater.correlation_id'];
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    assert.equal(counts.size, 2000, name);
    for (const count of counts.values()) assert.equal(count, 2, name);
  }
});
