import { existsSync } from 'node:fs';
import type { DropReason } from '../../sink.ts';
import { countLines } from '../count-lines.ts';

/** What the main thread and the worker share. Positions count bytes since the beginning, modulo 2^32. */
export interface Shared {
  readonly control: SharedArrayBuffer;
  /** Lines that are not confirmed yet; a power of two. */
  readonly ring: SharedArrayBuffer;
}

/** Cells of `control`, 32 bits each. */
export const CELL = {
  /** End of what was put in. Moved by the main thread. */
  tail: 0,
  /** End of what its place has taken. Moved by the holder of the lock. */
  taken: 1,
  /** End of what is written for good; what is before is free. Moved by the holder of the lock. */
  done: 2,
  /** Who may write to the place: nobody, the worker, the main thread. */
  lock: 3,
  /** The main thread wants the lock. */
  wanted: 4,
  /** The worker sleeps and wants a message when there is something. */
  idle: 5,
  /** The worker has begun its work. */
  ready: 6,
  /** The place is gone. */
  broken: 7,
  /** File descriptor of the place; changes when the file rotates. */
  fd: 8,
  /** The line the module was given last, and whether there was one. */
  suspect: 9,
  suspected: 10,
  /** A line the module is not given again, and whether there is one. */
  skip: 11,
  skipped: 12,
  /** The worker's thread as the kernel knows it; 0 where that cannot be said. */
  thread: 13,
  /** From here on, drops by the sink in the worker, one cell per reason. */
  drops: 16,
} as const;

/** Index in the floating-point view: bytes in the file. Under the lock. */
export const SIZE = 32;
export const CONTROL_BYTES = 512;

export const NEWLINE = 10;

export const FREE = 0;
export const WORKER = 1;
export const MAIN = 2;

export const REASONS: readonly DropReason[] = [
  'sampled',
  'request-ok',
  'queue-full',
  'closed',
  'broken',
  'rejected',
  'timeout',
  'failed',
  'worker-died',
];

export interface Views {
  readonly cells: Int32Array;
  readonly numbers: Float64Array;
  readonly bytes: Uint8Array;
}

export function viewsOf({ control, ring }: Shared): Views {
  return { cells: new Int32Array(control), numbers: new Float64Array(control), bytes: new Uint8Array(ring) };
}

/** Bytes from one position to a later one. */
export function between(from: number, to: number): number {
  return (to - from) >>> 0;
}

/** The bytes from `from` on, at most `length`, up to the end of the ring at most: they begin anew there. */
export function sliceOf({ bytes }: Views, from: number, length: number): Uint8Array {
  const start = (from >>> 0) & (bytes.length - 1);
  return bytes.subarray(start, Math.min(bytes.length, start + length));
}

/**
 * Puts in the lines that there is room for, and says how many bytes that was. A line is put in whole, so that it is written
 * whole where others write too; one that is longer than the ring, in pieces.
 */
export function put(views: Views, source: Uint8Array, offset: number, length: number): number {
  const { cells, bytes } = views;
  const tail = Atomics.load(cells, CELL.tail);
  const room = bytes.length - between(Atomics.load(cells, CELL.done), tail);
  let count = length;
  if (room < length) {
    count = source.subarray(offset, offset + room).lastIndexOf(NEWLINE) + 1;
    if (count === 0 && room === bytes.length) count = room;
  }
  for (let at = 0; at < count; ) {
    const slice = sliceOf(views, tail + at, count - at);
    slice.set(source.subarray(offset + at, offset + at + slice.length));
    at += slice.length;
  }
  if (count > 0) Atomics.store(cells, CELL.tail, (tail + count) | 0);
  return count;
}

/** Ends of lines between two positions. */
export function linesBetween(views: Views, from: number, to: number): number {
  let count = 0;
  for (let at = from, left = between(from, to); left > 0; ) {
    const slice = sliceOf(views, at, left);
    count += countLines(slice, 0, slice.length);
    at += slice.length;
    left -= slice.length;
  }
  return count;
}

/** The bytes between two positions, copied. */
export function copyOf(views: Views, from: number, to: number): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = from, left = between(from, to); left > 0; ) {
    const slice = sliceOf(views, at, left);
    parts.push(slice);
    at += slice.length;
    left -= slice.length;
  }
  return Buffer.concat(parts);
}

export function unlock({ cells }: Views): void {
  Atomics.store(cells, CELL.lock, FREE);
  Atomics.notify(cells, CELL.lock);
}

/**
 * Whether the worker's thread has ended, which the event loop would tell later. Linux knows; elsewhere the answer is no.
 */
export function isDead({ cells }: Views): boolean {
  const thread = Atomics.load(cells, CELL.thread);
  return thread > 0 && !existsSync(`/proc/self/task/${thread}`);
}

/** Gives the lock of a worker that has ended back. */
export function unlockDead(views: Views): void {
  if (isDead(views) && Atomics.compareExchange(views.cells, CELL.lock, WORKER, FREE) === WORKER)
    Atomics.notify(views.cells, CELL.lock);
}

/** Gives up what is before a position. */
export function skipTo({ cells }: Views, position: number): void {
  Atomics.store(cells, CELL.taken, position);
  Atomics.store(cells, CELL.done, position);
}
