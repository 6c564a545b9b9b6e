import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type BufferOptions, createFdSink, type Target } from './fd-sink.ts';
import { fileSink } from './file.ts';
import { memorySink } from './memory.ts';
import { toPretty } from './pretty.ts';
import { openSpill } from './spill.ts';
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

function setUp(target: Target, options: BufferOptions) {
  return createFdSink(target, { batchChars: 1, blockMs: 20, ...options }, undefined);
}

const line = (index: number): string => `line ${String(index).padStart(4, '0')}\n`;

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
  for (const whenFull of ['drop-oldest', 'drop-lowest'] as const) {
    const target = place(0);
    const sink = setUp(target, { whenFull, maxBufferChars: 40 });
    sink.write(line(0), 9);
    sink.write(line(1), 17);
    for (let index = 2; index < 10; index++) sink.write(line(index), 9);
    target.room = 1e6;
    await sink.flush();
    assert.equal(
      target.text,
      [0, ...(whenFull === 'drop-oldest' ? [6, 7, 8, 9] : [1, 7, 8, 9])]
        .map(line)
        .join('')
        .slice(0, target.text.length),
    );
    assert.deepEqual(sink.counts(), { emitted: 10, written: 5, pending: 0, dropped: { 'queue-full': 5 } });
    await sink.close();
  }
});

test('R24 block waits for room, at most so long, then counts the new line', async () => {
  const target = place(0);
  const sink = setUp(target, { whenFull: 'block', maxBufferChars: 10 });
  for (let index = 0; index < 3; index++) sink.write(line(index), 9);
  assert.deepEqual(sink.counts(), { emitted: 3, written: 0, pending: 2, dropped: { 'queue-full': 1 } });
  target.room = 1e6;
  await sink.close();
  assert.equal(target.text, line(0) + line(1));
});

test('R24 spill writes to a file what has no room, and brings it in, in order', async () => {
  const target = place(0);
  const spill = openSpill(join(folder, 'spill'), 1e6);
  const sink = createFdSink(target, { batchChars: 1, whenFull: 'spill', maxBufferChars: 20, blockMs: 20 }, spill);
  for (let index = 0; index < 50; index++) sink.write(line(index), 9);
  assert.equal(sink.counts().pending, 50);
  assert.ok(spill.lines >= 47);
  target.room = 1e6;
  await sink.flush();
  assert.equal(target.text, Array.from({ length: 50 }, (_, index) => line(index)).join(''));
  assert.equal(sink.counts().written, 50);
  await sink.close();
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
