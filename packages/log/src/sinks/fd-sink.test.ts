import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { dropLowest, dropOldest, spill } from '../full.ts';
import { openBacklog } from './buffer-options.ts';
import { createFdSink, type Target } from './fd-sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-log-fd-sink-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What a test does: says a line with so many further characters, gives room for so many bytes, or flushes. */
type Act = { readonly say: number; readonly severity: number } | { readonly room: number } | 'flush';

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ say: fc.nat(60), severity: fc.constantFrom(5, 9, 13, 17) }) },
    { weight: 1, arbitrary: fc.record({ say: fc.constantFrom(400, 20_000, 100_000), severity: fc.constant(9) }) },
    { weight: 3, arbitrary: fc.record({ room: fc.nat(300) }) },
    { weight: 1, arbitrary: fc.constant('flush' as const) },
  ),
  { maxLength: 60, size: 'max' },
);

/** Takes as much as there is room for, some bytes at a time. */
function place(): Target & { bytes: Buffer[]; room: number } {
  return {
    bytes: [],
    room: 0,
    write(buffer, offset, length) {
      const taken = Math.min(this.room, length, 1 + (this.room % 97) * 50);
      if (taken === 0 && this.room % 2 === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      this.room -= taken;
      this.bytes.push(Buffer.from(buffer.subarray(offset, offset + taken)));
      return taken;
    },
  };
}

let files = 0;
const POLICIES = {
  'none, with room enough': () => ({ maxBufferChars: 1e8 }),
  'none, with little': () => ({ maxBufferChars: 500 }),
  dropOldest: () => ({ maxBufferChars: 500, whenFull: dropOldest() }),
  dropLowest: () => ({ maxBufferChars: 500, whenFull: dropLowest() }),
  spill: () => ({ maxBufferChars: 500, whenFull: spill(join(folder, `lines-${files++}`)) }),
} as const;

for (const [name, optionsOf] of Object.entries(POLICIES)) {
  test(`R24 whatever a place takes and when, lines are written whole, once and in order, and the counts add up: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(acts, fc.constantFrom(1, 50, 1000, 400_000), async (script, batchChars) => {
        const options = { name: 'test', batchChars, blockMs: 1, flushMs: 60_000, ...optionsOf() };
        const target = place();
        const sink = createFdSink(target, options, openBacklog(options));
        const lines: string[] = [];
        const isWhole = (): void => {
          const { emitted, written, pending, dropped } = sink.counts();
          assert.equal(emitted, lines.length);
          assert.equal(emitted, written + pending + (dropped['queue-full'] ?? 0));
          const text = Buffer.concat(target.bytes).toString();
          assert.equal(text.split('\n').length - 1, written);
        };
        for (const act of script) {
          if (act === 'flush') sink.flushSync();
          else if ('room' in act) target.room += act.room;
          else {
            lines.push(`${lines.length} ${'ü'.repeat(act.say)}\n`);
            sink.write(lines.at(-1)!, act.severity);
          }
          isWhole();
        }
        target.room = 1e9;
        await sink.close();
        isWhole();
        const { pending, dropped } = sink.counts();
        assert.equal(pending, 0);
        if (name === 'spill' || name === 'none, with room enough') assert.deepEqual(dropped, {});
        const found = Buffer.concat(target.bytes)
          .toString()
          .split(/(?<=\n)/);
        let last = -1;
        for (const line of found.filter((text) => text !== '')) {
          const index = Number.parseInt(line, 10);
          assert.ok(index > last);
          assert.equal(line, lines[index]);
          last = index;
        }
      }),
      { numRuns: 40 },
    );
  });
}

test('R24 a place that was full is tried again soon, however rarely a batch is due', async () => {
  const target = place();
  const options = { name: 'test', flushMs: 2 ** 31 - 1, batchChars: 6, whenFull: dropOldest() };
  const sink = createFdSink(target, options, openBacklog(options));
  target.room = 1;
  sink.write('one\n', 9);
  sink.write('two\n', 9);
  assert.equal(sink.counts().pending, 2);
  target.room = 1e6;
  const until = performance.now() + 2000;
  while (sink.counts().pending > 0 && performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(Buffer.concat(target.bytes).toString(), 'one\ntwo\n');
  await sink.close();
});

test('R21 a place that goes while the buffer is made room in: all lines are counted, and it is left alone', async () => {
  let settled = 0;
  const target: Target = {
    write: () => {
      throw Object.assign(new Error('gone'), { code: 'EPIPE' });
    },
    settled: () => void settled++,
  };
  const sink = createFdSink(target, { name: 'test', batchChars: 1e6 }, undefined);
  sink.write(`${'a'.repeat(20_000)}\n`, 9);
  assert.deepEqual(sink.counts().dropped, {});
  sink.write(`${'ü'.repeat(100_000)}\n`, 9);
  assert.deepEqual(sink.counts().dropped, { broken: 2 });
  sink.write('later\n', 9);
  sink.flushSync();
  await sink.flush();
  await sink.close();
  assert.deepEqual(sink.counts(), { emitted: 3, written: 0, pending: 0, dropped: { broken: 3 } });
  assert.equal(settled, 0);
});
