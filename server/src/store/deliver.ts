import { type Batch, bytesOfRows } from './batch.ts';
import { StoreRecordRefusedError, StoreUnavailableError } from './errors.ts';
import { type InsertFailure, toInsertFailure } from './insert-failure.ts';

/** Sends rows as one insert. A repeat with the same token must not store them twice. */
export type SendRows = (rows: Buffer, token: string) => Promise<void>;

export interface DeliverOptions {
  readonly send: SendRows;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** True: trying again is pointless (the engine failed for good, or the store must close now). */
  readonly hopeless: () => boolean;
  /** Called after each failed try, with how long the trouble lasts already. */
  readonly onTrouble: (failure: InsertFailure, lastsMs: number, error: unknown) => void;
}

const FIRST_WAIT_MS = 50;
const LAST_WAIT_MS = 1_000;
const GIVE_UP_AFTER_MS = 30_000;
const DISK_FULL_GIVE_UP_AFTER_MS = 3_000;
const MEMORY_TRIES = 4;
/** So many refused rows in one batch are not single bad records: the rest is given up unsent. */
const MAX_REFUSED_ROWS = 50;

/**
 * Brings a batch into the store: the same bytes with the same token again while the store is in trouble, halves where
 * it refuses the content. Settles every call of the batch. Returns the failure that made it give up, or undefined.
 */
export async function deliver(
  batch: Batch,
  token: string,
  options: DeliverOptions,
): Promise<StoreUnavailableError | undefined> {
  const refused = new Map<number, unknown>();
  let gaveUp: StoreUnavailableError | undefined;
  let undelivered = 0;
  const sendRange = async (firstRow: number, endRow: number): Promise<void> => {
    if (gaveUp !== undefined || refused.size >= MAX_REFUSED_ROWS) {
      undelivered += endRow - firstRow;
      return;
    }
    const whole = endRow - firstRow === batch.rowStarts.length;
    const rangeToken = whole ? token : `${token}.${firstRow}-${endRow}`;
    const outcome = await sendUntilDecided(bytesOfRows(batch, firstRow, endRow), rangeToken, options);
    if (outcome.kind === 'gave_up') {
      gaveUp = outcome.error;
      undelivered += endRow - firstRow;
    } else if (outcome.kind === 'refused') {
      if (endRow - firstRow === 1) {
        refused.set(firstRow, outcome.error);
        return;
      }
      const middle = (firstRow + endRow) >>> 1;
      await sendRange(firstRow, middle);
      await sendRange(middle, endRow);
    }
  };
  await sendRange(0, batch.rowStarts.length);

  for (const call of batch.calls) {
    const bad = [...refused.keys()].filter((row) => row >= call.firstRow && row < call.endRow);
    if (bad.length > 0) {
      const cause = refused.get(bad[0] as number);
      call.reject(new StoreRecordRefusedError(bad.length, `the store refused records: ${text(cause)}`, { cause }));
    } else if (gaveUp !== undefined) {
      call.reject(gaveUp);
    } else if (undelivered > 0) {
      const cause = [...refused.values()][0];
      const message = `the store refuses every record: ${text(cause)}`;
      call.reject(new StoreRecordRefusedError(call.endRow - call.firstRow, message, { cause }));
    } else {
      call.resolve();
    }
  }
  return gaveUp;
}

type Outcome =
  | { readonly kind: 'stored' }
  | { readonly kind: 'refused'; readonly error: unknown }
  | { readonly kind: 'gave_up'; readonly error: StoreUnavailableError };

async function sendUntilDecided(rows: Buffer, token: string, options: DeliverOptions): Promise<Outcome> {
  let firstFailureAt: number | undefined;
  for (let tries = 1; ; tries++) {
    try {
      await options.send(rows, token);
      return { kind: 'stored' };
    } catch (error) {
      const failure = toInsertFailure(error);
      if (failure === 'refused' || (failure === 'memory' && tries >= MEMORY_TRIES)) {
        return { kind: 'refused', error };
      }
      firstFailureAt ??= options.now();
      const lastsMs = options.now() - firstFailureAt;
      options.onTrouble(failure, lastsMs, error);
      const limitMs = failure === 'disk_full' ? DISK_FULL_GIVE_UP_AFTER_MS : GIVE_UP_AFTER_MS;
      if (lastsMs >= limitMs || options.hopeless()) {
        return { kind: 'gave_up', error: toUnavailable(failure, error) };
      }
      await options.wait(Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)));
    }
  }
}

function toUnavailable(failure: InsertFailure, cause: unknown): StoreUnavailableError {
  return failure === 'disk_full'
    ? new StoreUnavailableError('STORE_DISK_FULL', `no space left for the store: ${text(cause)}`, 30, { cause })
    : new StoreUnavailableError('STORE_UNAVAILABLE', `the store cannot be reached: ${text(cause)}`, 5, { cause });
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
