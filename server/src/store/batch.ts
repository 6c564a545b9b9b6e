import type { RowWriter } from './row-writer.ts';

/** One caller's records in a batch. */
export interface Call {
  readonly firstRow: number;
  readonly endRow: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Encoded rows of several calls, sent as one insert. */
export interface Batch {
  readonly writer: RowWriter;
  /** Where each row begins in the writer. */
  readonly rowStarts: number[];
  readonly calls: Call[];
  /** When the first call came. */
  readonly openedAt: number;
}

export function createBatch(writer: RowWriter, now: number): Batch {
  writer.position = 0;
  return { writer, rowStarts: [], calls: [], openedAt: now };
}

/** The bytes of the rows from `firstRow` up to, not including, `endRow`. */
export function bytesOfRows(batch: Batch, firstRow: number, endRow: number): Buffer {
  const start = batch.rowStarts[firstRow] ?? batch.writer.position;
  return batch.writer.view(start, batch.rowStarts[endRow] ?? batch.writer.position);
}
