import type { Call } from '../call.ts';
import { Timer, type Timers } from '../timers.ts';
import type { QueueOrder } from './fair-queue.ts';

/** The calls that wait at a gate for a place. */
export class WaitingRoom {
  /** Who is next. Default: who came first. */
  order: QueueOrder | undefined = undefined;
  readonly #timers: Timers;
  /** In order of arrival, with the end of their wait. */
  readonly #waiting: Map<Call, { readonly since: number; readonly timer: Timer }> = new Map();
  #handingOver = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Puts another order in force. */
  reorder(order: QueueOrder | undefined): void {
    if (order === this.order) return;
    for (const call of this.#waiting.keys()) {
      this.order?.remove(call);
      order?.add(call, true);
    }
    this.order = order;
  }

  /** Lets a call wait, to be asked to leave after `limitMs` by `onLimit`. False: the order does not let it wait. */
  enter(call: Call, limitMs: number, onLimit: () => void): boolean {
    if (this.order?.add(call) === false) return false;
    const timer = new Timer(onLimit);
    this.#waiting.set(call, { since: this.#timers.clock.now(), timer });
    this.#timers.add(timer, limitMs);
    return true;
  }

  /** A call no longer waits. Harmless for one that did not. */
  leave(call: Call): void {
    const entry = this.#waiting.get(call);
    if (!entry) return;
    this.#waiting.delete(call);
    this.order?.remove(call);
    this.#timers.remove(entry.timer);
  }

  /** Lets calls in while there is room. `admit` is told of each before its work begins. */
  handOver(hasRoom: () => boolean, admit?: (call: Call, waitedMs: number) => void): void {
    // Work that ends at once comes here from within `resume`: the loop goes on, the stack does not grow.
    if (this.#handingOver) return;
    this.#handingOver = true;
    while (this.size > 0 && hasRoom()) {
      const [first] = this.#waiting.keys();
      const call = this.order?.take() ?? first!;
      const entry = this.#waiting.get(call);
      // An order that serves another room too, against its contract, must not stop this one.
      if (!entry) continue;
      const waitedMs = this.#timers.clock.now() - entry.since;
      this.leave(call);
      call.within(() => {
        admit?.(call, waitedMs);
        call.resume();
      });
    }
    this.#handingOver = false;
  }
}
