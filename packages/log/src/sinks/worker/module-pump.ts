import type { DropReason, Sink } from '../../sink.ts';
import { between, CELL, copyOf, linesBetween, REASONS, type Views } from './shared.ts';
import type { Pump } from './thread.ts';

/** Most bytes handed to the sink before what it has done is looked at. */
const CHUNK = 262_144;
const POLL_MS = 20;
const SEVERITY = '"severityNumber":';

/** Hands lines to a sink of the caller's, which lives in this thread. Lines are confirmed as the sink counts them. */
export async function createModulePump(
  views: Views,
  { url, options }: { readonly url: string; readonly options: unknown },
): Promise<Pump> {
  const { cells } = views;
  const sink = await createSink(url, options);
  /** Lengths of the lines the sink was given and has not counted yet, oldest first; negative for one it was not given. */
  const given: number[] = [];
  let confirmed = 0;
  const already = sink.counts().emitted;
  const told: Partial<Record<DropReason, number>> = {};
  let position = Atomics.load(cells, CELL.done);
  let timer: NodeJS.Timeout | undefined;

  /** Frees what the sink has written or dropped, which it does in order. */
  function settle(): void {
    const { written, dropped } = sink.counts();
    let total = written;
    for (const [reason, count] of Object.entries(dropped) as [DropReason, number][]) {
      total += count;
      const index = REASONS.includes(reason) ? REASONS.indexOf(reason) : REASONS.indexOf('failed');
      const fresh = count - (told[reason] ?? 0);
      told[reason] = count;
      if (fresh > 0) Atomics.add(cells, CELL.drops + index, fresh);
    }
    let done = Atomics.load(cells, CELL.done);
    for (let next = given[0]; next !== undefined; next = given[0]) {
      if (next > 0 && confirmed >= total - already) break;
      if (next > 0) confirmed++;
      done = (done + Math.abs(next)) | 0;
      given.shift();
    }
    Atomics.store(cells, CELL.taken, done);
    Atomics.store(cells, CELL.done, done);
    Atomics.notify(cells, CELL.done);
  }

  /** Hands over whole lines; false when there was none. */
  function hand(): boolean {
    const tail = Atomics.load(cells, CELL.tail);
    const bytes = copyOf(views, position, (position + Math.min(between(position, tail), CHUNK)) | 0);
    let end = bytes.lastIndexOf(10);
    let text = bytes;
    if (end === -1 && between(position, tail) > CHUNK) {
      text = copyOf(views, position, tail);
      end = text.indexOf(10);
    }
    if (end === -1) return false;
    for (let start = 0; start <= end; ) {
      const stop = text.indexOf(10, start) + 1;
      const at = (position + start) | 0;
      if (Atomics.load(cells, CELL.skipped) === 1 && Atomics.load(cells, CELL.skip) === at) given.push(start - stop);
      else {
        // Should the sink bring this thread down, the other one knows by which line.
        Atomics.store(cells, CELL.suspect, at);
        Atomics.store(cells, CELL.suspected, 1);
        const line = text.toString('utf8', start, stop);
        given.push(stop - start);
        sink.write(line, severityOf(line));
      }
      start = stop;
    }
    position = (position + end + 1) | 0;
    return true;
  }

  function run(): void {
    do {
      while (hand()) {
        if (sink.isSlow !== true) sink.flushSync();
        settle();
      }
      Atomics.store(cells, CELL.idle, 1);
    } while (hasLine() && Atomics.compareExchange(cells, CELL.idle, 1, 0) === 1);
    if (given.length > 0) watch();
  }

  function hasLine(): boolean {
    return linesBetween(views, position, Atomics.load(cells, CELL.tail)) > 0;
  }

  /** While the sink has not counted everything, looks again. */
  function watch(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (sink.isSlow !== true) sink.flushSync();
      settle();
      if (given.length > 0) watch();
    }, POLL_MS);
  }

  return {
    run,
    flush() {
      run();
      void sink.flush().then(settle);
    },
    async close() {
      run();
      clearTimeout(timer);
      await sink.close();
      settle();
    },
  };
}

async function createSink(url: string, options: unknown): Promise<Sink> {
  const { default: create } = (await import(url)) as { default?: unknown };
  if (typeof create !== 'function') throw new TypeError(`${url} has no default export that makes a sink`);
  return (await create(options)) as Sink;
}

/** It stands near the beginning of every line of this package. */
function severityOf(line: string): number {
  const at = line.indexOf(SEVERITY);
  return (at === -1 ? 0 : Number.parseInt(line.slice(at + SEVERITY.length, at + SEVERITY.length + 3), 10)) || 9;
}
