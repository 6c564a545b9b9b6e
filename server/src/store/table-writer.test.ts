import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RowEncoder } from './encode-logs.ts';
import { StoreOverloadedError, StoreRecordRefusedError, StoreUnavailableError } from './errors.ts';
import { createTableWriter, type TableWriter } from './table-writer.ts';
import { createManualClock, type ManualClock, settle } from './testing/manual-clock.ts';
import { createRowReader } from './testing/row-reader.ts';

const encoder: RowEncoder<string> = {
  table: 'things',
  columns: [['text', 'String']],
  encode(writer, text) {
    if (text === 'unencodable') {
      throw new TypeError('no such text');
    }
    writer.string(text);
  },
};

const clickhouseError = (code: number, message = 'no'): Error =>
  Object.assign(new Error(message), { code: String(code), type: 'SOME_TYPE' });
const BROKEN = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

interface Sent {
  readonly texts: string[];
  readonly token: string;
}

function setUp(options: { flushRows?: number; maxPendingRows?: number; hopeless?: () => boolean } = {}): {
  writer: TableWriter<string>;
  clock: ManualClock;
  sent: Sent[];
  /** How inserts end from now on. Default: at once, well. */
  answer: (next: (sent: Sent) => Promise<void>) => void;
} {
  const clock = createManualClock();
  const sent: Sent[] = [];
  let next: (sent: Sent) => Promise<void> = async () => {};
  const writer = createTableWriter({
    encoder,
    send(rows, token) {
      const reader = createRowReader(rows);
      const texts: string[] = [];
      while (!reader.atEnd()) {
        texts.push(reader.string());
      }
      sent.push({ texts, token });
      return next({ texts, token });
    },
    flushRows: options.flushRows ?? 10,
    flushIntervalMs: 1_000,
    maxPendingRows: options.maxPendingRows ?? 100,
    instance: 'start',
    now: clock.now,
    schedule: clock.schedule,
    hopeless: options.hopeless ?? (() => false),
    onStored: () => {},
    log: () => {},
  });
  return { writer, clock, sent, answer: (replacement) => (next = replacement) };
}

const many = (count: number, text = 't'): string[] => Array.from({ length: count }, (_, i) => `${text}${i}`);

describe('a table writer', () => {
  it('puts calls that come together into one insert, and answers all of them after it', async () => {
    const { writer, clock, sent, answer } = setUp();
    let finish = (): void => {};
    answer(() => new Promise((done) => (finish = done)));
    const answered: string[] = [];
    const calls = [
      writer.append(['a', 'b']).then(() => answered.push('first')),
      writer.append(['c']).then(() => answered.push('second')),
    ];
    await clock.advance(5);
    assert.deepEqual(
      sent.map(({ texts }) => texts),
      [['a', 'b', 'c']],
    );
    assert.deepEqual(answered, []);
    finish();
    await Promise.all(calls);
    assert.deepEqual(answered, ['first', 'second']);
  });

  it('sends a full batch at once', async () => {
    const { writer, sent } = setUp({ flushRows: 10 });
    await writer.append(many(10));
    assert.equal(sent.length, 1);
  });

  it('rests after an insert for four times as long as it took, at most the flush interval', async () => {
    for (const [insertMs, restMs] of [
      [20, 80],
      [600, 1_000],
    ] as const) {
      const { writer, clock, sent, answer } = setUp({ flushRows: 4e9 });
      answer(() => new Promise((done) => void clock.schedule(insertMs, done)));
      void writer.append(['a']);
      await clock.advance(5 + insertMs);
      void writer.append(['b']);
      await clock.advance(restMs - 1);
      assert.equal(sent.length, 1);
      await clock.advance(1);
      assert.equal(sent.length, 2);
      await clock.advance(insertMs);
      await clock.advance(5_000);
      void writer.append(['after a long rest']);
      await clock.advance(5);
      assert.equal(sent.length, 3);
      await clock.advance(insertMs);
    }
  });

  it('rests less after a larger insert, and not after one of a quarter of a full batch', async () => {
    for (const [rows, restMs] of [
      [5, 40],
      [10, 5],
    ] as const) {
      const { writer, clock, sent, answer } = setUp({ flushRows: 40 });
      answer(() => new Promise((done) => void clock.schedule(20, done)));
      void writer.append(many(rows));
      await clock.advance(5 + 20);
      void writer.append(['b']);
      await clock.advance(restMs - 1);
      assert.equal(sent.length, 1, `${rows} rows`);
      await clock.advance(1);
      assert.equal(sent.length, 2, `${rows} rows`);
      await clock.advance(20);
    }
  });

  it('has one insert under way, and lets the next batch grow meanwhile', async () => {
    const { writer, sent, answer } = setUp({ flushRows: 10 });
    const finish: (() => void)[] = [];
    answer(() => new Promise((done) => finish.push(done)));
    const calls = [10, 10, 10, 10, 10].map((count) => writer.append(many(count)));
    assert.equal(sent.length, 1);
    finish[0]?.();
    await settle();
    assert.deepEqual(
      sent.map(({ texts }) => texts.length),
      [10, 40],
    );
    finish[1]?.();
    await Promise.all(calls);
  });

  it('uses another token for every batch, and begins it with the name of this start', async () => {
    const { writer, sent } = setUp({ flushRows: 1 });
    await writer.append(['a']);
    await writer.append(['b']);
    assert.deepEqual(
      sent.map(({ token }) => token),
      ['start-things-0', 'start-things-1'],
    );
  });

  it('repeats the same batch with the same token until the store is back', async () => {
    const { writer, clock, sent, answer } = setUp({ flushRows: 1 });
    answer((batch) =>
      sent.length < 5 ? Promise.reject(BROKEN) : batch.texts.length > 0 ? Promise.resolve() : Promise.reject(BROKEN),
    );
    const call = writer.append(['a']);
    assert.equal(writer.troubled, false);
    await clock.advance(1);
    assert.equal(writer.troubled, true);
    await clock.advance(3_000);
    await call;
    assert.equal(sent.length, 5);
    assert.equal(new Set(sent.map(({ token, texts }) => token + texts)).size, 1);
    assert.equal(writer.troubled, false);
  });

  it('gives up after 30 s, tells so, and refuses new calls for a moment', async () => {
    const { writer, clock, answer } = setUp({ flushRows: 1 });
    answer(() => Promise.reject(BROKEN));
    const call = assert.rejects(writer.append(['a']), (error: unknown) => {
      assert.ok(error instanceof StoreUnavailableError);
      assert.equal(error.code, 'STORE_UNAVAILABLE');
      assert.ok(error.retryAfterSeconds > 0);
      assert.equal(error.cause, BROKEN);
      return true;
    });
    await clock.advance(12_000);
    assert.equal(writer.hasRoom(), false);
    await assert.rejects(writer.append(['b']), StoreUnavailableError);
    await clock.advance(30_000);
    await call;
    answer(async () => {});
    await writer.append(['c']);
    assert.equal(writer.hasRoom(), true);
  });

  it('gives up at once where it is hopeless', async () => {
    const { writer, answer } = setUp({ flushRows: 1, hopeless: () => true });
    answer(() => Promise.reject(BROKEN));
    await assert.rejects(writer.append(['a']), StoreUnavailableError);
    assert.equal(writer.hasRoom(), false);
  });

  it('says that the disk is full, and works again when it is not', async () => {
    const { writer, clock, answer } = setUp({ flushRows: 1 });
    answer(() => Promise.reject(clickhouseError(243)));
    const call = assert.rejects(writer.append(['a']), { code: 'STORE_DISK_FULL' });
    await clock.advance(5_000);
    await call;
    await assert.rejects(setUpRefusal(writer), { code: 'STORE_DISK_FULL' });
    await clock.advance(2_000);
    answer(async () => {});
    await writer.append(['b']);
  });

  function setUpRefusal(writer: TableWriter<string>): Promise<void> {
    return writer.append(['refused without a try']);
  }

  it('finds the one record the store refuses, stores all others, and tells only its caller', async () => {
    const { writer, clock, sent, answer } = setUp({ flushRows: 1_000, maxPendingRows: 1_000 });
    const stored: string[] = [];
    answer(async ({ texts }) => {
      if (texts.includes('b7')) {
        throw clickhouseError(117, 'Incorrect data');
      }
      stored.push(...texts);
    });
    const calls = [writer.append(many(20, 'a')), writer.append(many(20, 'b')), writer.append(many(20, 'c'))];
    const settled = Promise.allSettled(calls);
    await clock.advance(5);
    const [a, b, c] = await settled;
    assert.equal(a?.status, 'fulfilled');
    assert.equal(c?.status, 'fulfilled');
    assert.ok(b?.status === 'rejected' && b.reason instanceof StoreRecordRefusedError);
    assert.equal(b.reason.refusedRecords, 1);
    assert.match(b.reason.message, /Incorrect data/);
    assert.deepEqual(
      stored.sort(),
      [...many(20, 'a'), ...many(20, 'b'), ...many(20, 'c')].filter((text) => text !== 'b7').sort(),
    );
    assert.equal(new Set(sent.map(({ token }) => token)).size, sent.length);
    assert.ok(sent.length < 15, `${sent.length} inserts`);
  });

  it('does not send every record on its own when the store refuses them all', async () => {
    const { writer, sent, answer } = setUp({ flushRows: 1_000, maxPendingRows: 1_000 });
    answer(() => Promise.reject(clickhouseError(16)));
    await assert.rejects(writer.append(many(1_000)), StoreRecordRefusedError);
    assert.ok(sent.length < 200, `${sent.length} inserts`);
  });

  it('halves a batch that is too much for the memory of the store', async () => {
    const { writer, clock, sent, answer } = setUp({ flushRows: 100 });
    answer(async ({ texts }) => {
      if (texts.length > 50) {
        throw clickhouseError(241);
      }
    });
    const call = writer.append(many(100));
    await clock.advance(10_000);
    await call;
    assert.deepEqual(
      sent.map(({ texts }) => texts.length),
      [100, 100, 100, 100, 50, 50],
    );
  });

  it('takes nothing of a call with a record that cannot be encoded', async () => {
    const { writer, clock, sent } = setUp();
    const good = writer.append(['a']);
    await assert.rejects(writer.append(['b', 'unencodable']), (error: unknown) => {
      assert.ok(error instanceof StoreRecordRefusedError);
      assert.match(error.message, /no such text/);
      return true;
    });
    const other = writer.append(['c']);
    await clock.advance(5);
    await Promise.all([good, other]);
    assert.deepEqual(
      sent.map(({ texts }) => texts),
      [['a', 'c']],
    );
  });

  it('refuses more than it may hold, but one call of any size when it holds nothing', async () => {
    const { writer, clock, answer } = setUp({ flushRows: 10, maxPendingRows: 30 });
    let finish = (): void => {};
    answer(() => new Promise((done) => (finish = done)));
    const large = writer.append(many(50));
    assert.equal(writer.hasRoom(), false);
    await assert.rejects(writer.append(['x']), (error: unknown) => {
      assert.ok(error instanceof StoreOverloadedError);
      assert.equal(error.code, 'STORE_OVERLOADED');
      assert.ok(error.retryAfterSeconds > 0);
      return true;
    });
    finish();
    await large;
    await clock.advance(0);
    assert.equal(writer.hasRoom(), true);
  });

  it('writes what it has when it is closed, and takes no more', async () => {
    const { writer, sent } = setUp();
    const call = writer.append(['a']);
    await writer.close();
    await call;
    assert.equal(sent.length, 1);
    await assert.rejects(writer.append(['b']), { code: 'STORE_CLOSED' });
  });

  it('takes an empty call', async () => {
    const { writer, sent } = setUp();
    await writer.append([]);
    assert.equal(sent.length, 0);
  });
});
