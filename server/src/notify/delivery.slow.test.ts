import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTelemetryForTests } from '../alerts/telemetry-for-tests.ts';
import { createDetector } from '../detector.ts';
import type { TelemetryReader } from '../errors/telemetry-reader.ts';
import { openState, type State } from '../state/state.ts';
import { startStub } from './stub-for-tests.ts';

const PROCESS = fileURLToPath(new URL('./process-for-tests.ts', import.meta.url));

for (const mode of ['hold', 'deliver'] as const) {
  const when = mode === 'hold' ? 'between the write and the delivery' : 'during the delivery';
  test(`a process killed with SIGKILL ${when} is made good by the next one`, { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'breakwater-kill-'));
    const path = join(folder, 'state.db');
    let isFirst = true;
    // The first process gets no answer, so it cannot know whether it was heard.
    const stub = await startStub((response) => {
      if (mode === 'hold' || !isFirst) response.writeHead(204).end();
      isFirst = false;
    });
    const child = spawn(process.execPath, [...process.execArgv, PROCESS, path, stub.url, mode], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      if (mode === 'deliver') await stub.received(1);
      child.kill('SIGKILL');
      await once(child, 'exit');

      const state = openState(path);
      const store = createTelemetryForTests();
      const detector = createDetector({ state, store, log: () => undefined });
      detector.start();
      const expected = mode === 'hold' ? 1 : 2;
      await stub.received(expected);
      await detector.stop();

      const [incident, ...more] = detector.incidents.list().incidents;
      assert.equal(more.length, 0);
      const { timeline } = await detector.incidents.get(incident?.id ?? '');
      assert.deepEqual(timeline.map(({ kind }) => kind).slice(0, 2), ['opened', 'alert_fired']);
      assert.equal(stub.calls.length, expected);
      assert.equal(new Set(stub.calls.map(({ headers }) => headers['webhook-id'])).size, 1, 'the id tells duplicates');
      assert.equal(new Set(stub.calls.map(({ body }) => body)).size, 1);
      state.close();
    } finally {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await stub.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

test('stopping interrupts a delivery, which the next start makes', { timeout: 60_000 }, async () => {
  const state = openState(':memory:');
  const store = createTelemetryForTests();
  let silent = true;
  const stub = await startStub((response) => void (silent || response.writeHead(204).end()));
  const detector = createDetector({ state, store, log: () => undefined, intervalMs: 20 });
  try {
    detector.receivers.create({ name: 'stub', type: 'webhook', enabled: true, url: stub.url });
    store.errors(Date.now() - 1_000, 20);
    detector.start();
    detector.start();
    await stub.received(1);
    await detector.stop();
    silent = false;
    detector.start();
    await stub.received(2);
    await detector.stop();
    assert.equal(stub.calls[0]?.headers['webhook-id'], stub.calls[1]?.headers['webhook-id']);
  } finally {
    await detector.stop();
    await stub.stop();
    state.close();
  }
});

test('a detector that has nothing to deliver looks for it once per evaluation, not all the time', {
  timeout: 60_000,
}, async () => {
  const state = openState(':memory:');
  let lookups = 0;
  const watched: State = {
    ...state,
    prepare(sql) {
      if (sql.includes('min(seq)')) lookups += 1;
      return state.prepare(sql);
    },
  };
  let evaluations = 0;
  const enough = Promise.withResolvers<void>();
  const store: TelemetryReader = {
    async query() {
      evaluations += 1;
      // Four default rules.
      if (evaluations === 40) enough.resolve();
      return { rows: [], stats: { rowsRead: 0, bytesRead: 0, elapsedMs: 0 } };
    },
  };
  const detector = createDetector({ state: watched, store, log: () => undefined, intervalMs: 20 });
  detector.start();
  await enough.promise;
  await detector.stop();
  // Two lookups each time: what is due, and when the next is.
  assert.ok(lookups <= 2 * 12, `${lookups} lookups in 10 evaluations`);
  state.close();
});
