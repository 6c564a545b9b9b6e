/** One that waits. The links belong to {@link WaitQueue}. */
export interface Waiter {
  readonly priority: number;
  readonly key: string;
  before?: Link | undefined;
  after?: Link | undefined;
}

/** A place in a ring: a waiter, or the lane, which lies between the newest and the oldest. */
interface Link {
  before?: Link | undefined;
  after?: Link | undefined;
}

/** Those of one key, as a ring in order of arrival. */
interface Lane extends Link {
  size: number;
}

interface Level {
  readonly priority: number;
  /** Waiting by key, in the order in which the keys are next served. No lane is empty. */
  readonly lanes: Map<string, Lane>;
  /** How often a higher level was served while this one waited. */
  passedOver: number;
}

/**
 * Who is next: the highest priority, and within it the keys in turn, and within a key the one that came first, or last. A
 * level that was passed over `starvationLimit` times goes before all higher ones, once. Every step takes the same time
 * however many wait, but for the number of priorities. Memory is bounded by those waiting.
 */
export class WaitQueue<W extends Waiter> {
  /** The highest priority first. */
  readonly #levels: Level[] = [];
  starvationLimit: number;
  size = 0;

  constructor(starvationLimit: number) {
    this.starvationLimit = starvationLimit;
  }

  /** How many priorities are waiting. */
  get levels(): number {
    return this.#levels.length;
  }

  /** How many wait under a key, at every priority. */
  sizeOf(key: string): number {
    let size = 0;
    for (const { lanes } of this.#levels) size += lanes.get(key)?.size ?? 0;
    return size;
  }

  add(waiter: W): void {
    const { priority, key } = waiter;
    let level = this.#levels.find((candidate) => candidate.priority === priority);
    if (level === undefined) {
      level = { priority, lanes: new Map(), passedOver: 0 };
      this.#levels.push(level);
      this.#levels.sort((a, b) => b.priority - a.priority);
    }
    let lane = level.lanes.get(key);
    if (lane === undefined) {
      lane = { size: 0 };
      lane.before = lane.after = lane;
      level.lanes.set(key, lane);
    }
    const newest = lane.before!;
    waiter.before = newest;
    waiter.after = lane;
    lane.before = newest.after = waiter;
    lane.size++;
    this.size++;
  }

  /** Takes out one that no longer waits. False when it is not there. */
  remove(waiter: W): boolean {
    const { before, after, priority, key } = waiter;
    if (before === undefined || after === undefined) return false;
    before.after = after;
    after.before = before;
    waiter.before = waiter.after = undefined;
    this.size--;
    const at = this.#levels.findIndex((level) => level.priority === priority);
    const { lanes } = this.#levels[at]!;
    if (--lanes.get(key)!.size === 0) {
      lanes.delete(key);
      if (lanes.size === 0) this.#levels.splice(at, 1);
    }
    return true;
  }

  /** Takes out the next one; of its key the newest, or the oldest. */
  take(newest = false): W | undefined {
    const level = this.#levels.find(({ passedOver }) => passedOver >= this.starvationLimit) ?? this.#levels[0];
    if (level === undefined) return undefined;
    level.passedOver = 0;
    for (const other of this.#levels) if (other.priority < level.priority) other.passedOver++;
    const [key, lane] = level.lanes.entries().next().value!;
    const waiter = (newest ? lane.before : lane.after) as W;
    this.remove(waiter);
    // The key, if it still waits, comes after the others.
    if (level.lanes.delete(key)) level.lanes.set(key, lane);
    return waiter;
  }

  /** The newest of the lowest priority, of the key that is served next. Stays in the queue. */
  get last(): W | undefined {
    return this.#levels.at(-1)?.lanes.values().next().value?.before as W | undefined;
  }
}
