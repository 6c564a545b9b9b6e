import { type Batch, createBatch } from './batch.ts';
import { type DeliverOptions, deliver, type SendRows } from './deliver.ts';
import type { RowEncoder } from './encode-logs.ts';
import { StoreOverloadedError, StoreRecordRefusedError, StoreUnavailableError } from './errors.ts';
import { RowWriter } from './row-writer.ts';

export interface TableWriterOptions<T> {
  readonly encoder: RowEncoder<T>;
  readonly send: SendRows;
  /** Rows at which a batch is sent at once. */
  readonly flushRows: number;
  /** No row waits longer than this for its batch to be sent, while the store keeps up. */
  readonly flushIntervalMs: number;
  readonly maxPendingRows: number;
  /** Unique for every start of the server: the head of the deduplication tokens. */
  readonly instance: string;
  readonly now: () => number;
  /** Calls back once after some time. Returns the function that cancels it. */
  readonly schedule: (ms: number, callback: () => void) => () => void;
  readonly hopeless: () => boolean;
  readonly onStored: () => void;
  readonly log: (line: string) => void;
}

/** Collects the records of many calls into few inserts, one at a time, in order. */
export interface TableWriter<T> {
  /**
   * Resolves when the records are durable. Rejects with StoreOverloadedError or StoreUnavailableError (try again), or
   * with StoreRecordRefusedError (do not).
   */
  append(records: readonly T[]): Promise<void>;
  hasRoom(): boolean;
  /** The store is in trouble, or was until a moment ago. */
  readonly troubled: boolean;
  /** Takes no more, sends what is there, and resolves when everything is settled. */
  close(): Promise<void>;
}

const FLUSH_BYTES = 16 * 1024 * 1024;
/** While an insert is under way the next batch grows up to these; then another one is begun. */
const MAX_BATCH_FACTOR = 4;
const MAX_BATCH_BYTES = 48 * 1024 * 1024;
const MAX_PENDING_BYTES = 256 * 1024 * 1024;
/** So long a batch stays open at least, for calls that arrive together. */
const SETTLE_MS = 5;
/** After a tiny insert the table rests this many times as long as it took: at most a fifth of the time goes into such. */
const REST_FACTOR = 4;
/** Share of `flushRows` from which on an insert is not small: the work for its rows outweighs that for its part. */
const SMALL_SHARE = 0.25;
/** Trouble that lasts longer is told to new callers at once. */
const REFUSE_AFTER_MS = 10_000;
const REFUSE_FOR_MS = 2_000;
const FIRST_BUFFER_BYTES = 64 * 1024;

/**
 * When a batch is sent: at once when it has `flushRows` rows or 16 MiB; otherwise as soon as the table has rested, and
 * at the latest after `flushIntervalMs`. The rest is up to four times the duration of the last insert, the longer the
 * smaller that insert was, and none from a quarter of `flushRows` on. So a single sender that waits for each answer gets
 * it within tens of milliseconds, a trickle makes few parts, and many senders together are not held up.
 */
export function createTableWriter<T>(options: TableWriterOptions<T>): TableWriter<T> {
  const { encoder, now } = options;
  const full: Batch[] = [];
  let open: Batch | undefined;
  let spare: RowWriter | undefined;
  let cancelTimer: (() => void) | undefined;
  let sending = false;
  let restUntil = 0;
  let pendingRows = 0;
  let pendingBytes = 0;
  let sequence = 0;
  let closed = false;
  let troubleSince: number | undefined;
  let refuseUntil = 0;
  let lastTrouble: StoreUnavailableError['code'] = 'STORE_UNAVAILABLE';
  let onIdle: (() => void) | undefined;

  const deliverOptions: DeliverOptions = {
    send: options.send,
    now,
    wait: (ms) => new Promise((done) => void options.schedule(ms, done)),
    hopeless: options.hopeless,
    onTrouble(failure, lastsMs, error) {
      if (troubleSince === undefined) {
        const reason = error instanceof Error ? error.message : String(error);
        options.log(`store: insert into ${encoder.table} failed, trying again: ${reason.slice(0, 300)}`);
      }
      lastTrouble = failure === 'disk_full' ? 'STORE_DISK_FULL' : 'STORE_UNAVAILABLE';
      troubleSince = now() - lastsMs;
    },
  };

  async function send(batch: Batch): Promise<void> {
    const startedAt = now();
    const rows = batch.rowStarts.length;
    const gaveUp = await deliver(batch, `${options.instance}-${encoder.table}-${sequence++}`, deliverOptions);
    pendingRows -= rows;
    pendingBytes -= batch.writer.position;
    if (gaveUp === undefined) {
      if (troubleSince !== undefined) {
        options.log(`store: inserts into ${encoder.table} work again`);
      }
      troubleSince = undefined;
      options.onStored();
    } else {
      options.log(`store: gave up an insert of ${rows} rows into ${encoder.table}: ${gaveUp.message.slice(0, 300)}`);
      refuseUntil = now() + REFUSE_FOR_MS;
      troubleSince = undefined;
    }
    if (batch.writer.capacity <= MAX_BATCH_BYTES) {
      spare = batch.writer;
    }
    const smallness = Math.max(0, 1 - rows / (options.flushRows * SMALL_SHARE));
    restUntil = now() + Math.min(options.flushIntervalMs, (now() - startedAt) * REST_FACTOR * smallness);
  }

  function isFull(batch: Batch, factor: number): boolean {
    return batch.rowStarts.length >= options.flushRows * factor || batch.writer.position >= FLUSH_BYTES * factor;
  }

  /** Sends the next batch if one is due, else sees to it that this is called when it will be. */
  function pump(): void {
    if (sending) {
      return;
    }
    cancelTimer?.();
    cancelTimer = undefined;
    let next = full.shift();
    if (next === undefined && open !== undefined) {
      const latest = open.openedAt + options.flushIntervalMs;
      const waitMs = Math.min(latest, Math.max(open.openedAt + SETTLE_MS, restUntil)) - now();
      if (waitMs <= 0 || closed || isFull(open, 1)) {
        next = open;
        open = undefined;
      } else {
        cancelTimer = options.schedule(waitMs, pump);
        return;
      }
    }
    if (next === undefined) {
      onIdle?.();
      return;
    }
    sending = true;
    void send(next).then(() => {
      sending = false;
      pump();
    });
  }

  function admit(rows: number): Error | undefined {
    if (closed) {
      return new StoreUnavailableError('STORE_CLOSED', 'the store is closed', 5);
    }
    const stuck = troubleSince !== undefined && now() - troubleSince >= REFUSE_AFTER_MS;
    if (stuck || now() < refuseUntil) {
      return new StoreUnavailableError(lastTrouble, `the store cannot write to ${encoder.table} at the moment`, 5);
    }
    // A single call that is larger than the limit is taken when nothing else waits, or it could never be.
    if (pendingRows > 0 && (pendingRows + rows > options.maxPendingRows || pendingBytes >= MAX_PENDING_BYTES)) {
      return new StoreOverloadedError(`${pendingRows} rows wait to be written to ${encoder.table}`, 1);
    }
    return undefined;
  }

  /** Encodes all records at the end of the batch, or throws and leaves it as it was. */
  function encode(batch: Batch, records: readonly T[]): void {
    const { writer, rowStarts } = batch;
    const firstRow = rowStarts.length;
    const start = writer.position;
    try {
      for (const record of records) {
        rowStarts.push(writer.position);
        encoder.encode(writer, record);
        if (writer.position - start > MAX_PENDING_BYTES) {
          throw new RangeError(
            `the records take more than ${MAX_PENDING_BYTES} bytes in the store: send fewer at once`,
          );
        }
      }
    } catch (error) {
      rowStarts.length = firstRow;
      writer.position = start;
      const reason = error instanceof Error ? error.message : String(error);
      throw new StoreRecordRefusedError(records.length, `records cannot be encoded: ${reason}`, { cause: error });
    }
    pendingRows += records.length;
    pendingBytes += writer.position - start;
  }

  return {
    append(records) {
      if (records.length === 0) {
        return Promise.resolve();
      }
      const refusal = admit(records.length);
      if (refusal !== undefined) {
        return Promise.reject(refusal);
      }
      const batch = open ?? createBatch(spare ?? new RowWriter(FIRST_BUFFER_BYTES), now());
      if (open === undefined) {
        spare = undefined;
      }
      const firstRow = batch.rowStarts.length;
      try {
        encode(batch, records);
      } catch (error) {
        return Promise.reject(error);
      }
      open = isFull(batch, MAX_BATCH_FACTOR) ? undefined : batch;
      if (open === undefined) {
        full.push(batch);
      }
      return new Promise((resolve, reject) => {
        batch.calls.push({ firstRow, endRow: batch.rowStarts.length, resolve, reject });
        if (cancelTimer === undefined || open === undefined || isFull(batch, 1)) {
          pump();
        }
      });
    },
    hasRoom: () => admit(1) === undefined,
    get troubled() {
      return troubleSince !== undefined || now() < refuseUntil;
    },
    close() {
      closed = true;
      return new Promise((resolve) => {
        onIdle = resolve;
        pump();
      });
    },
  };
}
