import { type Sink, Tally } from '../sink.ts';
import { type BufferOptions, MAX_BUFFER_CHARS } from './buffer-options.ts';
import { countLines } from './count-lines.ts';
import type { Backlog } from './full-policy.ts';

/** What the sink writes to. A test gives its own. */
export interface Target {
  /** As `fs.writeSync`: bytes written, or throws. */
  write(buffer: Uint8Array, offset: number, length: number): number;
  /** Called from time to time, before something is written. Must not throw. */
  check?(): void;
  /** Everything given so far is written, to the end of a line. Must not throw. */
  settled?(): void;
  close?(): void;
}

const SCRATCH = 262_144;
const STAGE = 4096;
/** What passes: a full pipe, a full disk. */
const PASSES: readonly string[] = ['EAGAIN', 'ENOSPC', 'EDQUOT'];
const RETRY_MS = 5;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * A sink over something that takes bytes synchronously. Batches are written from the caller; nothing is in flight
 * elsewhere, so an end of the process has only this buffer to empty. A place that is full for the moment (EAGAIN) or
 * out of space is tried again; one that is gone (EPIPE) breaks the sink, and what it holds is counted. The options have
 * been checked.
 */
export function createFdSink(
  target: Target,
  options: BufferOptions & { readonly name: string },
  backlog: Backlog | undefined,
): Sink {
  const { name, batchChars = 65_536, flushMs = 100, maxBufferChars = MAX_BUFFER_CHARS, blockMs = 2000 } = options;
  const scratch = Buffer.allocUnsafeSlow(SCRATCH);
  const tally = new Tally();
  let gone: 'broken' | 'closed' | undefined;
  /** The place takes nothing for now. While it takes what it is given, the backlog is empty. */
  let stalled = false;
  let waitedInVain = false;
  let timer: NodeJS.Timeout | undefined;
  /** What was said last. */
  let text = '';
  let textLines = 0;
  /** What was said before that: from `start` to `end`, in `scratch` but for a text that is too long for it. */
  let bytes: Buffer = scratch;
  let start = 0;
  let end = 0;
  let byteLines = 0;

  const tick = (): void => {
    timer = undefined;
    advance();
  };

  function tickIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(tick, ms).unref();
  }

  /** Puts the text behind the bytes, and writes them when they are a batch. Only while the place is free. */
  function stage(): void {
    const most = text.length * 3;
    if (end + most > SCRATCH) send();
    if (stalled) return;
    if (most > SCRATCH) {
      bytes = Buffer.from(text);
      end = bytes.length;
    } else end += scratch.write(text, end);
    byteLines += textLines;
    text = '';
    textLines = 0;
    if (end >= batchChars || bytes !== scratch) send();
  }

  /** Writes the bytes, as far as the place takes them. */
  function send(): void {
    if (gone !== undefined) return;
    const from = start;
    let code = 'EAGAIN';
    try {
      while (start < end) {
        const taken = target.write(bytes, start, end - start);
        if (taken <= 0) break;
        start += taken;
      }
    } catch (error) {
      code = String((error as NodeJS.ErrnoException).code);
    }
    if (start > from) waitedInVain = false;
    stalled = start < end;
    const lines = stalled ? countLines(bytes, from, start) : byteLines;
    tally.written += lines;
    byteLines -= lines;
    if (!stalled) {
      bytes = scratch;
      start = end = 0;
      target.settled?.();
    } else if (PASSES.includes(code)) tickIn(RETRY_MS);
    else stop('broken');
  }

  /** Nothing can be written any more: what memory holds is counted under the reason. */
  function stop(reason: 'broken' | 'closed'): void {
    gone = reason;
    stalled = false;
    clearTimeout(timer);
    tally.drop(reason, byteLines + textLines + (backlog?.clear() ?? 0));
    forget();
  }

  function forget(): void {
    text = '';
    bytes = scratch;
    start = end = byteLines = textLines = 0;
  }

  /** Writes bytes, text and backlog, in that order, as far as the place takes them. */
  function advance(): void {
    if (gone !== undefined) return;
    target.check?.();
    send();
    while (!stalled && gone === undefined) {
      if (textLines > 0) stage();
      else {
        const next = backlog?.take(batchChars);
        if (next === undefined) return;
        ({ bytes, lines: byteLines } = next);
        end = bytes.length;
      }
      send();
    }
  }

  /** Blocks the thread, trying again and again, until `done` or the time is over. */
  function waitUntil(done: () => boolean, forMs: number): void {
    const until = performance.now() + forMs;
    for (let ms = 1; ; ms = Math.min(ms * 2, 20)) {
      advance();
      if (done() || performance.now() >= until) return;
      Atomics.wait(pause, 0, 0, ms);
    }
  }

  /** Whether the line goes into the text. If not, it was put elsewhere or counted. */
  function mayWait(line: string, severity: number): boolean {
    const hasRoom = (): boolean => !stalled || text.length + line.length + end - start <= maxBufferChars;
    if (stalled) {
      if (backlog !== undefined) {
        tally.drop('queue-full', backlog.push(line, severity));
        return false;
      }
      if (!hasRoom()) {
        const forMs = waitedInVain ? 0 : blockMs;
        waitedInVain = true;
        waitUntil(hasRoom, forMs);
      }
    }
    if (gone === undefined && hasRoom()) return true;
    tally.drop(gone ?? 'queue-full');
    return false;
  }

  async function flush(): Promise<void> {
    const until = performance.now() + blockMs;
    for (advance(); stalled && performance.now() < until; advance())
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }

  /** A process that ends takes its memory with it; a spill file stays. */
  function keep(): void {
    if (stalled && backlog?.keep?.(bytes.subarray(start, end), text, byteLines + textLines) === true) forget();
  }

  // Lines that an earlier process could not write.
  if (backlog !== undefined) {
    tally.emitted += backlog.size;
    advance();
  }
  return {
    name,
    write(line, severity) {
      tally.emitted++;
      if ((stalled || gone !== undefined) && !mayWait(line, severity)) return;
      text += line;
      textLines++;
      // In small parts: a long text put together of many is dear to turn into bytes, and one caller would pay for all.
      if (text.length >= Math.min(batchChars, STAGE) && !stalled) stage();
      if (timer === undefined) tickIn(flushMs);
    },
    flush,
    flushSync(isLast) {
      waitUntil(() => !stalled, blockMs);
      keep();
      if (isLast && stalled) stop('closed');
    },
    async close() {
      await flush();
      if (gone === 'closed') return;
      keep();
      stop('closed');
      backlog?.close?.();
      target.close?.();
    },
    counts: () => tally.counts(),
  };
}
