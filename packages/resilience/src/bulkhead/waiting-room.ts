import type { Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import { Timer, timersOf } from '../timers.ts';
import { type Waiter, WaitQueue } from './queue.ts';

/** A call that waits. */
export interface Waiting extends Waiter {
  readonly call: Call;
  readonly since: number;
  readonly timer: Timer;
}

/** The calls that wait at a gate for a place. */
export class WaitingRoom extends WaitQueue<Waiting> {
  readonly #clock: Clock;
  readonly #byCall: Map<Call, Waiting> = new Map();
  #handingOver = false;

  constructor(clock: Clock, starvationLimit: number) {
    super(starvationLimit);
    this.#clock = clock;
  }

  /** Lets a call wait for `limitMs`; it has left the room again when `onLimit` is told. */
  enter(call: Call, key: string, limitMs: number, onLimit: () => void): void {
    const timer = new Timer(() => {
      this.leave(call);
      onLimit();
    });
    const waiting: Waiting = { call, priority: call.priority ?? 0, key, since: this.#clock.now(), timer };
    this.add(waiting);
    this.#byCall.set(call, waiting);
    timersOf(this.#clock).add(timer, limitMs);
  }

  /** Takes a call out. Harmless when it does not wait. */
  leave(call: Call): void {
    const waiting = this.#byCall.get(call);
    if (waiting === undefined) return;
    this.remove(waiting);
    this.#forget(waiting);
  }

  #forget({ call, timer }: Waiting): void {
    this.#byCall.delete(call);
    timersOf(this.#clock).remove(timer);
  }

  /** Lets calls in while there is room. `admit` is told of each before its work begins. */
  handOver(hasRoom: () => boolean, newest: () => boolean, admit: (waiting: Waiting) => void): void {
    // Work that ends at once comes here from within `resume`: the loop goes on, the stack does not grow.
    if (this.#handingOver) return;
    this.#handingOver = true;
    while (this.size > 0 && hasRoom()) {
      const waiting = this.take(newest())!;
      this.#forget(waiting);
      admit(waiting);
      waiting.call.resume();
    }
    this.#handingOver = false;
  }
}
