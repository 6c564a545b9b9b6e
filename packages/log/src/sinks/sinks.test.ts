import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { dropLowest, dropOldest, spill } from '../full.ts';
import type { Sink } from '../sink.ts';
import { type BufferOptions, openBacklog } from './buffer-options.ts';
import { createFdSink, type Target } from './fd-sink.ts';
import { fileSink } from './file.ts';
import { memorySink } from './memory.ts';
import { prettySink, toPretty } from './pretty.ts';
import { stdoutSink } from './stdout.ts';
import { teeSink } from './tee.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-log-sinks-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Takes `room` bytes, then fails with `code` until there is more room. */
function place(room: number, code = 'EAGAIN'): Target & { text: string; room: number } {
  return {
    text: '',
    room,
    write(buffer, offset, length) {
      const taken = Math.min(this.room, length);
      if (taken === 0) throw Object.assign(new Error(code), { code });
      this.room -= taken;
      this.text += Buffer.from(buffer.subarray(offset, offset + taken)).toString();
      return taken;
    },
  };
}

function setUp(target: Target, options: BufferOptions): Sink {
  return createFdSink(target, { batchChars: 1, blockMs: 20, ...options, name: 'test' }, openBacklog(options));
}

const line = (index: number): string => `line ${String(index).padStart(4, '0')}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => line(from + index)).join('');

test('R24 a line cut by a full place is completed later, order kept, counts exact at every moment', async () => {
  const target = place(25);
  const sink = setUp(target, {});
  for (let index = 0; index < 10; index++) sink.write(line(index), 9);
  assert.deepEqual(sink.counts(), { emitted: 10, written: 2, pending: 8, dropped: {} });
  target.room = 1e6;
  await sink.flush();
  assert.equal(target.text, Array.from({ length: 10 }, (_, index) => line(index)).join(''));
  assert.deepEqual(sink.counts(), { emitted: 10, written: 10, pending: 0, dropped: {} });
  await sink.close();
});

test('R24 drop-oldest gives up the oldest, drop-lowest the oldest of the least severe', async () => {
  for (const whenFull of [dropOldest(), dropLowest()]) {
    const target = place(0);
    const sink = setUp(target, { whenFull, maxBufferChars: 40 });
    sink.write(line(0), 9);
    sink.write(line(1), 17);
    for (let index = 2; index < 10; index++) sink.write(line(index), 9);
    target.room = 1e6;
    await sink.flush();
    assert.equal(
      target.text,
      [0, ...(whenFull.kind === 'drop-oldest' ? [6, 7, 8, 9] : [1, 7, 8, 9])]
        .map(line)
        .join('')
        .slice(0, target.text.length),
    );
    assert.deepEqual(sink.counts(), { emitted: 10, written: 5, pending: 0, dropped: { 'queue-full': 5 } });
    await sink.close();
  }
});

test('R24 without a policy a line waits for room, at most so long, then counts the new line', async () => {
  const target = place(0);
  const sink = setUp(target, { maxBufferChars: 20 });
  for (let index = 0; index < 3; index++) sink.write(line(index), 9);
  assert.deepEqual(sink.counts(), { emitted: 3, written: 0, pending: 2, dropped: { 'queue-full': 1 } });
  target.room = 1e6;
  await sink.close();
  assert.equal(target.text, line(0) + line(1));
});

test('R24 spill writes to a file what has no room, and brings it in, in order', async () => {
  const target = place(0);
  const path = join(folder, 'spill');
  const sink = setUp(target, { whenFull: spill(path), maxBufferChars: 20 });
  for (let index = 0; index < 50; index++) sink.write(line(index), 9);
  assert.equal(sink.counts().pending, 50);
  assert.equal(readFileSync(path, 'utf8'), lines(3, 50));
  target.room = 1e6;
  await sink.flush();
  assert.equal(target.text, Array.from({ length: 50 }, (_, index) => line(index)).join(''));
  assert.equal(sink.counts().written, 50);
  await sink.close();
});

test('R24 without a policy a line waits once: after that nothing waits until the place has taken something', async () => {
  const target = place(0);
  const sink = setUp(target, { maxBufferChars: 20, blockMs: 100 });
  const started = performance.now();
  for (let index = 0; index < 50; index++) sink.write(line(index), 9);
  assert.ok(performance.now() - started < 1000, 'each line has waited');
  assert.deepEqual(sink.counts().dropped, { 'queue-full': 48 });
  target.room = 15;
  sink.write(line(50), 9);
  assert.equal(sink.counts().pending, 2, 'there was room again, and the line was not dropped');
  await sink.close();
});

test('R24 a line of which the place takes half, longer than a batch, is whole', async () => {
  const target = place(150_000);
  const sink = setUp(target, {});
  const long = `${'é'.repeat(100_000)}\n`;
  sink.write(line(0), 9);
  sink.write(long, 9);
  sink.write(line(1), 9);
  assert.deepEqual(sink.counts(), { emitted: 3, written: 1, pending: 2, dropped: {} });
  target.room = 1e6;
  await sink.close();
  assert.equal(target.text, line(0) + long + line(1));
});

test('R22 what a spill file holds and the next process finds: nothing twice, no line grown onto a broken one', async () => {
  const path = join(folder, 'left');
  writeFileSync(path, `${lines(0, 3)}half a li`);
  const target = place(15);
  const first = setUp(target, { whenFull: spill(path), maxBufferChars: 20, blockMs: 1 });
  for (let index = 3; index < 20; index++) first.write(line(index), 9);
  first.flushSync();
  assert.deepEqual(first.counts(), { emitted: 20, written: 1, pending: 19, dropped: {} });
  await first.close();
  assert.equal(first.counts().pending, 19);
  const second = setUp(target, { whenFull: spill(path) });
  target.room = 1e6;
  second.write(line(20), 9);
  await second.close();
  assert.equal(target.text, lines(0, 21));
  assert.deepEqual(second.counts(), { emitted: 20, written: 20, pending: 0, dropped: {} });
  assert.equal(readFileSync(path, 'utf8'), '');
});

test('R22 where the spill file cannot be written either, close counts what memory holds and lets go', async () => {
  const path = join(folder, 'stuck');
  mkdirSync(`${path}.next`);
  const sink = setUp(place(0), { whenFull: spill(path), maxBufferChars: 20, blockMs: 1 });
  for (let index = 0; index < 5; index++) sink.write(line(index), 9);
  await sink.close();
  assert.deepEqual(sink.counts(), { emitted: 5, written: 0, pending: 2, dropped: { closed: 3 } });
  assert.equal(readFileSync(path, 'utf8'), lines(3, 5));
});

test('R7 one spill file is for one sink, and the next one after it is closed', async () => {
  const options: BufferOptions = { whenFull: spill(join(folder, 'one')) };
  const sink = setUp(place(0), options);
  assert.throws(() => setUp(place(0), options), /no other sink/);
  await sink.close();
  await setUp(place(0), options).close();
});

test('a sink closed twice at once closes its descriptor once', async () => {
  let closed = 0;
  const sink = setUp({ ...place(1e6), close: () => void closed++ }, {});
  await Promise.all([sink.close(), sink.close()]);
  await sink.close();
  assert.equal(closed, 1);
});

test('R21 a place that is gone breaks the sink: what it holds and what comes later is counted', async () => {
  const sink = setUp(place(15, 'EPIPE'), {});
  for (let index = 0; index < 5; index++) sink.write(line(index), 9);
  assert.deepEqual(sink.counts(), { emitted: 5, written: 1, pending: 0, dropped: { broken: 4 } });
  await sink.close();
  sink.write(line(9), 9);
  assert.equal(sink.counts().dropped.closed, 1);
});

test('R25 files rotate by size, the oldest go, no line is cut or lost before that', async () => {
  const path = join(folder, 'rotating.log');
  const sink = fileSink({ path, maxBytes: 1000, maxFiles: 3, batchChars: 100 });
  for (let index = 0; index < 300; index++) sink.write(line(index), 9);
  await sink.close();
  const files = readdirSync(folder).filter((name) => name.startsWith('rotating'));
  assert.deepEqual(files.sort(), ['rotating.log', 'rotating.log.1', 'rotating.log.2', 'rotating.log.3']);
  const text = ['.3', '.2', '.1', ''].map((end) => readFileSync(path + end, 'utf8')).join('');
  assert.ok(text.endsWith(line(299)));
  assert.equal(text.split('\n').length - 1, text.length / line(0).length);
});

test('R25 a file that was moved or deleted is made anew; no line is counted as written that is in no file', async () => {
  const path = join(folder, 'followed.log');
  const sink = fileSink({ path });
  sink.write(line(0), 9);
  sink.flushSync();
  renameSync(path, `${path}.old`);
  sink.write(line(1), 9);
  sink.flushSync();
  rmSync(path);
  sink.write(line(2), 9);
  await sink.close();
  assert.deepEqual([readFileSync(`${path}.old`, 'utf8'), readFileSync(path, 'utf8')], [line(0), line(2)]);
});

test('R25 a relative path is that of when the sink was made', async () => {
  const path = join(folder, 'relative.log');
  const sink = fileSink({ path: relative(process.cwd(), path), maxBytes: 15, batchChars: 1 });
  const before = process.cwd();
  process.chdir('/');
  try {
    for (let index = 0; index < 3; index++) sink.write(line(index), 9);
    await sink.close();
  } finally {
    process.chdir(before);
  }
  assert.deepEqual([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')], [lines(0, 2), line(2)]);
});

test('R25 of two sinks on one file, one rotates it and the other follows: each line is in one of the files, once', async () => {
  const path = join(folder, 'shared.log');
  const options = { path, maxBytes: 100, maxFiles: 50, batchChars: 1 };
  const sinks = [fileSink(options), fileSink(options)];
  for (let index = 0; index < 200; index++) {
    const sink = sinks[index % 2]!;
    sink.write(line(index), 9);
    sink.flushSync();
  }
  await Promise.all(sinks.map((sink) => sink.close()));
  const files = readdirSync(folder).filter((name) => name.startsWith('shared.log'));
  assert.ok(files.length > 15 && files.length < 25, `${files.length} files`);
  const found = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1));
  assert.deepEqual(found.sort(), lines(0, 200).split('\n').slice(0, -1));
});

test('R25 while another process moves the files, a sink goes on in the one it has; one that was killed at it is not waited for', async (t) => {
  const path = join(folder, 'locked.log');
  const lock = `${path}.lock`;
  writeFileSync(lock, '');
  const sink = fileSink({ path, maxBytes: 15, batchChars: 1 });
  for (let index = 0; index < 5; index++) sink.write(line(index), 9);
  assert.equal(readFileSync(path, 'utf8'), lines(0, 5));
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_000 });
  sink.write(line(5), 9);
  await sink.close();
  assert.deepEqual([readFileSync(`${path}.1`, 'utf8'), existsSync(lock)], [lines(0, 6), false]);
});

test('R25 while no new file can be made, lines go on into the old one, no old file is lost, and a warning says so', async () => {
  const path = join(folder, 'sub/rotating.log');
  mkdirSync(join(folder, 'sub'));
  writeFileSync(`${path}.1`, 'old\n');
  const sink = fileSink({ path, maxBytes: 15, maxFiles: 2, batchChars: 1 });
  const warning = once(process, 'warning');
  renameSync(join(folder, 'sub'), join(folder, 'away'));
  for (let index = 0; index < 10; index++) sink.write(line(index), 9);
  sink.flushSync();
  assert.equal(((await warning)[0] as { code?: string }).code, 'BREAKWATER_LOG_FILE');
  assert.equal(readFileSync(join(folder, 'away/rotating.log.1'), 'utf8'), 'old\n');
  assert.equal(readFileSync(join(folder, 'away/rotating.log'), 'utf8'), lines(0, 10));
  mkdirSync(join(folder, 'sub'));
  sink.flushSync();
  sink.write(line(10), 9);
  await sink.close();
  assert.equal(readFileSync(path, 'utf8'), line(10));
});

test('R25 where no lock can be made nobody moves files, and a warning says so', async () => {
  // With `.lock` behind it, longer than a name may be.
  const path = join(folder, 'n'.repeat(252));
  const warning = once(process, 'warning');
  const sink = fileSink({ path, maxBytes: 15, batchChars: 1 });
  for (let index = 0; index < 5; index++) sink.write(line(index), 9);
  await sink.close();
  assert.equal(((await warning)[0] as { code?: string }).code, 'BREAKWATER_LOG_FILE');
  assert.equal(readFileSync(path, 'utf8'), lines(0, 5));
  assert.ok(!existsSync(`${path}.1`));
});

test('R7 wrong and unknown options of sinks are named, and leave no file open', () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => stdoutSink({ whenFul: dropOldest() } as never), /stdoutSink\.whenFul: .*no such option/],
    [() => stdoutSink({ whenFull: 'spill' as never }), /stdoutSink\.whenFull: .*dropOldest/],
    [() => stdoutSink({ flushMs: 2 ** 31 }), /stdoutSink\.flushMs/],
    [() => stdoutSink({ fd: -1 }), /stdoutSink\.fd/],
    [() => fileSink({ path: '' }), /fileSink\.path/],
    [() => fileSink(undefined as never), /fileSink options/],
    [() => fileSink({ path: join(folder, 'never'), durable: 1 as never }), /fileSink\.durable/],
    [() => prettySink({ color: true } as never), /prettySink\.color: /],
    [() => memorySink({ maxRecords: 0 }), /memorySink\.maxRecords/],
    [() => teeSink([{ sink: memorySink(), form: 'error' } as never]), /branches\[0\]\.form/],
    [() => teeSink([{ sink: {} as never }]), /branches\[0\]\.sink/],
    [() => spill(''), /spill path/],
    [() => spill('x', { maxByte: 1 } as never), /spill\.maxByte/],
  ];
  for (const [call, message] of wrong) assert.throws(call, message);
  assert.ok(!existsSync(join(folder, 'never')));
  assert.throws(() => fileSink({ path: '/dev/null', durable: true }), { code: 'EINVAL' });
  const whenFull = spill(join(folder, 'free-again'));
  assert.throws(() => fileSink({ path: join(folder, 'no/such'), whenFull }), { code: 'ENOENT' });
  assert.throws(() => fileSink({ path: join(folder, 'no/such'), whenFull }), { code: 'ENOENT' });
});

test('R26 a tee sends by level; its counts are the sums of its branches', async () => {
  const all = memorySink({ name: 'all' });
  const errors = memorySink({ name: 'errors' });
  const tee = teeSink([
    { sink: all, below: 'error' },
    { sink: errors, from: 'error' },
  ]);
  tee.write('a\n', 9);
  tee.write('b\n', 17);
  assert.deepEqual([all.lines, errors.lines], [['a\n'], ['b\n']]);
  assert.equal(tee.counts().written, 2);
  await tee.close();
});

test('R26 a branch that throws keeps nothing from the others; sinks of one name, and one in two branches, count once', () => {
  const fail = (): never => {
    throw new Error('no');
  };
  const bad = { ...memorySink(), write: fail, flushSync: fail };
  let flushed = 0;
  const good = { ...memorySink(), flushSync: () => void flushed++ };
  const tee = teeSink([{ sink: bad }, { sink: good, below: 'warn' }, { sink: good, from: 'warn' }]);
  assert.throws(() => tee.write('a\n', 9), /no/);
  assert.throws(() => tee.flushSync(), /no/);
  assert.deepEqual([good.lines, flushed, tee.counts().written], [['a\n'], 1, 1]);
});

test('R15 the pretty form shows controls as escapes', () => {
  const text = toPretty(
    {
      timestamp: '2025-11-25T01:02:03.123Z',
      severityText: 'INFO',
      severityNumber: 9,
      body: 'a\u001b[2J\u202eb',
      resource: {},
      attributes: { k: 'x y', n: 1 },
    },
    false,
  );
  assert.equal(text, '01:02:03.123 INFO  a\\u001b[2J\\u202eb  k="x y" n=1\n');
});
