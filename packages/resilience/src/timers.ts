import { AsyncResource } from 'node:async_hooks';
import { type Clock, perClock } from './clock.ts';
import { NEVER } from './policy.ts';

/** `Timed.place` while not waiting. */
export const IDLE: undefined = undefined;
/** Added in this turn of the event loop: no time has been read for it yet. */
const FRESH = true;
/** Longest single wait given to the clock; `setTimeout` fires at once beyond 2^31 - 1. */
const LONGEST_ARM_MS = 2 ** 30;
/** A timer this late means that the event loop was blocked, and answers may be waiting unread. */
const LAG_TOLERANCE_MS = 50;
/** The most that due timers are held back after a blocked event loop. */
const LONGEST_GRACE_MS = 1000;

/** A wait that has outlived its turn: until which monotonic time, and the handle of the clock's timer. */
interface Armed {
  readonly until: number;
  handle: unknown;
}

/** Something that waits. The fields belong to {@link Timers}. */
export interface Timed {
  /** Milliseconds asked for. */
  due: number;
  /** {@link IDLE}, {@link FRESH}, or the {@link Armed} wait. */
  place: unknown;
  before: Timed | null;
  after: Timed | null;
  /** Called once, not before its time. Must not throw. */
  onDue(): void;
}

/** A {@link Timed} that only calls a function, in the async context in which it was made. */
export class Timer implements Timed {
  due = 0;
  place: unknown = IDLE;
  before: Timed | null = null;
  after: Timed | null = null;
  readonly onDue: () => void;
  constructor(onDue: () => void) {
    // Ten times cheaper than `AsyncResource.bind`.
    const here = new AsyncResource('Timer');
    this.onDue = () => here.runInAsyncScope(onDue);
  }
}

/**
 * All waiting of all policies on one clock.
 *
 * A wait is counted from the end of the event-loop turn in which it was added: what ends within that turn costs two
 * list operations, no clock reading and no timer. Waits that survive the turn get a timer of the clock. When that fires,
 * the wait ends in the check phase, after input that had already arrived; if it was late because the event loop was
 * blocked, it is held once more, for as long as the block but at most one second, so that answers that are already
 * there are not reported as timeouts. Never early; delays of any length work.
 */
export class Timers {
  readonly clock: Clock;
  /** Added in this turn, the newest first: one pointer, because storing a young object in an old one costs. */
  #newest: Timed | null = null;
  #turnPending = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Starts a wait of `delayMs` (0 or more; `Infinity` never falls due). The node must be idle. */
  add(node: Timed, delayMs: number): void {
    node.due = delayMs;
    node.place = FRESH;
    const second = this.#newest;
    node.after = second;
    if (second) second.before = node;
    this.#newest = node;
    if (!this.#turnPending) {
      this.#turnPending = true;
      this.clock.defer(this.#turn);
    }
  }

  /** Ends a wait early. Harmless when the node is idle. */
  remove(node: Timed): void {
    const { place, before, after } = node;
    if (place === FRESH) {
      if (before) before.after = after;
      else this.#newest = after;
      if (after) after.before = before;
      node.before = node.after = null;
    } else if (place !== IDLE) {
      this.clock.clearTimer((place as Armed).handle);
    }
    node.place = IDLE;
  }

  /** Monotonic time at which a node falls due; `Infinity` when it does not wait. */
  dueAt(node: Timed): number {
    if (node.place === IDLE) return NEVER;
    return node.place === FRESH ? this.clock.now() + node.due : (node.place as Armed).until;
  }

  readonly #turn = (): void => {
    this.#turnPending = false;
    let node = this.#newest;
    this.#newest = null;
    // The oldest first: an outer limit goes before an inner one that it has shortened to the same time.
    while (node?.after) node = node.after;
    while (node) {
      const younger: Timed | null = node.before;
      node.before = node.after = null;
      this.#arm(node, this.clock.now() + node.due, false);
      node = younger;
    }
  };

  /** `held`: it has been held back once. */
  #arm(node: Timed, until: number, held: boolean): void {
    node.place = IDLE;
    if (until === NEVER) return;
    const { clock } = this;
    const wait: Armed = { until, handle: undefined };
    node.place = wait;
    const expire = (): void => {
      if (node.place !== wait) return;
      const now = clock.now();
      const lateMs = now - until;
      if (lateMs < 0) this.#arm(node, until, held);
      else if (lateMs > LAG_TOLERANCE_MS && !held) this.#arm(node, now + Math.min(lateMs, LONGEST_GRACE_MS), true);
      else {
        node.place = IDLE;
        node.onDue();
      }
    };
    // Node rounds a delay down to whole milliseconds: rounding up first keeps "never early" true.
    const delayMs = Math.min(Math.max(0, Math.ceil(until - clock.now())), LONGEST_ARM_MS);
    wait.handle = clock.setTimer(() => clock.defer(expire), delayMs);
  }
}

/** The one {@link Timers} of a clock. */
export const timersOf: (clock: Clock) => Timers = /* @__PURE__ */ perClock((clock) => new Timers(clock));
