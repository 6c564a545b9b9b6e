import { fsyncSync, writeSync } from 'node:fs';
import { OptionError } from '@breakwater/errors/core';
import { type Sink, Tally } from '../sink.ts';
import { LineQueue } from './line-queue.ts';
import type { SpillFile } from './spill.ts';

/**
 * What happens to a line when the place takes nothing and the buffer is full: wait for room (at most `blockMs`), give up
 * the oldest line, give up the oldest of the least severe (the new one included), or write it to a file and bring it
 * in later.
 */
export type FullPolicy = 'block' | 'drop-oldest' | 'drop-lowest' | 'spill';

/** Options that stdout and file sinks share. */
export interface BufferOptions {
  /** Name in counts and reports. */
  readonly name?: string;
  /** Characters collected before one write. Default 65 536; 1 writes every line at once. */
  readonly batchChars?: number;
  /** Milliseconds after which what was collected is written anyway. Default 100. */
  readonly flushMs?: number;
  /** Characters kept while the place takes nothing. Default 16 777 216. */
  readonly maxBufferChars?: number;
  /** Default `block`. */
  readonly whenFull?: FullPolicy;
  /** Milliseconds that one line may wait under `block`, and that the end of the process may wait. Default 2000. */
  readonly blockMs?: number;
  /** File for `spill`; lines left in it are written by the next process that uses it. */
  readonly spillPath?: string;
}

/** What the sink writes to. A test gives its own. */
export interface Target {
  /** As `fs.writeSync`: bytes written, or throws. */
  write(buffer: Uint8Array, offset: number, length: number): number;
  /** After a batch was written whole. */
  afterBatch?(bytes: number): void;
  close?(): void;
}

export function fdTarget(fd: number, durable: boolean): Target {
  return {
    write: (buffer, offset, length) => writeSync(fd, buffer, offset, length),
    ...(durable ? { afterBatch: () => fsyncSync(fd) } : {}),
  };
}

const FULL: readonly FullPolicy[] = ['block', 'drop-oldest', 'drop-lowest', 'spill'];
const CHUNK = 65_536;
const STAGE = 4096;
/** What passes: a full pipe, a full disk. */
const AGAIN: readonly string[] = ['EAGAIN', 'ENOSPC', 'EDQUOT'];
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * A sink over something that takes bytes synchronously. Batches are written from the caller; nothing is in flight
 * elsewhere, so an end of the process has only this buffer to empty. A place that is full for the moment (EAGAIN) or
 * out of space is tried again; one that is gone (EPIPE) breaks the sink, and what it holds is counted.
 */
export function createFdSink(target: Target, options: BufferOptions, spill: SpillFile | undefined): Sink {
  const batchChars = positive('batchChars', options.batchChars ?? CHUNK);
  const stageChars = Math.min(batchChars, STAGE);
  const flushMs = positive('flushMs', options.flushMs ?? 100);
  const maxChars = positive('maxBufferChars', options.maxBufferChars ?? 16_777_216);
  const blockMs = positive('blockMs', options.blockMs ?? 2000);
  const whenFull = options.whenFull ?? 'block';
  if (!FULL.includes(whenFull)) throw new OptionError('options.whenFull', whenFull, FULL.join(', '));
  if (whenFull === 'spill' && spill === undefined)
    throw new OptionError('options.spillPath', options.spillPath, 'a path, for whenFull: spill');
  const tally = new Tally();
  const queue = new LineQueue();
  let state: 'open' | 'broken' | 'closed' = 'open';
  let timer: NodeJS.Timeout | undefined;
  let retryMs = 5;
  /** What was written last, not bytes yet. */
  let pending = '';
  let pendingLines = 0;
  /** Bytes from the beginning of `scratch`. */
  let scratch: Buffer | undefined;
  let staged = 0;
  let stagedLines = 0;
  /** Bytes the place did not take; while there are some, lines queue. */
  let rest: Buffer | undefined;
  let restLines = 0;

  function arm(ms: number): void {
    timer = setTimeout(() => {
      timer = undefined;
      advance();
      if (rest !== undefined) arm(retryMs);
    }, ms);
    timer.unref();
  }

  /** Turns what was collected into bytes. Long-lived trees of short texts would cost the garbage collector dearly. */
  function stage(): void {
    const bytes = pending.length * 3;
    scratch ??= Buffer.allocUnsafeSlow(CHUNK * 4);
    if (staged > 0 && staged + bytes > scratch.length) pushStaged();
    if (rest !== undefined) return;
    const text = pending;
    const lines = pendingLines;
    pending = '';
    pendingLines = 0;
    if (bytes > scratch.length) {
      send(Buffer.from(text), undefined, lines);
      return;
    }
    staged += scratch.write(text, staged);
    stagedLines += lines;
  }

  function pushStaged(): void {
    const length = staged;
    const lines = stagedLines;
    staged = 0;
    stagedLines = 0;
    send(scratch!, length, lines);
  }

  /** Writes what was collected. */
  function push(): void {
    if (pendingLines > 0) stage();
    if (staged > 0 && rest === undefined) pushStaged();
  }

  function send(bytes: Buffer, length: number = bytes.length, lines: number): void {
    let offset = 0;
    while (offset < length) {
      try {
        const taken = target.write(bytes, offset, length - offset);
        if (taken <= 0) break;
        offset += taken;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        if (code === 'EINTR') continue;
        if (!AGAIN.includes(code)) {
          stop('broken', lines, countLines(bytes, offset));
          return;
        }
        // Lack of space passes more slowly than a full pipe.
        if (code !== 'EAGAIN') retryMs = Math.max(retryMs, 50);
        break;
      }
    }
    if (offset === length) {
      tally.written += lines;
      rest = undefined;
      restLines = 0;
      retryMs = 5;
      try {
        target.afterBatch?.(length);
      } catch {
        // The batch is written; that the next place could not be made ready shows at the next write.
        retryMs = 50;
      }
      return;
    }
    const done = countLines(bytes, offset);
    tally.written += done;
    rest = Buffer.from(bytes.subarray(offset, length));
    restLines = lines - done;
    if (timer === undefined) arm(retryMs);
  }

  /** Nothing can be written any more: what is held is counted under the reason. */
  function stop(reason: 'broken' | 'closed', lines: number, done: number): void {
    tally.written += done;
    tally.drop(reason, lines - done + takeAll().lines);
    state = reason;
    clearTimeout(timer);
    timer = undefined;
  }

  /** Empties everything but `rest`, in the order it was given. */
  function takeAll(): { readonly parts: Uint8Array[]; readonly lines: number } {
    const parts: Uint8Array[] = [];
    let lines = stagedLines + pendingLines;
    if (staged > 0) parts.push(scratch!.subarray(0, staged));
    if (pending !== '') parts.push(Buffer.from(pending));
    for (let item = queue.shift(); item !== undefined; item = queue.shift(), lines++)
      parts.push(Buffer.from(item.line));
    pending = '';
    rest = undefined;
    restLines = pendingLines = staged = stagedLines = 0;
    return { parts, lines };
  }

  function enqueue(line: string, severity: number): void {
    const { length } = line;
    const fits = (): boolean => queue.chars + length <= maxChars;
    if ((spill !== undefined && spill.lines > 0) || (whenFull === 'spill' && !fits())) {
      if (!spill!.append(line)) tally.drop('queue-full');
      return;
    }
    if (!fits()) {
      if (whenFull === 'block') waitUntil(fits);
      else makeRoom(length, severity);
      if (state !== 'open' || !fits()) {
        tally.drop(state === 'open' ? 'queue-full' : state);
        return;
      }
    }
    queue.push(line, severity);
    if (rest === undefined) advance();
  }

  function makeRoom(chars: number, severity: number): void {
    const lowest = whenFull === 'drop-lowest';
    while (chars <= maxChars && queue.chars + chars > maxChars) {
      if (lowest && queue.lowest() > severity) return;
      if ((lowest ? queue.shiftLowest() : queue.shift()) === undefined) return;
      tally.drop('queue-full');
    }
  }

  /** Writes rest, queue and spilled lines, in that order, as far as the place takes them. */
  function advance(): void {
    const isFree = (): boolean => rest === undefined && state === 'open';
    if (state !== 'open') return;
    if (rest !== undefined) send(rest, undefined, restLines);
    while (isFree() && queue.size > 0) {
      for (; pending.length < batchChars && queue.size > 0; pendingLines++) pending += queue.shift()!.line;
      push();
    }
    while (isFree() && spill !== undefined) {
      const chunk = spill.take(CHUNK);
      if (chunk === undefined) break;
      send(chunk.bytes, undefined, chunk.lines);
    }
    if (isFree()) push();
  }

  /** Blocks the thread, trying again and again, until `done` or the time is over. */
  function waitUntil(done: () => boolean): void {
    const end = performance.now() + blockMs;
    for (let wait = 1; state === 'open'; wait = Math.min(wait * 2, 20)) {
      advance();
      if (done() || performance.now() >= end) return;
      Atomics.wait(pause, 0, 0, wait);
    }
  }

  const isEmpty = (): boolean => rest === undefined && pendingLines === 0 && staged === 0 && queue.size === 0;

  function flushSync(): void {
    advance();
    if (!isEmpty()) waitUntil(isEmpty);
    if (spill === undefined || isEmpty()) return;
    // A process that ends takes its memory with it; the file stays. What it holds already came later.
    const first = rest === undefined ? [] : [rest];
    const firstLines = restLines;
    const { parts, lines } = takeAll();
    spill.prepend(Buffer.concat([...first, ...parts]), firstLines + lines);
  }

  async function flush(): Promise<void> {
    const end = performance.now() + blockMs;
    for (;;) {
      advance();
      if (isEmpty() || state !== 'open' || performance.now() >= end) return;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  // Lines that an earlier process could not write.
  tally.emitted += spill?.lines ?? 0;
  advance();
  return {
    name: options.name ?? 'fd',
    write(line, severity) {
      tally.emitted++;
      if (state !== 'open') {
        tally.drop(state);
        return;
      }
      if (rest !== undefined || (spill !== undefined && spill.lines > 0)) {
        enqueue(line, severity);
        return;
      }
      pending += line;
      pendingLines++;
      if (pending.length >= stageChars) {
        stage();
        if (staged >= batchChars) push();
      }
      if (timer === undefined) arm(flushMs);
    },
    flush,
    flushSync,
    async close() {
      if (state === 'closed') return;
      await flush();
      if (spill !== undefined) flushSync();
      if (state === 'open') stop('closed', restLines, 0);
      state = 'closed';
      spill?.close();
      target.close?.();
    },
    counts: () => tally.counts(),
  };
}

/** Line ends among the first `length` bytes. */
function countLines(bytes: Uint8Array, length: number): number {
  let count = 0;
  for (let index = 0; index < length; index++) if (bytes[index] === 10) count++;
  return count;
}

export function positive(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new OptionError(`options.${name}`, value, 'a positive integer');
  return value;
}
