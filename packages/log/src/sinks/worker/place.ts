import { fstatSync, fsyncSync, writeSync } from 'node:fs';
import { followFile, rotateFile } from '../rotate.ts';
import { between, CELL, copyOf, NEWLINE, SIZE, sliceOf, type Views } from './shared.ts';

/** How the bytes go to their place. */
export interface PlaceOptions {
  /** Of a file that rotates. */
  readonly path?: string | undefined;
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** Wait for the disk. */
  readonly durable: boolean;
}

const CHUNK = 262_144;

/** `moved` some bytes, `empty`: nothing to do, `full`: nothing taken for now, `broken`: the place is gone. */
export type Step = 'moved' | 'empty' | 'full' | 'broken';

/**
 * Writes one piece of what is in the ring to its place. The same in the worker and in the main thread: whoever calls it
 * holds the lock, and descriptor and size of the file are shared.
 */
export function step(views: Views, options: PlaceOptions): Step {
  const { cells, numbers } = views;
  const taken = Atomics.load(cells, CELL.taken);
  const left = between(taken, Atomics.load(cells, CELL.tail));
  const isConfirmed = Atomics.load(cells, CELL.done) === taken;
  if (left === 0 && isConfirmed) return 'empty';
  if (Atomics.load(cells, CELL.broken) === 1) return 'broken';
  // Written by a worker that died while it waited for the disk.
  if (!isConfirmed) return confirm(views, options, taken);
  if (options.path !== undefined) turnTo(views, (fd) => followFile(options.path!, fd));
  const piece = nextPiece(views, taken, left);
  let written: number;
  try {
    written = writeSync(Atomics.load(cells, CELL.fd), piece);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINTR') return 'moved';
    if (code === 'EAGAIN' || code === 'ENOSPC' || code === 'EDQUOT') return 'full';
    Atomics.store(cells, CELL.broken, 1);
    return 'broken';
  }
  if (written <= 0) return 'full';
  const end = (taken + written) | 0;
  Atomics.store(cells, CELL.taken, end);
  numbers[SIZE]! += written;
  if (confirm(views, options, end) === 'broken') return 'broken';
  if (options.path !== undefined && piece[written - 1] === NEWLINE && numbers[SIZE]! >= options.maxBytes)
    turnTo(views, (fd) => rotateFile(options.path!, fd, options.maxFiles));
  return 'moved';
}

/** Whole lines, or what there is of one that is longer than the ring. */
function nextPiece(views: Views, from: number, left: number): Uint8Array {
  const most = Math.min(left, CHUNK);
  const piece = sliceOf(views, from, most);
  const end = piece.lastIndexOf(NEWLINE);
  if (end !== -1) return piece.subarray(0, end + 1);
  // It goes on where the ring begins anew, or is a long one: written in two, another process could come between.
  for (const length of [most, left]) {
    const copy = copyOf(views, from, (from + length) | 0);
    const last = copy.lastIndexOf(NEWLINE);
    if (last !== -1) return copy.subarray(0, last + 1);
  }
  return piece;
}

/** What was taken up to `end` is written for good. */
function confirm({ cells }: Views, { durable }: PlaceOptions, end: number): Step {
  if (durable && !isOnDisk(Atomics.load(cells, CELL.fd))) {
    Atomics.store(cells, CELL.broken, 1);
    return 'broken';
  }
  Atomics.store(cells, CELL.done, end);
  return 'moved';
}

function isOnDisk(fd: number): boolean {
  try {
    fsyncSync(fd);
    return true;
  } catch {
    // What the disk has of it nobody knows: it does not count as written.
    return false;
  }
}

/** Under the lock: descriptor and size are those of both threads. */
function turnTo({ cells, numbers }: Views, choose: (fd: number) => number): void {
  const fd = Atomics.load(cells, CELL.fd);
  const next = choose(fd);
  if (next === fd) return;
  Atomics.store(cells, CELL.fd, next);
  numbers[SIZE] = fstatSync(next).size;
}
