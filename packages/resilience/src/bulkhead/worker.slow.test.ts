import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { createWorkerBulkhead, type WorkerBulkhead, type WorkerBulkheadOptions } from '../worker.ts';

const module = new URL('../../fixtures/worker.ts', import.meta.url);
const made: WorkerBulkhead<unknown, unknown>[] = [];

function make(options: Partial<WorkerBulkheadOptions> = {}): WorkerBulkhead<unknown, unknown> {
  const bulkhead = createWorkerBulkhead<unknown, unknown>({ module, maxConcurrent: 1, ...options });
  made.push(bulkhead);
  return bulkhead;
}

after(async () => {
  for (const bulkhead of made) await bulkhead.close();
});

test('W1 work runs in a worker, errors come back, and the worker is used again', async () => {
  const bulkhead = make({ maxQueue: 10 });
  const results = await Promise.all([1, 2, 3].map((n) => bulkhead.run({ do: 'square', n })));
  assert.deepEqual(results, [1, 4, 9]);
  await assert.rejects(bulkhead.run({ do: 'throw' }), { name: 'RangeError', message: 'out of range' });
  assert.equal(await bulkhead.run({ do: 'square', n: 5 }), 25);
  await assert.rejects(bulkhead.run({ do: () => 1 }), { name: 'DataCloneError' });
  assert.equal(await bulkhead.run({ do: 'square', n: 6 }), 36);
  assert.deepEqual([bulkhead.active, bulkhead.queued], [0, 0]);
});

test('W2 work that spins is stopped when time is up, and its slot is free once the thread has ended', async () => {
  const bulkhead = make({ timeoutMs: 1500, maxQueue: 1 });
  await bulkhead.run({ do: 'square', n: 1 });
  const spinning = assert.rejects(bulkhead.run({ do: 'spin' }), { name: 'TimeoutError' });
  const next = bulkhead.run({ do: 'square', n: 4 });
  await spinning;
  assert.equal(await next, 16);
});

test('W3 work that spins is stopped when its caller gives up', async () => {
  const bulkhead = make({ maxQueue: 1 });
  const controller = new AbortController();
  const spinning = bulkhead.run({ do: 'spin' }, { signal: controller.signal });
  const next = bulkhead.run({ do: 'square', n: 3 });
  controller.abort(new Error('left'));
  await assert.rejects(spinning, /left/);
  assert.equal(await next, 9);
});

test('W3 an answer that comes as the caller gives up leaves no worker that is being stopped among the idle ones', async () => {
  const bulkhead = make({ maxQueue: 1 });
  await bulkhead.run({ do: 'square', n: 1 });
  const controller = new AbortController();
  const answered = bulkhead.run({ do: 'square', n: 2 }, { signal: controller.signal }).catch(() => 'given up');
  await new Promise((resolve) => setImmediate(resolve));
  // The answer waits at the port meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  controller.abort();
  const next = bulkhead.run({ do: 'square', n: 3 });
  await answered;
  assert.equal(await next, 9);
  assert.equal(await bulkhead.run({ do: 'square', n: 4 }), 16);
});

test('W4 a worker that throws what is no Error fails its call only', async () => {
  const bulkhead = make();
  await assert.rejects(bulkhead.run({ do: 'throw null' }), { name: 'WorkerCrashedError', message: /null/ });
  assert.equal(await bulkhead.run({ do: 'square', n: 7 }), 49);
});

test('W4 a worker that eats too much memory, or exits, fails its call only', async () => {
  const bulkhead = make({ memory: { maxOldGenerationSizeMb: 24 } });
  await assert.rejects(bulkhead.run({ do: 'eat' }), { name: 'WorkerCrashedError', code: 'WORKER_CRASHED' });
  await assert.rejects(bulkhead.run({ do: 'exit' }), { name: 'WorkerCrashedError', message: /code 3/ });
  assert.equal(await bulkhead.run({ do: 'square', n: 7 }), 49);
});

test('W4 a worker that fails while idle is reported, and not used again', async () => {
  const bulkhead = make();
  const warned = new Promise<{ detail?: string }>((resolve) => process.once('warning', resolve));
  assert.equal(await bulkhead.run({ do: 'fail later' }), 'answered');
  const told = new BroadcastChannel('fail now');
  told.postMessage(undefined);
  assert.match((await warned).detail!, /Error: later/);
  told.close();
  assert.equal(await bulkhead.run({ do: 'square', n: 8 }), 64);
});

test('W4 messages that the work sends by itself are no answers', async () => {
  const bulkhead = make();
  for (let index = 0; index < 3; index++) {
    assert.equal(await bulkhead.run({ do: 'chatter' }), 'answer');
    assert.equal(await bulkhead.run({ do: 'square', n: index }), index ** 2);
  }
});

test('W4 a worker whose answer cannot be read fails its call, and is stopped', async () => {
  const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
  const bulkhead = make();
  const call = assert.rejects(bulkhead.run({ do: 'hang' }), { name: 'WorkerCrashedError', message: /unreadable/ });
  const worker = await started;
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.emit('messageerror', new Error('unreadable'));
  await call;
  await ended;
  assert.equal(await bulkhead.run({ do: 'square', n: 9 }), 81);
});

test('W5 full, closed, and a module without the export', async () => {
  const bulkhead = make();
  const first = assert.rejects(bulkhead.run({ do: 'hang' }), { name: 'WorkerCrashedError' });
  await assert.rejects(bulkhead.run({ do: 'square', n: 1 }), { code: 'BULKHEAD_FULL' });
  await bulkhead.close();
  await first;
  await assert.rejects(bulkhead.run({ do: 'square', n: 1 }), /closed/);
  await assert.rejects(make({ exportName: 'missing' }).run(1), /no function export missing/);
  await assert.rejects(make({ module: new URL('./nowhere.ts', import.meta.url) }).run(1), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
  assert.throws(() => make({ module: 'x' as never }), /module/);
  assert.throws(() => make({ memory: { maxOldGenerationSizeMb: 0.5 } }), /maxOldGenerationSizeMb/);
});
