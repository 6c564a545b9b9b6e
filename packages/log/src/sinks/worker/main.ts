import { closeSync } from 'node:fs';
import type { DropReason, Sink, SinkCounts } from '../../sink.ts';
import type { BufferOptions } from '../buffer-options.ts';
import { createFdSink } from '../fd-sink.ts';
import type { Backlog } from '../full-policy.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { keepWorker, type WorkerTask } from './keeper.ts';
import { type PlaceOptions, type Step, step } from './place.ts';
import {
  between,
  CELL,
  CONTROL_BYTES,
  copyOf,
  FREE,
  isDead,
  linesBetween,
  MAIN,
  put,
  REASONS,
  type Shared,
  SIZE,
  skipTo,
  unlock,
  unlockDead,
  viewsOf,
} from './shared.ts';

/** How long the worker may hold up a full ring before this thread writes in its stead. */
const STUCK_MS = 200;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * The sink's side in the main thread. Lines go through a sink over bytes, whose place is the shared ring: it has the
 * policies and the bounded buffer. What it counts as written is in the ring; what is written is what was confirmed.
 */
export function createWorkerSink(
  options: BufferOptions & { readonly name: string; readonly ringBytes: number },
  task: WorkerTask,
  backlog: Backlog | undefined,
): Sink {
  const { blockMs = 2000 } = options;
  const shared: Shared = {
    control: new SharedArrayBuffer(CONTROL_BYTES),
    ring: new SharedArrayBuffer(options.ringBytes),
  };
  const views = viewsOf(shared);
  const { cells, numbers } = views;
  const place = 'place' in task ? task.place : undefined;
  if ('place' in task) {
    Atomics.store(cells, CELL.fd, task.fd);
    numbers[SIZE] = task.size;
  }
  /** Dropped here, beside what the inner sink and the sink in the worker drop. */
  const extra: Partial<Record<DropReason, number>> = {};
  /** Lines the inner sink has counted as written that went to the spill file after all. */
  let respilled = 0;
  let tooLong = 0;
  let closed = false;
  let closing: Promise<void> | undefined;
  let holding = false;
  let fullSince = 0;
  let doneWhenFull = 0;

  const waiting = (): number => between(Atomics.load(cells, CELL.done), Atomics.load(cells, CELL.tail));

  // Before the inner sink, which may have lines of an earlier process to write at once.
  const keeper = keepWorker(options.name, shared, views, task, dropAs);

  const inner = createFdSink(
    {
      write(bytes, offset, length) {
        if (keeper.gaveUp || Atomics.load(cells, CELL.broken) === 1)
          throw Object.assign(new Error('the place is gone'), { code: 'EPIPE' });
        let count = put(views, bytes, offset, length);
        if (count < length && makeRoom()) count += put(views, bytes, offset + count, length - count);
        keeper.wake();
        return count;
      },
    },
    options,
    // What is left in the ring at the end goes in after it has been closed.
    backlog && Object.create(backlog, { close: { value: undefined } }),
  );

  /** The ring is full: writes in the worker's stead when it has not begun, or does nothing for long. */
  function makeRoom(): boolean {
    if (place === undefined) return false;
    if (holding) return step(views, place) === 'moved';
    const done = Atomics.load(cells, CELL.done);
    const now = performance.now();
    if (fullSince === 0 || done !== doneWhenFull) {
      fullSince = now;
      doneWhenFull = done;
    }
    if (Atomics.load(cells, CELL.ready) === 1 && now - fullSince < STUCK_MS) return false;
    unlockDead(views);
    if (Atomics.compareExchange(cells, CELL.lock, FREE, MAIN) !== FREE) return false;
    try {
      return step(views, place) === 'moved';
    } finally {
      unlock(views);
    }
  }

  /** Takes the lock from the worker, which gives it back after each piece. */
  function lock(end: number): boolean {
    Atomics.store(cells, CELL.wanted, 1);
    for (;;) {
      const holder = Atomics.compareExchange(cells, CELL.lock, FREE, MAIN);
      if (holder === FREE) return true;
      const left = end - performance.now();
      if (left <= 0) {
        Atomics.store(cells, CELL.wanted, 0);
        return false;
      }
      if (Atomics.wait(cells, CELL.lock, holder, Math.min(left, 50)) === 'timed-out') unlockDead(views);
    }
  }

  /** Writes everything from here, as far as the place takes it; `blockMs` in which it takes nothing are the end. */
  function writeHere(own: PlaceOptions): void {
    if (!lock(performance.now() + blockMs)) return;
    holding = true;
    try {
      for (let before = -1, last: Step = 'moved'; last === 'moved' && !isEmpty(); ) {
        inner.flushSync();
        before = Atomics.load(cells, CELL.taken);
        last = stepUntilFull(own);
        if (last === 'full') respill();
        else if (Atomics.load(cells, CELL.taken) === before) break;
      }
    } finally {
      holding = false;
      Atomics.store(cells, CELL.wanted, 0);
      unlock(views);
      if (waiting() > 0) keeper.wake();
    }
  }

  function stepUntilFull(own: PlaceOptions): Step {
    let end = performance.now() + blockMs;
    for (let wait = 1; ; ) {
      const last = step(views, own);
      if (last === 'moved') {
        end = performance.now() + blockMs;
        wait = 1;
      } else if (last === 'empty') return 'moved';
      else if (last === 'broken' || performance.now() >= end) return last;
      else {
        Atomics.wait(pause, 0, 0, wait);
        wait = Math.min(wait * 2, 20);
      }
    }
  }

  function isEmpty(): boolean {
    return waiting() === 0 && inner.counts().pending === 0;
  }

  /** What the place does not take goes to the file that outlives the process, before what came later. */
  function respill(): void {
    const tail = Atomics.load(cells, CELL.tail);
    const bytes = copyOf(views, Atomics.load(cells, CELL.taken), tail);
    const lines = linesBetween(views, Atomics.load(cells, CELL.taken), tail);
    // Without a file, or room in it, the lines stay where they are, and the end of the process tells of them.
    if (backlog?.keep?.(bytes, '', lines) !== true) return;
    respilled += lines;
    skipTo(views, tail);
  }

  /** Nothing comes after this: what the place did not take is counted. The lock is kept, so that the worker writes none of it. */
  function giveUp(): void {
    if (Atomics.load(cells, CELL.broken) === 1 || !lock(performance.now() + blockMs)) return;
    inner.flushSync(true);
    const tail = Atomics.load(cells, CELL.tail);
    dropAs('closed', linesBetween(views, Atomics.load(cells, CELL.done), tail));
    skipTo(views, tail);
  }

  /** Waits for a module, whose thread goes on while this one is stopped. */
  function waitForModule(): void {
    keeper.tell('flush');
    let done = Atomics.load(cells, CELL.done);
    for (let end = performance.now() + blockMs; performance.now() < end; ) {
      inner.flushSync();
      if (waiting() === 0) return;
      Atomics.wait(cells, CELL.done, Atomics.load(cells, CELL.done), 20);
      if (Atomics.load(cells, CELL.done) === done) {
        // Another worker comes with the event loop only.
        if (isDead(views)) return;
        continue;
      }
      done = Atomics.load(cells, CELL.done);
      end = performance.now() + blockMs;
    }
  }

  function dropAs(reason: DropReason, count: number): void {
    if (count > 0) extra[reason] = (extra[reason] ?? 0) + count;
  }

  // Each fatal record asks for one: a module would be asked as often, and as many loops would look whether it is done.
  const flush = oneAtATime(leave);

  /** Waits as long as lines leave; `blockMs` in which none does are the end. */
  async function leave(): Promise<void> {
    if (place === undefined) keeper.tell('flush');
    let done = Atomics.load(cells, CELL.done);
    let end = performance.now() + blockMs;
    for (let waitMs = 1; Atomics.load(cells, CELL.broken) === 0 && !keeper.gaveUp; waitMs = Math.min(waitMs * 2, 20)) {
      await inner.flush();
      if (isEmpty()) return;
      if (Atomics.load(cells, CELL.done) !== done) {
        done = Atomics.load(cells, CELL.done);
        end = performance.now() + blockMs;
      }
      if (performance.now() >= end) return;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  async function end(): Promise<void> {
    await flush();
    if (place !== undefined) writeHere(place);
    await inner.close();
    await keeper.end(blockMs);
    if (place !== undefined && Atomics.load(cells, CELL.broken) === 0) respill();
    backlog?.close?.();
    const tail = Atomics.load(cells, CELL.tail);
    if (Atomics.load(cells, CELL.broken) === 0) {
      dropAs('closed', linesBetween(views, Atomics.load(cells, CELL.done), tail));
      skipTo(views, tail);
    }
    closed = true;
    if ('place' in task && task.ownsFd) closeSync(Atomics.load(cells, CELL.fd));
  }

  return {
    name: options.name,
    write(line, severity) {
      // A module is given whole lines; this one would never be whole.
      if (place === undefined && line.length * 3 > options.ringBytes && Buffer.byteLength(line) > options.ringBytes) {
        tooLong++;
        dropAs('queue-full', 1);
      } else inner.write(line, severity);
    },
    // A module's own time is not this thread's to spend.
    isSlow: place === undefined,
    exitTimeoutMs: Math.max(3000, blockMs),
    flush,
    flushSync(isLast) {
      if (closed) return;
      if (place === undefined) waitForModule();
      else {
        writeHere(place);
        if (isLast && waiting() > 0) giveUp();
      }
    },
    close: () => (closing ??= end()),
    counts(): SinkCounts {
      const own = inner.counts();
      const dropped: Partial<Record<DropReason, number>> = {};
      let total = 0;
      const add = (reason: DropReason, count: number): void => {
        if (count === 0) return;
        dropped[reason] = (dropped[reason] ?? 0) + count;
        total += count;
      };
      for (const [reason, count] of Object.entries(extra) as [DropReason, number][]) add(reason, count);
      for (const [index, reason] of REASONS.entries()) add(reason, Atomics.load(cells, CELL.drops + index));
      const inRing = linesBetween(views, Atomics.load(cells, CELL.done), Atomics.load(cells, CELL.tail));
      const broken = Atomics.load(cells, CELL.broken) === 1;
      if (broken) add('broken', inRing);
      const written = own.written - respilled - (broken ? 0 : inRing) - (total - tooLong);
      for (const [reason, count] of Object.entries(own.dropped) as [DropReason, number][])
        add(keeper.gaveUp && reason === 'broken' ? 'worker-died' : reason, count);
      const emitted = own.emitted + tooLong;
      return { emitted, written, pending: emitted - written - total, dropped };
    },
  };
}
