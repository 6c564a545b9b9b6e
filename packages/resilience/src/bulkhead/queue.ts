/** One that waits. */
export interface Waiter {
  readonly priority: number;
  readonly key: string;
}

interface Level<W> {
  readonly priority: number;
  /** Waiting by key, in the order in which the keys are next served; each lane in order of arrival. No lane is empty. */
  readonly lanes: Map<string, Set<W>>;
  /** How often a higher level was served while this one waited. */
  passedOver: number;
}

/**
 * Who is next: the highest priority, and within it the keys in turn, and within a key the one that came first. A level
 * that was passed over `starvationLimit` times goes before all higher ones, once. Memory is bounded by those waiting.
 */
export class WaitQueue<W extends Waiter> {
  readonly #levels: Level<W>[] = [];
  #starvationLimit: number;
  #size = 0;

  constructor(starvationLimit: number) {
    this.#starvationLimit = starvationLimit;
  }

  get size(): number {
    return this.#size;
  }

  /** How many priorities are waiting. */
  get levels(): number {
    return this.#levels.length;
  }

  set starvationLimit(limit: number) {
    this.#starvationLimit = limit;
  }

  /** How many wait under a key, at every priority. */
  sizeOf(key: string): number {
    let size = 0;
    for (const level of this.#levels) size += level.lanes.get(key)?.size ?? 0;
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
    const lane = level.lanes.get(key);
    if (lane === undefined) level.lanes.set(key, new Set([waiter]));
    else lane.add(waiter);
    this.#size++;
  }

  /** Takes out one that no longer waits. False when it is not there. */
  remove(waiter: W): boolean {
    const level = this.#levels.find((candidate) => candidate.priority === waiter.priority);
    const lane = level?.lanes.get(waiter.key);
    if (level === undefined || lane?.delete(waiter) !== true) return false;
    this.#size--;
    if (lane.size === 0) this.#dropLane(level, waiter.key);
    return true;
  }

  /** Takes out the next one. */
  take(): W | undefined {
    const [highest] = this.#levels;
    if (highest === undefined) return undefined;
    const level = this.#levels.find(({ passedOver }) => passedOver >= this.#starvationLimit) ?? highest;
    level.passedOver = 0;
    for (const other of this.#levels) if (other.priority < level.priority) other.passedOver++;
    const [key, lane] = level.lanes.entries().next().value!;
    const waiter = lane.values().next().value!;
    lane.delete(waiter);
    this.#size--;
    level.lanes.delete(key);
    if (lane.size > 0) level.lanes.set(key, lane);
    else if (level.lanes.size === 0) this.#levels.splice(this.#levels.indexOf(level), 1);
    return waiter;
  }

  #dropLane(level: Level<W>, key: string): void {
    level.lanes.delete(key);
    if (level.lanes.size === 0) this.#levels.splice(this.#levels.indexOf(level), 1);
  }
}
