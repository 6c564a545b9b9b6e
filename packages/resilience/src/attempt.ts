import { CUT, DONE, PAUSED, Rare, RUNNING } from './attempt-state.ts';
import type { Plan } from './plan.ts';
import {
  CANCELLED,
  type CallContext,
  type CallOptions,
  FAILED,
  type Outcome,
  SUCCEEDED,
  WAIT,
  type Work,
} from './policy.ts';
import type { Timed } from './timers.ts';

const soon = /* @__PURE__ */ Promise.resolve();

/**
 * One attempt: its state, and the context its work sees. Policies use the methods; work sees it as `CallContext`.
 */
export class Call implements CallContext, Timed {
  // Declared, set in the constructor, few and all public: field initialisers, private names and each further field
  // cost a call measurably. What is marked internal is for this file.
  declare readonly plan: Plan;
  declare readonly work: Work<unknown>;
  declare readonly options: CallOptions | undefined;
  // The timer of the attempt's time limit, and of the pause before it, is the call itself, which saves an object.
  declare due: number;
  declare place: number;
  declare before: Timed | null;
  declare after: Timed | null;
  /** @internal */
  declare resolve: (value: unknown) => void;
  /** @internal */
  declare reject: (reason: unknown) => void;
  /** @internal */
  declare phase: number;
  /** @internal The token of the gate at `plan.tokenAt`. */
  declare token: unknown;
  /** @internal */
  declare rare: Rare | undefined;

  constructor(
    plan: Plan,
    work: Work<unknown>,
    options: CallOptions | undefined,
    resolve: (value: unknown) => void,
    reject: (reason: unknown) => void,
  ) {
    this.plan = plan;
    this.work = work;
    this.options = options;
    this.due = 0;
    this.place = -1;
    this.before = null;
    this.after = null;
    this.resolve = resolve;
    this.reject = reject;
    this.phase = 0;
    this.token = undefined;
    this.rare = undefined;
  }

  /** @internal */
  get extra(): Rare {
    this.rare ??= new Rare();
    return this.rare;
  }

  /** @internal The gate at `index` let the call pass. */
  pass(index: number, token: unknown): void {
    this.plan.lanes[index]!.active++;
    if (token !== undefined) this.keep(index, token);
  }

  /** @internal */
  keep(index: number, token: unknown): void {
    if (index === this.plan.tokenAt) this.token = token;
    else this.extra.tokens[index] = token;
  }

  /** @internal */
  leave(index: number, outcome: Outcome, value: unknown): void {
    const { plan, rare } = this;
    const lane = plan.lanes[index]!;
    lane.active--;
    if (this.place !== -1 && plan.gates[index] === plan.limit) plan.timers.remove(this);
    if (outcome === SUCCEEDED && !lane.watch && (rare === undefined || (rare.asked & (1 << index)) === 0)) return;
    plan.gates[index]!.leave(this, index === plan.tokenAt ? this.token : rare?.tokens[index], outcome, value);
  }

  /** What an attempt leaves to the next, for the repeater. */
  get history(): unknown {
    return this.rare?.history;
  }
  set history(history: unknown) {
    this.extra.history = history;
  }
  get attempt(): number {
    return this.rare === undefined ? 1 : this.rare.attempt;
  }
  get operation(): string {
    return this.options?.operation ?? this.plan.name;
  }
  get correlationId(): string | undefined {
    return this.options?.correlationId;
  }
  get key(): string | undefined {
    return this.options?.key;
  }
  get priority(): number | undefined {
    return this.options?.priority;
  }
  get idempotent(): boolean | undefined {
    return this.options?.idempotent;
  }
  get deadline(): number {
    const given = this.options?.deadline ?? Number.POSITIVE_INFINITY;
    const whole = this.plan.repeater?.deadlineOf?.(this) ?? Number.POSITIVE_INFINITY;
    const own = this.place === -1 ? Number.POSITIVE_INFINITY : this.plan.timers.dueAt(this);
    return Math.min(given, whole, own);
  }
  get signal(): AbortSignal {
    const existing = this.rare?.controller;
    if (existing !== undefined) return existing.signal;
    const { options } = this;
    if (!this.plan.cuts && options !== undefined) {
      const parent = parentOf(options);
      if (parent === options) return parent.signal;
      if (options.signal === undefined && parent !== undefined) return parent.signal;
      if (options.signal !== undefined && parent === undefined) return options.signal;
    }
    const controller = new AbortController();
    const { extra } = this;
    extra.controller = controller;
    if (extra.givenUp !== undefined) controller.abort(extra.givenUp.reason);
    return controller.signal;
  }
  /** The answer is no longer awaited: settled, cancelled or timed out. */
  get ended(): boolean {
    return this.phase === DONE || this.phase === CUT;
  }

  /** Links the call to its caller's signal or context. False: the caller had given up already, and the call has ended. */
  attach(): boolean {
    const options = this.options!;
    const parent = parentOf(options);
    // Inside of another policy's attempt the number of that attempt is what matters to the work.
    if (parent !== undefined && parent.attempt > 1 && this.plan.repeater === undefined)
      this.extra.attempt = parent.attempt;
    if (parent === undefined && 'plan' in options) {
      throw new TypeError('A context cannot be spread into options; use withContext(context, changes)');
    }
    const givenUp = parent?.rare?.givenUp;
    if (givenUp !== undefined) {
      this.giveUp(givenUp.outcome, givenUp.reason);
      return false;
    }
    const signal = parent === options ? undefined : options.signal;
    if (signal?.aborted === true) {
      this.cancel(signal.reason);
      return false;
    }
    signal?.addEventListener('abort', this);
    parent?.extra.adopt(this);
    return true;
  }

  /** @internal */
  detach(): void {
    const { options } = this;
    if (options === undefined) return;
    const parent = parentOf(options);
    parent?.rare?.release(this);
    if (parent !== options) options.signal?.removeEventListener('abort', this);
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    this.cancel((this.options as CallOptions).signal!.reason);
  }

  /** The pause before the attempt, or the attempt's time limit, is over. */
  onDue(): void {
    if (this.phase === PAUSED) {
      this.enter(0);
    } else {
      this.plan.limit!.onLimit(this);
    }
  }

  /** The gate that answered `WAIT` admits the call. */
  resume(token: unknown): void {
    const index = this.phase;
    this.pass(index, token);
    this.enter(index + 1);
  }

  /** The gate being entered, or waited for, refuses the call. */
  refuse(error: unknown): void {
    this.leaveBefore(this.phase, FAILED, error);
    this.phase = DONE;
    const { repeater } = this.plan;
    if (repeater?.settled(this, FAILED, error) === true) return;
    this.close();
    // One turn of the microtasks later the caller has a handler on the promise. Rejecting before costs three times as
    // much: the runtime first takes note of an unhandled rejection, and then takes it back.
    void soon.then(() => this.reject(error));
  }

  /** The caller no longer wants the answer. Says nothing about the dependency. */
  cancel(reason: unknown): void {
    this.giveUp(CANCELLED, reason);
  }

  /** Ends the call, all attempts of it, before its work has ended. Without effect on a call that has ended. */
  giveUp(outcome: Outcome, reason: unknown): void {
    if (this.stop(outcome, reason, true)) this.settle(CANCELLED, reason);
  }

  /** Ends this attempt before its work has ended; a repeater may start another. Without effect on one that has ended. */
  cut(reason: unknown): void {
    if (this.stop(FAILED, reason, false)) this.finish(FAILED, reason);
  }

  /** @internal */
  stop(outcome: Outcome, reason: unknown, final: boolean): boolean {
    const phase = this.phase;
    if (phase === CUT || phase === DONE || this.rare?.givenUp !== undefined) return false;
    const { extra } = this;
    extra.givenUp = { outcome, reason, final };
    if (phase === RUNNING) {
      if (!this.plan.cooperative) this.phase = CUT;
      extra.controller?.abort(reason);
      extra.giveUpInner(outcome, reason);
      if (this.plan.cooperative) return false;
      const { gates } = this.plan;
      for (let index = gates.length - 1; index >= 0; index--) {
        if (!gates[index]!.holds) this.leave(index, outcome, reason);
      }
      return true;
    }
    this.phase = DONE;
    if (phase === PAUSED) {
      this.plan.timers.remove(this);
    } else {
      this.plan.gates[phase]?.withdraw?.(this);
      this.leaveBefore(phase, CANCELLED, reason);
    }
    return true;
  }

  /** @internal Leaves the gates before the one at `end`, from the inside out. */
  leaveBefore(end: number, outcome: Outcome, value: unknown): void {
    for (let index = end - 1; index >= 0; index--) this.leave(index, outcome, value);
  }

  /** @internal Settles the promise, unless the repeater goes on. */
  finish(outcome: Outcome, value: unknown): void {
    const { repeater } = this.plan;
    if (repeater === undefined || !repeater.settled(this, outcome, value)) this.settle(outcome, value);
  }

  /** Settles the promise of the call. For the repeater; all others end a call by its gates. */
  settle(outcome: Outcome, value: unknown): void {
    this.close();
    if (outcome === SUCCEEDED) this.resolve(value);
    else this.reject(value);
  }

  /** @internal */
  close(): void {
    if (this.options !== undefined) this.detach();
    this.plan.repeater?.end?.(this);
  }

  /** Starts the next attempt after a pause. */
  again(delayMs: number, history: unknown): Call {
    const { plan, options } = this;
    this.detach();
    const next = new Call(plan, this.work, options, this.resolve, this.reject);
    next.extra.attempt = this.attempt + 1;
    next.history = history;
    next.phase = PAUSED;
    if (options === undefined || next.attach()) {
      plan.timers.add(next, delayMs);
    }
    return next;
  }

  /** @internal Asks the gate at `index` to let the call pass. False: it waits, or has ended. */
  ask(index: number): boolean {
    this.phase = index;
    this.extra.asked |= 1 << index;
    const token = this.plan.gates[index]!.enter(this, index);
    if (token === WAIT) return false;
    this.pass(index, token);
    if (this.phase === index) return true;
    // A listener of that very gate has made the caller give up.
    this.leave(index, CANCELLED, undefined);
    return false;
  }

  /** Enters the gates from `from` inwards, then starts the work. */
  enter(from: number): void {
    const { lanes, timers } = this.plan;
    const count = lanes.length;
    try {
      for (let index = from; index < count; index++) {
        const lane = lanes[index]!;
        if (lane.free && lane.active < lane.most) {
          if (lane.limitMs !== 0) {
            if (this.options !== undefined) {
              if (!this.ask(index)) return;
              continue;
            }
            timers.add(this, lane.limitMs);
          }
          lane.active++;
          const { token } = lane;
          if (token !== undefined) this.keep(index, token);
        } else if (!this.ask(index)) return;
      }
    } catch (error) {
      this.refuse(error);
      return;
    }
    this.phase = RUNNING;
    let result: unknown;
    try {
      result = this.work(this);
    } catch (error) {
      this.done(FAILED, error);
      return;
    }
    if (result instanceof Promise && result.constructor === Promise) {
      result.then(onValue.bind(this), onError.bind(this));
    } else if ((typeof result !== 'object' || result === null) && typeof result !== 'function') {
      this.done(SUCCEEDED, result);
    } else {
      Promise.resolve(result).then(onValue.bind(this), onError.bind(this));
    }
  }

  /** @internal The work has really ended. */
  done(outcome: Outcome, value: unknown): void {
    if (this.rare?.givenUp !== undefined) {
      this.doneLate(outcome, value);
      return;
    }
    this.phase = DONE;
    const { gates, lanes, timers, tokenAt } = this.plan;
    if (outcome !== SUCCEEDED || this.rare !== undefined) {
      this.leaveBefore(lanes.length, outcome, value);
    } else {
      // The same, for a call that passed all gates freely.
      if (this.place !== -1) timers.remove(this);
      for (let index = lanes.length - 1; index >= 0; index--) {
        const lane = lanes[index]!;
        lane.active--;
        if (lane.watch) gates[index]!.leave(this, index === tokenAt ? this.token : undefined, outcome, value);
      }
    }
    this.finish(outcome, value);
  }

  /** @internal */
  doneLate(outcome: Outcome, value: unknown): void {
    const givenUp = this.rare!.givenUp!;
    if (this.phase === CUT) {
      this.phase = DONE;
      const { gates } = this.plan;
      for (let index = gates.length - 1; index >= 0; index--) {
        if (gates[index]!.holds) this.leave(index, outcome, value);
      }
      return;
    }
    this.phase = DONE;
    const obeyed = outcome === FAILED && (value === givenUp.reason || (value as Error | null)?.name === 'AbortError');
    const ending = obeyed ? givenUp.outcome : outcome;
    const final = obeyed ? givenUp.reason : value;
    this.leaveBefore(this.plan.gates.length, ending, final);
    if (obeyed && givenUp.final) this.settle(ending, final);
    else this.finish(ending, final);
  }
}

/** The call that another one, with these options, is part of. */
export function parentOf(options: CallOptions): Call | undefined {
  if (options instanceof Call) return options;
  return options.within instanceof Call ? options.within : undefined;
}

// Bound to the call instead of written as closures: half the bytes, and no slower.
function onValue(this: Call, value: unknown): void {
  this.done(SUCCEEDED, value);
}
function onError(this: Call, error: unknown): void {
  this.done(FAILED, error);
}
