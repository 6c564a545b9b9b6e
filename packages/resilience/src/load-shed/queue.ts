import type { Call } from '../call.ts';
import type { Timer } from '../timers.ts';

export interface Waiting {
  readonly call: Call;
  readonly priority: number;
  readonly timer: Timer;
  gone: boolean;
}

/** A queue by priority that gives out the oldest or the newest. Removed entries are skipped later, so that all steps are cheap. */
export class ShedQueue {
  size = 0;
  readonly #lanes: Map<number, { items: Waiting[]; head: number; live: number }> = new Map();

  add(waiting: Waiting): void {
    const lane = this.#lanes.get(waiting.priority);
    if (lane === undefined) this.#lanes.set(waiting.priority, { items: [waiting], head: 0, live: 1 });
    else {
      lane.items.push(waiting);
      lane.live++;
    }
    this.size++;
  }

  remove(waiting: Waiting): void {
    const lane = this.#lanes.get(waiting.priority);
    if (waiting.gone || lane === undefined) return;
    waiting.gone = true;
    this.size--;
    if (--lane.live === 0) this.#lanes.delete(waiting.priority);
    else if (lane.items.length > 32 && lane.live * 2 < lane.items.length) {
      lane.items = lane.items.filter((item) => !item.gone);
      lane.head = 0;
    }
  }

  /** Of the highest priority, the oldest or the newest. Does not remove it. */
  next(newest: boolean): Waiting | undefined {
    return this.#of(Math.max(...this.#lanes.keys()), newest);
  }

  /** Of the lowest priority, the newest. Does not remove it. */
  lowest(): Waiting | undefined {
    return this.#of(Math.min(...this.#lanes.keys()), true);
  }

  #of(priority: number, newest: boolean): Waiting | undefined {
    const lane = this.#lanes.get(priority);
    if (lane === undefined) return undefined;
    const { items } = lane;
    if (newest) {
      while (items.at(-1)?.gone === true) items.pop();
      return items.at(-1);
    }
    while (items[lane.head]?.gone === true) lane.head++;
    return items[lane.head];
  }
}
