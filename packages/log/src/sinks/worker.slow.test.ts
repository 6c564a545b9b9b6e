import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { dropLowest, dropOldest, spill } from '../full.ts';
import type { Sink } from '../sink.ts';
import type { ModuleOptions } from '../testing/worker-module.ts';
import { type WorkerOptions, workerSink } from './worker.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-log-worker-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const line = (index: number, filler = ''): string =>
  `{"timestamp":"2025-11-25T01:02:03.123Z","severityText":"WARN","severityNumber":13,"body":"${index}${filler}"}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => line(from + index)).join('');

async function until(done: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !done(); ) {
    if (performance.now() > end) throw new Error('waited 10 seconds');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The sink, and every worker it has started, the newest last. */
function setUp(options: WorkerOptions): { sink: Sink; workers: Worker[]; stop(): Promise<void> } {
  const workers: Worker[] = [];
  const seen = (worker: Worker): void => void workers.push(worker);
  process.on('worker', seen);
  const sink = workerSink(options);
  return {
    sink,
    workers,
    async stop() {
      await sink.close();
      process.off('worker', seen);
    },
  };
}

function assertSum(sink: Sink): void {
  const { emitted, written, pending, dropped } = sink.counts();
  assert.equal(emitted, written + pending + Object.values(dropped).reduce((sum, count) => sum + count, 0));
  assert.ok(written >= 0 && pending >= 0);
}

/** Counts the warnings that a worker died. */
function expectWarnings(): { count: number; off(): void } {
  const seen = { count: 0, off: () => process.off('warning', listener) };
  const listener = (warning: Error & { code?: string }): void => {
    if (warning.code === 'BREAKWATER_LOG_WORKER') seen.count++;
  };
  process.on('warning', listener);
  return seen;
}

test('a worker sink closed twice at once closes its file once, and both callers wait for it', async () => {
  const path = join(folder, 'twice');
  const { sink, stop } = setUp({ to: { kind: 'file', path } });
  sink.write(line(0), 13);
  const first = sink.close();
  await sink.close();
  assert.deepEqual(sink.counts(), { emitted: 1, written: 1, pending: 0, dropped: {} });
  sink.write(line(1), 13);
  assert.deepEqual(sink.counts().dropped, { closed: 1 });
  await Promise.all([first, sink.close(), stop()]);
  assert.equal(readFileSync(path, 'utf8'), line(0));
});

test('R27 lines arrive in order, whole, and are counted when they are in the file', async () => {
  const path = join(folder, 'plain');
  const { sink, stop } = setUp({ to: { kind: 'file', path }, ringBytes: 4096, batchChars: 1000 });
  let expected = '';
  for (let index = 0; index < 5000; index++) {
    const text = line(index, index % 50 === 0 ? 'ü'.repeat(3000) : '');
    expected += text;
    sink.write(text, 13);
    if (index % 500 === 0) {
      assertSum(sink);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  await sink.flush();
  assert.deepEqual(sink.counts(), { emitted: 5000, written: 5000, pending: 0, dropped: {} });
  assert.equal(readFileSync(path, 'utf8'), expected);
  await stop();
  sink.write(line(1), 13);
  assert.deepEqual(sink.counts().dropped, { closed: 1 });
});

test('R27 flushSync writes everything at once, from this thread, while the worker is at it too', async () => {
  const path = join(folder, 'sync');
  const { sink, stop } = setUp({ to: { kind: 'file', path, durable: true }, ringBytes: 65_536, batchChars: 500 });
  for (let round = 0; round < 40; round++) {
    for (let index = 0; index < 100; index++) sink.write(line(round * 100 + index), 13);
    if (round % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    sink.flushSync();
    assert.equal(sink.counts().written, (round + 1) * 100);
  }
  assert.equal(readFileSync(path, 'utf8'), lines(0, 4000));
  await stop();
});

test('R25 a file rotates whichever thread writes; no line is cut or lost', async () => {
  const path = join(folder, 'rotating');
  const { sink, stop } = setUp({
    to: { kind: 'file', path, maxBytes: 3000, maxFiles: 99 },
    batchChars: 300,
    ringBytes: 4096,
  });
  for (let index = 0; index < 1000; index++) {
    sink.write(line(index), 13);
    if (index % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (index % 90 === 0) sink.flushSync();
  }
  await stop();
  const numbers = readdirSync(folder)
    .filter((name) => name.startsWith('rotating.'))
    .map((name) => Number(name.split('.')[1]))
    .sort((a, b) => b - a);
  assert.ok(numbers.length > 20, `${numbers.length} files`);
  const texts = [...numbers.map((number) => `${path}.${number}`), path].map((name) => readFileSync(name, 'utf8'));
  assert.equal(texts.join(''), lines(0, 1000));
  assert.ok(texts.every((text) => text === '' || text.endsWith('\n')));
});

/** `process` tells of a new worker in the next tick. */
const told = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('R28 a worker that is killed while it writes: another one goes on, nothing is lost', async () => {
  const path = join(folder, 'killed');
  const warnings = expectWarnings();
  const { sink, workers, stop } = setUp({ to: { kind: 'file', path }, batchChars: 200, ringBytes: 8192 });
  await told();
  let said = 0;
  for (let deaths = 0; deaths < 3; deaths++) {
    const worker = workers.at(-1)!;
    const gone = new Promise((resolve) => worker.once('exit', resolve));
    const written = sink.counts().written;
    await until(() => {
      for (const end = said + 20; said < end; said++) sink.write(line(said), 13);
      return sink.counts().written > written + 50;
    });
    void worker.terminate();
    for (const end = said + 200; said < end; said++) sink.write(line(said), 13);
    await gone;
    assertSum(sink);
    await until(() => workers.length === deaths + 2);
  }
  await sink.flush();
  assert.equal(sink.counts().written, said);
  // A line that was written but not yet confirmed may be there twice, in its place.
  const unique = [...new Set(readFileSync(path, 'utf8').split('\n'))].join('\n');
  assert.equal(unique, lines(0, said));
  await stop();
  await until(() => warnings.count === 3);
  warnings.off();
});

test('R28 while no worker lives, flushSync writes what is there', async () => {
  const path = join(folder, 'alone');
  const { sink, workers, stop } = setUp({ to: { kind: 'file', path } });
  await told();
  const gone = new Promise((resolve) => workers[0]!.once('exit', resolve));
  void workers[0]!.terminate();
  await gone;
  for (let index = 0; index < 100; index++) sink.write(line(index), 13);
  sink.flushSync();
  assert.deepEqual(sink.counts(), { emitted: 100, written: 100, pending: 0, dropped: {} });
  assert.equal(readFileSync(path, 'utf8'), lines(0, 100));
  await stop();
});

test('R27 R28 lines, flushes and killed workers in any order: every line is there once or, after a kill, twice, in order', async () => {
  const warnings = expectWarnings();
  for (let seed = 1; seed <= 8; seed++) {
    let state = seed * 7919;
    const random = (): number => {
      state = (state * 16_807) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const path = join(folder, `random-${seed}`);
    const { sink, workers, stop } = setUp({
      to: { kind: 'file', path, durable: seed % 4 === 0 },
      ringBytes: 4096 << Math.floor(random() * 5),
      batchChars: 1 + Math.floor(random() * 3000),
      flushMs: 1 + Math.floor(random() * 20),
    });
    let said = 0;
    for (let act = 0; act < 120; act++) {
      const choice = random();
      if (choice < 0.5) {
        for (let count = Math.floor(random() * 100); count > 0; count--)
          sink.write(`${said++} ${'x'.repeat(Math.floor(random() * (random() < 0.02 ? 9000 : 120)))}\n`, 9);
      } else if (choice < 0.6) sink.flushSync();
      else if (choice < 0.65 && seed % 2 === 0) void workers.at(-1)?.terminate();
      else if (choice < 0.7) await sink.flush();
      else await new Promise((resolve) => setTimeout(resolve, random() * 4));
      assertSum(sink);
    }
    await stop();
    assert.deepEqual(sink.counts(), { emitted: said, written: said, pending: 0, dropped: {} }, `seed ${seed}`);
    const found = readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((text) => Number.parseInt(text, 10));
    if (seed % 2 === 1) assert.equal(found.length, said, `seed ${seed}`);
    assert.deepEqual(
      [...new Set(found)],
      Array.from({ length: said }, (_, index) => index),
      `seed ${seed}`,
    );
  }
  warnings.off();
});

const MODULE = new URL('../testing/worker-module.ts', import.meta.url);
const module = (options: ModuleOptions) => ({ kind: 'module', url: MODULE, options }) as const;

test('R27 a module in the worker gets the lines with their severity; what it drops is counted under its reason', async () => {
  const path = join(folder, 'module');
  const { sink, stop } = setUp({ to: module({ path, delayMs: 1 }), batchChars: 1 });
  for (let index = 0; index < 20; index++) sink.write(line(index, index === 7 ? ' refuse' : ''), 13);
  assertSum(sink);
  await sink.flush();
  assert.deepEqual(sink.counts(), { emitted: 20, written: 19, pending: 0, dropped: { rejected: 1 } });
  const text = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  assert.equal(text.length, 19);
  assert.ok(text.every((entry) => entry.endsWith(' 13')));
  await stop();
});

test('R27 a line that is longer than the ring is written to a file, and dropped for a module', async () => {
  for (const kind of ['file', 'module'] as const) {
    const path = join(folder, `long-${kind}`);
    const to = kind === 'file' ? ({ kind, path } as const) : module({ path });
    const { sink, stop } = setUp({ to, ringBytes: 4096 });
    sink.write(line(1), 13);
    sink.write(line(2, 'x'.repeat(10_000)), 13);
    sink.write(line(3), 13);
    await sink.flush();
    assert.deepEqual(
      sink.counts(),
      kind === 'file'
        ? { emitted: 3, written: 3, pending: 0, dropped: {} }
        : { emitted: 3, written: 2, pending: 0, dropped: { 'queue-full': 1 } },
    );
    await stop();
  }
});

test('R27 a flush for each of many lines costs the module no more than a few', async () => {
  const path = join(folder, 'flushes');
  const { sink, stop } = setUp({ to: module({ path, delayMs: 1 }) });
  for (let index = 0; index < 500; index++) {
    sink.write(line(index), 21);
    void sink.flush();
  }
  await sink.flush();
  assert.equal(sink.counts().written, 500);
  sink.write(line(500, 'flushes'), 21);
  await sink.flush();
  const [, flushes] = /flushes (\d+)/.exec(readFileSync(path, 'utf8')) ?? [];
  assert.ok(Number(flushes) <= 4, `${flushes} flushes`);
  await stop();
});

test('R27 flushSync waits for a module as long as it makes progress', async () => {
  const path = join(folder, 'module-sync');
  const { sink, stop } = setUp({ to: module({ path, delayMs: 10 }), blockMs: 1500 });
  for (let index = 0; index < 50; index++) sink.write(line(index), 13);
  sink.flushSync();
  assert.equal(sink.counts().written, 50);
  await stop();
});

for (const how of ['exit', 'throw'] as const) {
  test(`R28 a line that ends the worker twice by ${how} is given up as worker-died, all others are written`, async () => {
    const path = join(folder, `fatal-${how}`);
    const warnings = expectWarnings();
    const { sink, workers, stop } = setUp({ to: module({ path, fatal: '"57"', how }), batchChars: 1 });
    for (let index = 0; index < 200; index++) sink.write(line(index), 13);
    await until(() => sink.counts().pending === 0);
    assert.deepEqual(sink.counts(), { emitted: 200, written: 199, pending: 0, dropped: { 'worker-died': 1 } });
    assert.equal(workers.length, 3);
    const found = new Set(readFileSync(path, 'utf8').split('\n'));
    for (let index = 0; index < 200; index++)
      assert.equal(found.has(`${line(index).trim()} 13`), index !== 57, String(index));
    await stop();
    await until(() => warnings.count === 2);
    warnings.off();
  });
}

test('R28 a module that never starts is given up: what waits and what comes is counted as worker-died', async () => {
  const { sink, stop } = setUp({ to: { kind: 'module', url: 'file:///no/such/module.js' }, batchChars: 1, flushMs: 5 });
  for (let index = 0; index < 10; index++) sink.write(line(index), 13);
  await until(() => sink.counts().pending === 0);
  sink.write(line(10), 13);
  await sink.flush();
  assertSum(sink);
  assert.deepEqual(sink.counts().dropped, { 'worker-died': 11 });
  await stop();
  assert.deepEqual(sink.counts().dropped, { 'worker-died': 11 });
});

test('R24 a full ring: block waits, drop-oldest and drop-lowest give up, spill brings in later; memory stays bounded', async () => {
  for (const policy of [undefined, dropOldest(), dropLowest(), spill(join(folder, 'full.spill'))] as const) {
    const whenFull = policy?.kind ?? 'block';
    const path = join(folder, `full-${whenFull}`);
    const { sink, stop } = setUp({
      to: module({ path, delayMs: 2 }),
      whenFull: policy,
      ringBytes: 4096,
      batchChars: 1,
      maxBufferChars: 2000,
      blockMs: 3000,
    });
    for (let index = 0; index < 200; index++) sink.write(line(index), index % 10 === 0 ? 17 : 13);
    assertSum(sink);
    await sink.flush();
    const { written, dropped } = sink.counts();
    if (whenFull === 'block' || whenFull === 'spill') assert.deepEqual([written, dropped], [200, {}], whenFull);
    else assert.ok(dropped['queue-full']! > 50 && written + dropped['queue-full']! === 200, whenFull);
    const found = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    assert.equal(found.length, written);
    if (written === 200) assert.equal(found.map((entry) => `${entry.slice(0, -3)}\n`).join(''), lines(0, 200));
    await stop();
  }
});

test('R7 wrong options are named', () => {
  const wrong = (options: unknown): void => void workerSink(options as WorkerOptions);
  assert.throws(() => wrong(undefined), /workerSink options/);
  assert.throws(() => wrong({ to: { kind: 'tape' } }), /workerSink\.to\.kind/);
  assert.throws(() => wrong({ to: { kind: 'file', path: '' } }), /workerSink\.to\.path/);
  assert.throws(
    () => wrong({ to: { kind: 'file', path: join(folder, 'x'), maxByte: 3 } }),
    /to\.maxByte.*no such option/,
  );
  assert.throws(
    () => wrong({ to: { kind: 'file', path: join(folder, 'x') }, ringBytes: 0.5 }),
    /workerSink\.ringBytes/,
  );
  assert.throws(() => wrong({ to: { kind: 'module', url: 'no address' } }), /workerSink\.to\.url/);
  assert.throws(() => wrong({ to: { ...module({ path: '' }), options: () => {} } }), /workerSink\.to\.options/);
  assert.throws(() => wrong({ to: { kind: 'file', path: join(folder, 'no/such/folder') } }), { code: 'ENOENT' });
  assert.throws(() => wrong({ to: { kind: 'file', path: '/dev/null', durable: true } }), { code: 'EINVAL' });
});
