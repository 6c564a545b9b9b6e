import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { createAuth } from '../auth/auth.ts';
import { BURST_SECONDS, createLiveStream } from '../pipeline/live-stream.ts';
import { openState } from '../state/state.ts';
import type { LogRecord } from '../telemetry/records.ts';
import { MAX_TAIL_ROWS_PER_SECOND } from './log-tail.ts';
import { startTestApi } from './testing/api-server.ts';
import type { LogView, TailDropped } from './types.ts';

const resource = {
  attributes: new Map(),
  droppedAttributesCount: 0,
  schemaUrl: '',
  serviceName: 'pay',
  environment: '',
};
const scope = { name: '', version: '', attributes: new Map(), droppedAttributesCount: 0, schemaUrl: '' };

function record(id: number, body: string): LogRecord {
  const times = { timeUnixNano: 2n ** 60n + 1n, observedTimeUnixNano: 5n };
  const ids = { id: BigInt(id), traceId: '', spanId: '', eventName: '' };
  const attributes = new Map([['n', 9007199254740993n]]);
  return {
    ...times,
    ...ids,
    resource,
    scope,
    severityNumber: 17,
    severityText: '',
    body,
    attributes,
    droppedAttributesCount: 0,
    flags: 0,
  };
}

/** Reads events until there are `count`. */
async function readEvents(response: Response, count: number): Promise<{ event: string; data: unknown }[]> {
  const events: { event: string; data: unknown }[] = [];
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const match = /^event: (\w+)\ndata: (.*)$/.exec(block);
      if (match) events.push({ event: match[1]!, data: JSON.parse(match[2]!) });
    }
    if (events.length >= count) break;
  }
  return events;
}

test('a live tail gets the matching records as the search would show them', async () => {
  const api = await startTestApi();
  const response = await fetch(`${api.url}/api/v1/logs/tail?query=${encodeURIComponent('level:error "timed out"')}`);
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  api.live.publishLogs([record(1, 'payment Timed out'), record(2, 'payment went well')]);
  api.live.publishLogs([record(3, 'timed out again')]);
  const events = await readEvents(response, 2);
  await api.stop();
  assert.deepEqual(
    events.map(({ event, data }) => [event, (data as LogView).id]),
    [
      ['log', '1'],
      ['log', '3'],
    ],
  );
  const view = events[0]!.data as LogView;
  assert.equal(view.timeUnixNano, '1152921504606846977');
  assert.equal(view.severity, 'error');
  assert.deepEqual(view.attributes, [{ key: 'n', value: { intValue: '9007199254740993' } }]);
});

test('more than a burst of 200 rows a second is counted, not sent', async () => {
  const burst = MAX_TAIL_ROWS_PER_SECOND * BURST_SECONDS;
  const live = createLiveStream({ now: () => 0 });
  const api = await startTestApi({ live });
  const response = await fetch(`${api.url}/api/v1/logs/tail`);
  live.publishLogs(Array.from({ length: burst + 50 }, (_, index) => record(index, 'x')));
  const events = await readEvents(response, burst + 1);
  await api.stop();
  assert.equal(events.filter(({ event }) => event === 'log').length, burst);
  assert.deepEqual(events.at(-1), { event: 'dropped', data: { count: 50 } satisfies TailDropped });
});

test('a reader that does not read costs no memory and learns how much it missed', async () => {
  let time = 0;
  const live = createLiveStream({ now: () => time });
  const api = await startTestApi({ live });
  const socket: Socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  socket.write('GET /api/v1/logs/tail HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await new Promise((resolve) => socket.once('readable', resolve));
  const body = 'x'.repeat(60_000);
  let published = 0;
  const publish = (): void => {
    time += 1_000;
    live.publishLogs(Array.from({ length: 100 }, (_, index) => record(index, body)));
    published += 100;
  };
  for (let batch = 0; batch < 30; batch++) {
    publish();
    await new Promise(setImmediate);
  }
  let text = '';
  socket.setEncoding('latin1');
  const logs = () => text.match(/event: log\n/g)?.length ?? 0;
  const missed = () =>
    [...text.matchAll(/event: dropped\ndata: {"count":(\d+)}/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk;
      if (logs() + missed() >= published) resolve();
    });
  });
  socket.destroy();
  await api.stop();
  assert.equal(logs() + missed(), published);
  assert.ok(missed() > 1_000, `missed ${missed()} of ${published}`);
});

test('a reader that goes away is forgotten', async () => {
  let subscribers = 0;
  const { promise: left, resolve: onLeft } = Promise.withResolvers<void>();
  const live = createLiveStream();
  const counting = {
    ...live,
    subscribeLogs: (subscription: Parameters<typeof live.subscribeLogs>[0]) => {
      subscribers++;
      const unsubscribe = live.subscribeLogs(subscription);
      return () => {
        unsubscribe();
        subscribers--;
        onLeft();
      };
    },
  };
  const api = await startTestApi({ live: counting });
  const client = new AbortController();
  await fetch(`${api.url}/api/v1/logs/tail`, { signal: client.signal });
  assert.equal(subscribers, 1);
  client.abort();
  await left;
  assert.equal(subscribers, 0);
  await api.stop();
});

test('the tail of a session that has ended, or of a key that was removed, says nothing more', async () => {
  const state = openState(':memory:');
  const auth = createAuth({ state });
  const { id, secret } = auth.keys.create({ name: 'script', kind: 'api' });
  const api = await startTestApi({ auth });
  const response = await fetch(`${api.url}/api/v1/logs/tail`, { headers: { authorization: `Bearer ${secret}` } });
  api.live.publishLogs([record(1, 'while it is valid')]);
  auth.keys.remove(id);
  api.live.publishLogs([record(2, 'after it was removed')]);
  const text = await response.text();
  await api.stop();
  state.close();
  assert.match(text, /while it is valid/);
  assert.doesNotMatch(text, /after it was removed/);
});
