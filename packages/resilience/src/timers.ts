import type { Clock } from './clock.ts';

/** Not waiting. */
const IDLE = -1;
/** Added in this turn of the event loop: no time has been read for it yet. */
const FRESH = -2;
/** Longest single wait given to the clock; `setTimeout` fires at once beyond 2^31 - 1. */
const LONGEST_ARM_MS = 2 ** 30;
/** A timer this late means that the event loop was blocked, and answers may be waiting unread. */
const LAG_TOLERANCE_MS = 50;
/** The most that due timers are held back after a blocked event loop. */
const LONGEST_GRACE_MS = 1000;

/** Something that waits. The fields belong to {@link Timers}. */
export interface Timed {
  /** Milliseconds asked for, until stamped; then the monotonic time at which it falls due. */
  due: number;
  /** Where it waits: an index in the heap, or one of the states above. */
  place: number;
  before: Timed | null;
  after: Timed | null;
  /** Called once, not before its time. Must not throw. */
  onDue(): void;
}

/** A {@link Timed} that only calls a function. */
export class Timer implements Timed {
  due = 0;
  place: number = IDLE;
  before: Timed | null = null;
  after: Timed | null = null;
  readonly onDue: () => void;
  constructor(onDue: () => void) {
    this.onDue = onDue;
  }
}

/**
 * All waiting of all policies on one clock, behind at most one real timer.
 *
 * A wait is counted from the end of the event-loop turn in which it was added: what ends within that turn costs two
 * list operations, no clock reading and no timer. Waits that survive the turn are stamped and move to a heap. When the
 * real timer fires, what is due runs in the check phase, after input that had already arrived; if the timer was late
 * because the event loop was blocked, due waits are held once more, for as long as the block but at most one second,
 * so that answers that are already there are not reported as timeouts. Never early; delays of any length work; waits that fall due together do so in no particular order.
 */
export class Timers {
  readonly clock: Clock;
  /** Added in this turn, the newest first: one pointer, because storing a young object in an old one costs. */
  #newest: Timed | null = null;
  #heap: Timed[] = [];
  #turnPending = false;
  #handle: unknown;
  #armedFor = Number.POSITIVE_INFINITY;
  #heldUntil = Number.NEGATIVE_INFINITY;
  #held = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Number of waits under way. */
  get size(): number {
    let fresh = 0;
    for (let node = this.#newest; node !== null; node = node.after) fresh++;
    return fresh + this.#heap.length;
  }

  /** Starts a wait of `delayMs` (0 or more; `Infinity` never falls due). The node must be idle. */
  add(node: Timed, delayMs: number): void {
    node.due = delayMs;
    node.place = FRESH;
    const second = this.#newest;
    node.after = second;
    if (second !== null) second.before = node;
    this.#newest = node;
    if (!this.#turnPending) this.#requestTurn();
  }

  /** Ends a wait early. Harmless when the node is idle. */
  remove(node: Timed): void {
    if (node.place === FRESH) {
      const { before, after } = node;
      if (before === null) this.#newest = after;
      else before.after = after;
      if (after !== null) after.before = before;
      node.before = node.after = null;
      node.place = IDLE;
    } else if (node.place !== IDLE) {
      this.#extract(node.place);
      if (this.#heap.length === 0 && this.#handle !== undefined && !this.#turnPending) this.#requestTurn();
    }
  }

  /** Monotonic time at which a waiting node falls due. */
  dueAt(node: Timed): number {
    return node.place === FRESH ? this.clock.now() + node.due : node.due;
  }

  #requestTurn(): void {
    this.#turnPending = true;
    this.clock.defer(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnPending = false;
    if (this.#newest !== null) {
      const now = this.clock.now();
      for (let node: Timed | null = this.#newest; node !== null; ) {
        const older: Timed | null = node.after;
        node.before = node.after = null;
        node.due += now;
        this.#insert(node);
        node = older;
      }
      this.#newest = null;
    }
    this.#arm();
  };

  #arm(): void {
    const top = this.#heap[0];
    const wanted = top === undefined ? Number.POSITIVE_INFINITY : Math.max(top.due, this.#heldUntil);
    if (this.#handle !== undefined) {
      if (wanted !== Number.POSITIVE_INFINITY && this.#armedFor <= wanted) return;
      this.clock.clearTimer(this.#handle);
      this.#handle = undefined;
    }
    if (wanted === Number.POSITIVE_INFINITY) return;
    const now = this.clock.now();
    // Node rounds a delay down to whole milliseconds: rounding up first keeps "never early" true.
    const delayMs = Math.min(Math.max(0, Math.ceil(wanted - now)), LONGEST_ARM_MS);
    this.#armedFor = now + delayMs;
    this.#handle = this.clock.setTimer(this.#fired, delayMs);
  }

  readonly #fired = (): void => {
    this.#handle = undefined;
    this.clock.defer(this.#expire);
  };

  readonly #expire = (): void => {
    const now = this.clock.now();
    const lateMs = now - this.#armedFor;
    if (lateMs > LAG_TOLERANCE_MS && !this.#held) {
      this.#held = true;
      this.#heldUntil = now + Math.min(lateMs, LONGEST_GRACE_MS);
    } else if (now >= this.#heldUntil) {
      this.#held = false;
      this.#heldUntil = Number.NEGATIVE_INFINITY;
      for (let top = this.#heap[0]; top !== undefined && top.due <= now; top = this.#heap[0]) {
        this.#extract(0);
        top.onDue();
      }
    }
    if (!this.#turnPending) this.#arm();
  };

  #insert(node: Timed): void {
    this.#heap.push(node);
    this.#rise(node, this.#heap.length - 1);
  }

  #extract(index: number): void {
    const heap = this.#heap;
    const node = heap[index]!;
    const moved = heap.pop()!;
    if (moved !== node) {
      if (index > 0 && moved.due < heap[(index - 1) >> 1]!.due) this.#rise(moved, index);
      else this.#sink(moved, index);
    }
    node.place = IDLE;
  }

  #rise(node: Timed, from: number): void {
    const heap = this.#heap;
    let index = from;
    while (index > 0) {
      const parent = heap[(index - 1) >> 1]!;
      if (parent.due <= node.due) break;
      heap[index] = parent;
      parent.place = index;
      index = (index - 1) >> 1;
    }
    heap[index] = node;
    node.place = index;
  }

  #sink(node: Timed, from: number): void {
    const heap = this.#heap;
    let index = from;
    for (let child = 2 * index + 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.due < heap[child]!.due) child++;
      const lower = heap[child]!;
      if (lower.due >= node.due) break;
      heap[index] = lower;
      lower.place = index;
      index = child;
    }
    heap[index] = node;
    node.place = index;
  }
}

const byClock = new WeakMap<Clock, Timers>();

/** The one {@link Timers} of a clock. */
export function timersOf(clock: Clock): Timers {
  const known = byClock.get(clock);
  if (known !== undefined) return known;
  const timers = new Timers(clock);
  byClock.set(clock, timers);
  return timers;
}
