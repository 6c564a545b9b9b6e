import { fsyncSync, writeSync } from 'node:fs';
import { OptionError } from '@breakwater/errors';
import { type DropReason, type Sink, type SinkCounts, Tally } from '../sink.ts';
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
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * A sink over something that takes bytes synchronously. Batches are written from the caller; nothing is in flight
 * elsewhere, so an end of the process has only this buffer to empty. A place that is full for the moment (EAGAIN) or
 * out of space is tried again; one that is gone (EPIPE) breaks the sink, and what it holds is counted.
 */
export function createFdSink(target: Target, options: BufferOptions, spill: SpillFile | undefined): Sink {
  return new FdSink(target, options, spill);
}

class FdSink implements Sink {
  readonly name: string;
  private readonly tally = new Tally();
  private readonly target: Target;
  private readonly batchChars: number;
  private readonly stageChars: number;
  private readonly flushMs: number;
  private readonly maxChars: number;
  private readonly blockMs: number;
  private readonly whenFull: FullPolicy;
  private readonly spill: SpillFile | undefined;
  private readonly queue = new LineQueue();
  private scratch: Buffer | undefined;
  private pending = '';
  private pendingLines = 0;
  private staged = 0;
  private stagedLines = 0;
  /** Bytes the place did not take; while there are some, lines queue. */
  private rest: Buffer | undefined;
  private restLines = 0;
  private state: 'open' | 'broken' | 'closed' = 'open';
  private timer: NodeJS.Timeout | undefined;
  private retryMs = 5;

  constructor(target: Target, options: BufferOptions, spill: SpillFile | undefined) {
    this.target = target;
    this.name = options.name ?? 'fd';
    this.batchChars = positive('batchChars', options.batchChars ?? CHUNK);
    this.stageChars = Math.min(this.batchChars, STAGE);
    this.flushMs = positive('flushMs', options.flushMs ?? 100);
    this.maxChars = positive('maxBufferChars', options.maxBufferChars ?? 16_777_216);
    this.blockMs = positive('blockMs', options.blockMs ?? 2000);
    this.whenFull = options.whenFull ?? 'block';
    if (!FULL.includes(this.whenFull)) throw new OptionError('options.whenFull', this.whenFull, FULL.join(', '));
    if (this.whenFull === 'spill' && spill === undefined)
      throw new OptionError('options.spillPath', options.spillPath, 'a path, for whenFull: spill');
    this.spill = spill;
    // Lines that an earlier process could not write.
    if (spill !== undefined && spill.lines > 0) {
      this.tally.emitted += spill.lines;
      this.replay();
    }
  }

  write(line: string, severity: number): void {
    this.tally.emitted++;
    if (this.state !== 'open') {
      this.tally.drop(this.state);
      return;
    }
    if (this.rest !== undefined || (this.spill !== undefined && this.spill.lines > 0)) {
      this.enqueue(line, severity);
      return;
    }
    this.pending += line;
    this.pendingLines++;
    if (this.pending.length >= this.stageChars) {
      this.stage();
      if (this.staged >= this.batchChars) this.push();
    }
    if (this.timer === undefined) this.arm(this.flushMs);
  }

  private arm(ms: number): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.advance();
      if (this.rest !== undefined) this.arm(this.retryMs);
    }, ms);
    this.timer.unref();
  }

  /** Turns what was collected into bytes. Long-lived trees of short texts would cost the garbage collector dearly. */
  private stage(): void {
    const text = this.pending;
    this.scratch ??= Buffer.allocUnsafeSlow(CHUNK * 4);
    if (this.staged > 0 && this.staged + text.length * 3 > this.scratch.length) this.pushStaged();
    if (this.rest !== undefined) return;
    this.pending = '';
    const lines = this.pendingLines;
    this.pendingLines = 0;
    if (text.length * 3 > this.scratch.length) {
      const bytes = Buffer.from(text);
      this.send(bytes, bytes.length, lines);
      return;
    }
    this.staged += this.scratch.write(text, this.staged);
    this.stagedLines += lines;
  }

  private pushStaged(): void {
    const length = this.staged;
    const lines = this.stagedLines;
    this.staged = 0;
    this.stagedLines = 0;
    this.send(this.scratch!, length, lines);
  }

  /** Writes what was collected. */
  private push(): void {
    if (this.pendingLines > 0) this.stage();
    if (this.staged > 0 && this.rest === undefined) this.pushStaged();
  }

  private send(bytes: Buffer, length: number, lines: number): void {
    let offset = 0;
    try {
      while (offset < length) {
        const taken = this.target.write(bytes, offset, length - offset);
        if (taken <= 0) break;
        offset += taken;
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EINTR') {
        this.send(Buffer.from(bytes.subarray(offset, length)), length - offset, lines);
        return;
      }
      if (code !== 'EAGAIN' && code !== 'ENOSPC' && code !== 'EDQUOT') {
        this.stop('broken', bytes, offset, lines);
        return;
      }
      // Lack of space passes more slowly than a full pipe.
      if (code !== 'EAGAIN') this.retryMs = Math.max(this.retryMs, 50);
    }
    if (offset === length) {
      this.tally.written += lines;
      this.rest = undefined;
      this.restLines = 0;
      this.retryMs = 5;
      this.finish(length);
      return;
    }
    const done = countLines(bytes, 0, offset);
    this.tally.written += done;
    this.rest = Buffer.from(bytes.subarray(offset, length));
    this.restLines = lines - done;
    if (this.timer === undefined) this.arm(this.retryMs);
  }

  private finish(bytes: number): void {
    try {
      this.target.afterBatch?.(bytes);
    } catch {
      // The batch is written; that the next place could not be made ready shows at the next write.
      this.retryMs = 50;
    }
  }

  /** Nothing can be written any more: what is held is counted under the reason. */
  private stop(state: 'broken' | 'closed', bytes: Buffer | undefined, offset: number, lines: number): void {
    const done = bytes === undefined ? 0 : countLines(bytes, 0, offset);
    this.tally.written += done;
    let lost = lines - done + this.pendingLines + this.stagedLines;
    this.staged = 0;
    this.stagedLines = 0;
    this.pending = '';
    this.pendingLines = 0;
    this.rest = undefined;
    this.restLines = 0;
    while (this.queue.shift() !== undefined) lost++;
    this.tally.drop(state, lost);
    this.state = state;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private enqueue(line: string, severity: number): void {
    if (this.spill !== undefined && this.spill.lines > 0) {
      this.toSpill(line);
      return;
    }
    if (this.queue.chars + line.length > this.maxChars) {
      if (this.whenFull === 'spill') {
        this.toSpill(line);
        return;
      }
      if (this.whenFull === 'block') {
        this.waitUntil(() => this.queue.chars + line.length <= this.maxChars, this.blockMs);
        if (this.state !== 'open') {
          this.tally.drop(this.state);
          return;
        }
        if (this.queue.chars + line.length > this.maxChars) {
          this.tally.drop('queue-full');
          return;
        }
      } else if (!this.makeRoom(line.length, severity)) {
        this.tally.drop('queue-full');
        return;
      }
    }
    this.queue.push(line, severity);
    if (this.rest === undefined) this.advance();
  }

  private makeRoom(chars: number, severity: number): boolean {
    if (chars > this.maxChars) return false;
    const lowest = this.whenFull === 'drop-lowest';
    while (this.queue.chars + chars > this.maxChars) {
      if (lowest && this.queue.lowest() > severity) return false;
      if ((lowest ? this.queue.shiftLowest() : this.queue.shift()) === undefined) break;
      this.tally.drop('queue-full');
    }
    return true;
  }

  private toSpill(line: string): void {
    if (!this.spill!.append(line)) this.tally.drop('queue-full');
  }

  /** Writes rest, queue and spilled lines, in that order, as far as the place takes them. */
  private advance(): void {
    if (this.state !== 'open') return;
    if (this.rest !== undefined) this.send(this.rest, this.rest.length, this.restLines);
    while (this.rest === undefined && this.state === 'open' && this.queue.size > 0) {
      while (this.pending.length < this.batchChars) {
        const item = this.queue.shift();
        if (item === undefined) break;
        this.pending += item.line;
        this.pendingLines++;
      }
      this.push();
    }
    if (this.rest === undefined && this.state === 'open') {
      this.replay();
      if (this.rest === undefined) this.push();
    }
  }

  private replay(): void {
    const { spill } = this;
    while (spill !== undefined && spill.lines > 0 && this.rest === undefined && this.state === 'open') {
      const chunk = spill.take(CHUNK);
      if (chunk === undefined) break;
      this.send(chunk.bytes, chunk.bytes.length, chunk.lines);
    }
  }

  /** Blocks the thread, trying again and again, until `done` or the time is over. */
  private waitUntil(done: () => boolean, ms: number): void {
    const end = performance.now() + ms;
    for (let wait = 1; this.state === 'open'; wait = Math.min(wait * 2, 20)) {
      this.advance();
      if (done() || performance.now() >= end) return;
      Atomics.wait(pause, 0, 0, wait);
    }
  }

  private isEmpty(): boolean {
    return this.rest === undefined && this.pendingLines === 0 && this.staged === 0 && this.queue.size === 0;
  }

  flushSync(): void {
    this.advance();
    if (!this.isEmpty()) this.waitUntil(() => this.isEmpty(), this.blockMs);
    if (this.spill === undefined || this.isEmpty()) return;
    // A process that ends takes its memory with it; the file stays. What it holds already came later.
    const parts: Uint8Array[] = this.rest === undefined ? [] : [this.rest];
    if (this.staged > 0) parts.push(this.scratch!.subarray(0, this.staged));
    if (this.pending !== '') parts.push(Buffer.from(this.pending));
    let lines = this.restLines + this.stagedLines + this.pendingLines;
    for (let item = this.queue.shift(); item !== undefined; item = this.queue.shift(), lines++)
      parts.push(Buffer.from(item.line));
    this.rest = undefined;
    this.pending = '';
    this.restLines = 0;
    this.staged = 0;
    this.stagedLines = 0;
    this.pendingLines = 0;
    this.spill.prepend(Buffer.concat(parts), lines);
  }

  async flush(): Promise<void> {
    const end = performance.now() + this.blockMs;
    for (;;) {
      this.advance();
      if (this.isEmpty() || this.state !== 'open' || performance.now() >= end) return;
      await new Promise((resolve) => setTimeout(resolve, this.retryMs));
    }
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return;
    await this.flush();
    if (this.spill !== undefined) this.flushSync();
    if (this.state === 'open') this.stop('closed', undefined, 0, this.restLines);
    this.state = 'closed';
    this.spill?.close();
    this.target.close?.();
  }

  counts(): SinkCounts {
    return this.tally.counts();
  }
}

function countLines(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let index = from; index < to; index++) if (bytes[index] === 10) count++;
  return count;
}

export function positive(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new OptionError(`options.${name}`, value, 'a positive integer');
  return value;
}

export type { DropReason };
