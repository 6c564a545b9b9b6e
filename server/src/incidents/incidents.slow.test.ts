import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  errorEventAt,
  logAt,
  resourceOf,
  spanEndingAt,
  startStoreForTests,
  traceIdOf,
} from '../alerts/store-for-tests.ts';
import { createDetector, type Detector } from '../detector.ts';
import { fingerprint } from '../errors/fingerprint.ts';
import { createErrorGroups } from '../errors/groups.ts';
import { NODE_STACK } from '../errors/stack-samples.ts';
import { startStub } from '../notify/stub-for-tests.ts';
import { openState } from '../state/state.ts';
import type { Store } from '../store/store.ts';
import type { SpanRecord } from '../telemetry/records.ts';
import { connectedServices } from './related-services.ts';

const KEY = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ERROR = { type: 'PaymentTimeoutError', message: 'provider timed out', stacktrace: NODE_STACK };
const GROUP = fingerprint(ERROR).id;
const START = Date.now() - 3_600_000;
let store: Store;
let stop: () => Promise<void>;

before(async () => {
  ({ store, stop } = await startStoreForTests());
});
after(() => stop());

/** Five seconds of the shop: 10 checkouts through gateway, orders and payments. */
async function traffic(end: number, outcome: 'fine' | 'fails'): Promise<void> {
  const spans: SpanRecord[] = [];
  const errors: ReturnType<typeof errorEventAt>[] = [];
  const logs: ReturnType<typeof logAt>[] = [];
  for (let index = 0; index < 10; index += 1) {
    const at = end - 1 - index * 400;
    const traceId = traceIdOf(at);
    const isError = outcome === 'fails';
    for (const [depth, service] of ['gateway', 'orders', 'payments'].entries()) {
      const spanId = (depth + 1).toString(16).padStart(16, '0');
      const parentSpanId = depth === 0 ? '' : depth.toString(16).padStart(16, '0');
      const status = isError ? ('error' as const) : ('unset' as const);
      const resource = resourceOf(service, 'demo');
      spans.push(
        spanEndingAt(at, isError ? 3_000 : 20, {
          resource,
          traceId,
          spanId,
          parentSpanId,
          status,
          name: `POST /${service}`,
        }),
      );
    }
    if (!isError) continue;
    errors.push(errorEventAt(at, { ...ERROR, groupId: GROUP, service: 'payments', environment: 'demo', traceId }));
    errors.push(errorEventAt(at, { groupId: '0a'.repeat(8), service: 'gateway', environment: 'demo', traceId }));
    logs.push(logAt(at, { resource: resourceOf('orders', 'demo'), traceId }));
  }
  await Promise.all([store.insertSpans(spans), store.insertErrorEvents(errors), store.insertLogs(logs)]);
}

test('the default rules make one incident of a fault that goes through three services', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-incident-'));
  const path = join(folder, 'state.db');
  const stub = await startStub();
  let time = START;
  let state = openState(path);
  const log: string[] = [];
  const make = (): Detector =>
    createDetector({
      state,
      store,
      now: () => time,
      log: (line) => void log.push(line),
      publicUrl: 'https://b.example/',
    });
  let detector = make();
  const pass = async (seconds: number, outcome: 'fine' | 'fails'): Promise<void> => {
    for (const end = time + seconds * 1_000; time < end; ) {
      time += 5_000;
      await traffic(time, outcome);
      await detector.evaluateNow();
      await detector.deliverNow();
    }
  };
  try {
    detector.receivers.create({ name: 'stub', type: 'webhook', enabled: true, url: stub.url, secret: `whsec_${KEY}` });
    await pass(30, 'fine');
    assert.deepEqual(
      detector.rules.list().rules.map((rule) => [rule.state, rule.lastError]),
      Array(4).fill(['ok', null]),
    );

    await pass(30, 'fails');
    // A restart of the server in the middle of it.
    await detector.stop();
    state.close();
    state = openState(path);
    detector = make();
    await pass(30, 'fails');

    const [open, ...others] = detector.incidents.list().incidents;
    assert.equal(others.length, 0, 'one burst, one incident');
    assert.ok((open?.openedAt ?? 0) - START <= 60_000, 'within 30 s of the fault');
    const found = await detector.incidents.get(open?.id ?? '');
    assert.equal(found.status, 'open');
    assert.equal(found.severity, 'critical');
    assert.deepEqual(found.services.toSorted(), ['gateway', 'orders', 'payments']);
    assert.equal(found.title, 'payments: PaymentTimeoutError: provider timed out (also gateway, orders)');
    const rules = new Set(found.alerts.map(({ ruleName }) => ruleName));
    assert.deepEqual([...rules].toSorted(), ['Error burst', 'Error logs', 'Failing requests', 'Slow requests']);

    assert.equal(found.evidence.error, undefined);
    assert.deepEqual(found.evidence.errorGroups.map(({ id, count }) => [id, count]).toSorted(), [
      ['0a'.repeat(8), 120],
      [GROUP, 120],
    ]);
    assert.equal(found.evidence.traces.length, 10);
    const { durationNanos, ...trace } = found.evidence.traces[0] ?? assert.fail('no trace');
    assert.ok(Number(durationNanos) >= 3e9);
    assert.deepEqual(trace, {
      traceId: traceIdOf(time - 1),
      rootService: 'gateway',
      rootName: 'POST /gateway',
      startTimeUnixNano: `${time - 3_001}000000`,
      spanCount: 3,
      errorCount: 3,
      services: ['gateway', 'orders', 'payments'],
    });
    assert.deepEqual(await connectedServices(store, 'demo', time, { timeoutMs: 5_000 }), [
      ['gateway', 'orders', 'payments'],
    ]);
    assert.deepEqual(await connectedServices(store, 'live', time, { timeoutMs: 5_000 }), []);
    const groups = createErrorGroups({ state, store, now: () => time, log: () => undefined });
    const detail = await groups.detail(GROUP, { from: START, to: time });
    assert.deepEqual(
      detail.incidents.map(({ id }) => id),
      [found.id],
    );

    await pass(90, 'fine');
    const resolved = await detector.incidents.get(found.id);
    assert.equal(resolved.status, 'resolved');
    assert.ok(
      (resolved.resolvedAt ?? 0) - (START + 90_000) <= 80_000,
      `after ${(resolved.resolvedAt ?? 0) - START - 90_000} ms`,
    );
    assert.equal(detector.incidents.list().incidents.length, 1);

    assert.deepEqual(
      stub.calls.map(({ body }) => JSON.parse(body).type),
      ['incident.triggered', 'incident.resolved'],
    );
    for (const { headers, body } of stub.calls) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      const expected = createHmac('sha256', Buffer.from(KEY, 'base64')).update(signed).digest('base64');
      assert.equal(headers['webhook-signature'], `v1,${expected}`);
    }
    assert.equal(JSON.parse(stub.calls[0]?.body ?? '').data.incident.url, `https://b.example/incidents/${found.id}`);
    assert.ok(!log.join('\n').includes(KEY));
  } finally {
    await detector.stop();
    state.close();
    await stub.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
