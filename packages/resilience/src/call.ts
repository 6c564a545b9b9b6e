import type { Clock } from './clock.ts';
import {
  CANCELLED,
  type CallContext,
  type CallOptions,
  FAILED,
  type Gate,
  type Outcome,
  type Repeater,
  SUCCEEDED,
  WAIT,
  type Work,
} from './policy.ts';
import { type Timed, type Timers, timersOf } from './timers.ts';

/** What happens to a call: the parts of a fused pipeline. Shared by all its calls. */
export interface Plan {
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly gates: readonly Gate[];
  readonly repeater: Repeater | undefined;
  /** Something in the plan can give up on an attempt, so its signal cannot be the caller's own. */
  readonly cuts: boolean;
  /** When an attempt is given up, its signal is aborted and its work awaited: nothing is left running behind the caller. */
  readonly cooperative: boolean;
}

/** Builds a {@link Plan}. */
export function toPlan(parts: Partial<Plan> & { name: string; clock: Clock }): Plan {
  const { name, clock, gates = [], repeater, cuts = false, cooperative = false } = parts;
  return { name, clock, timers: timersOf(clock), gates, repeater, cuts, cooperative };
}

/** Runs `work` under a plan. */
export function run<T>(plan: Plan, work: Work<T>, options: CallOptions | undefined): Promise<T> {
  return start(plan, work, options).promise as Promise<T>;
}

/** As {@link run}, and gives the call itself, so that it can be cancelled. */
export function start(plan: Plan, work: Work<unknown>, options: CallOptions | undefined): Call {
  // Inside of another policy's attempt the number of that attempt is what matters to the work.
  const attempt = options instanceof Call && plan.repeater === undefined ? options.attempt : 1;
  const call = new Call(plan, work, options, Promise.withResolvers(), attempt);
  if (options === undefined || call.attach()) {
    plan.repeater?.begin?.(call);
    call.enter(0);
  }
  return call;
}

/** The time limit of a call that is between two attempts: the next one starts. */
const wakeUp = { onLimit: (call: Call): void => call.wake() };

/** In the queue of a gate, or still entering gates. */
const WAITING = 0;
const RUNNING = 1;
/** Between the attempt before and this one. */
const PAUSED = 2;
/** Given up, while the work goes on. */
const CUT = 3;
const DONE = 4;
/** Where an attempt is. */
type Phase = typeof WAITING | typeof RUNNING | typeof PAUSED | typeof CUT | typeof DONE;

/**
 * One attempt: its state, and the context its work sees. Policies use the methods; work sees it as `CallContext`.
 */
export class Call implements CallContext, Timed {
  readonly plan: Plan;
  readonly work: Work<unknown>;
  readonly options: CallOptions | undefined;
  readonly attempt: number;
  /** What an earlier attempt left for the repeater. */
  history: unknown;
  #outer: PromiseWithResolvers<unknown>;
  #phase: Phase = WAITING;
  /** How many gates were entered; while waiting, the index of the gate waited for. */
  #level = 0;
  #tokens: unknown[];
  #controller: AbortController | undefined = undefined;
  /** Why the attempt was given up, and what that means to its gates. */
  #givenUp: { readonly outcome: Outcome; readonly reason: unknown; readonly final: boolean } | undefined = undefined;
  /** Calls that were started with this one as their options, to be given up with it. */
  #inner: Call | Set<Call> | undefined = undefined;
  /** The timer of this attempt's first time limit is the call itself, which saves an object. */
  due = 0;
  delayMs = 0;
  place = -1;
  before: Timed | null = null;
  after: Timed | null = null;
  limit: { onLimit(call: Call): void } | undefined = undefined;

  constructor(
    plan: Plan,
    work: Work<unknown>,
    options: CallOptions | undefined,
    outer: PromiseWithResolvers<unknown>,
    attempt: number,
  ) {
    this.plan = plan;
    this.work = work;
    this.options = options;
    this.attempt = attempt;
    this.history = undefined;
    this.#outer = outer;
    this.#tokens = plan.gates.length <= 4 ? [undefined, undefined, undefined, undefined] : new Array(plan.gates.length);
  }

  get promise(): Promise<unknown> {
    return this.#outer.promise;
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
    const existing = this.#controller;
    if (existing !== undefined) return existing.signal;
    if (!this.plan.cuts && this.options?.signal !== undefined) return this.options.signal;
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#givenUp !== undefined) controller.abort(this.#givenUp.reason);
    return controller.signal;
  }
  /** The answer is no longer awaited: settled, cancelled or timed out. */
  get ended(): boolean {
    return this.#phase === DONE || this.#phase === CUT;
  }

  /** Links the call to its caller's signal or context. False: the caller had given up already, and the call has ended. */
  attach(): boolean {
    const options = this.options!;
    if (options instanceof Call) {
      const givenUp = options.#givenUp;
      if (givenUp === undefined) options.#adopt(this);
      else this.giveUp(givenUp.outcome, givenUp.reason);
      return givenUp === undefined;
    }
    const signal = options.signal;
    if (signal?.aborted === true) {
      this.cancel(signal.reason);
      return false;
    }
    signal?.addEventListener('abort', this);
    return true;
  }

  #detach(): void {
    const options = this.options;
    if (options === undefined) return;
    if (options instanceof Call) options.#release(this);
    else options.signal?.removeEventListener('abort', this);
  }

  #adopt(inner: Call): void {
    const others = this.#inner;
    if (others === undefined) this.#inner = inner;
    else if (others instanceof Call) this.#inner = new Set([others, inner]);
    else others.add(inner);
  }

  #release(inner: Call): void {
    const others = this.#inner;
    if (others === inner) this.#inner = undefined;
    else if (others instanceof Set) others.delete(inner);
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    this.cancel((this.options as CallOptions).signal!.reason);
  }

  /** The time limit that uses the call as its timer has passed. */
  onDue(): void {
    this.limit!.onLimit(this);
  }

  /** The gate that answered `WAIT` admits the call. */
  resume(token: unknown): void {
    this.#tokens[this.#level] = token;
    this.enter(this.#level + 1);
  }

  /** The gate being entered, or waited for, refuses the call. */
  refuse(error: unknown): void {
    this.#phase = DONE;
    this.#leaveAll(FAILED, error);
    this.#finish(FAILED, error);
  }

  /** The caller no longer wants the answer. Says nothing about the dependency. */
  cancel(reason: unknown): void {
    this.giveUp(CANCELLED, reason);
  }

  /** Ends the call, all attempts of it, before its work has ended. Without effect on a call that has ended. */
  giveUp(outcome: Outcome, reason: unknown): void {
    if (this.#cut(outcome, reason, true)) this.settle(CANCELLED, reason);
  }

  /** Ends this attempt before its work has ended; a repeater may start another. Without effect on one that has ended. */
  cut(reason: unknown): void {
    if (this.#cut(FAILED, reason, false)) this.#finish(FAILED, reason);
  }

  #cut(outcome: Outcome, reason: unknown, final: boolean): boolean {
    const phase = this.#phase;
    if (phase === CUT || phase === DONE || this.#givenUp !== undefined) return false;
    this.#givenUp = { outcome, reason, final };
    if (phase === RUNNING) {
      if (!this.plan.cooperative) this.#phase = CUT;
      this.#controller?.abort(reason);
      this.#giveUpInner(outcome, reason);
      if (this.plan.cooperative) return false;
      const { gates } = this.plan;
      for (let index = gates.length - 1; index >= 0; index--) {
        const gate = gates[index]!;
        if (!gate.holds) gate.leave(this, this.#tokens[index], outcome, reason);
      }
      return true;
    }
    this.#phase = DONE;
    if (phase === PAUSED) this.plan.timers.remove(this);
    else {
      this.plan.gates[this.#level]?.withdraw?.(this);
      this.#leaveAll(CANCELLED, reason);
    }
    return true;
  }

  #giveUpInner(outcome: Outcome, reason: unknown): void {
    const inner = this.#inner;
    if (inner instanceof Call) inner.giveUp(outcome, reason);
    else if (inner !== undefined) for (const call of [...inner]) call.giveUp(outcome, reason);
  }

  /** Leaves the gates that were entered, from the inside out. */
  #leaveAll(outcome: Outcome, value: unknown): void {
    const { gates } = this.plan;
    for (let index = this.#level - 1; index >= 0; index--) {
      gates[index]!.leave(this, this.#tokens[index], outcome, value);
    }
  }

  /** Settles the promise, unless the repeater goes on. */
  #finish(outcome: Outcome, value: unknown): void {
    const { repeater } = this.plan;
    if (repeater === undefined || !repeater.settled(this, outcome, value)) this.settle(outcome, value);
  }

  /** Settles the promise of the call. For the repeater; all others end a call by its gates. */
  settle(outcome: Outcome, value: unknown): void {
    if (this.options !== undefined) this.#detach();
    this.plan.repeater?.end?.(this);
    if (outcome === SUCCEEDED) this.#outer.resolve(value);
    else this.#outer.reject(value);
  }

  /** Starts the next attempt after a pause. */
  again(delayMs: number, history: unknown): Call {
    const { plan, options } = this;
    this.#detach();
    const next = new Call(plan, this.work, options, this.#outer, this.attempt + 1);
    next.history = history;
    next.#phase = PAUSED;
    if (options === undefined || next.attach()) {
      next.limit = wakeUp;
      plan.timers.add(next, delayMs);
    }
    return next;
  }

  /** The pause before this attempt is over. */
  wake(): void {
    this.limit = undefined;
    this.#phase = WAITING;
    this.enter(0);
  }

  /** Enters the gates from `from` inwards, then starts the work. */
  enter(from: number): void {
    const { gates } = this.plan;
    const count = gates.length;
    try {
      for (let index = from; index < count; index++) {
        this.#level = index;
        const token = gates[index]!.enter(this, index);
        if (token === WAIT) return;
        this.#tokens[index] = token;
      }
    } catch (error) {
      this.refuse(error);
      return;
    }
    this.#level = count;
    this.#phase = RUNNING;
    let result: unknown;
    try {
      result = this.work(this);
    } catch (error) {
      this.#ended(FAILED, error);
      return;
    }
    if ((typeof result !== 'object' || result === null) && typeof result !== 'function') {
      this.#ended(SUCCEEDED, result);
      return;
    }
    // Makes a proper promise of a thenable, whose `then` may throw, or call back at once or twice; a promise stays itself.
    Promise.resolve(result).then(
      (value) => this.#ended(SUCCEEDED, value),
      (error) => this.#ended(FAILED, error),
    );
  }

  /** The work has really ended. */
  #ended(outcome: Outcome, value: unknown): void {
    if (this.#givenUp !== undefined) {
      this.#endedLate(outcome, value);
      return;
    }
    this.#phase = DONE;
    const { gates } = this.plan;
    for (let index = gates.length - 1; index >= 0; index--) {
      gates[index]!.leave(this, this.#tokens[index], outcome, value);
    }
    this.#finish(outcome, value);
  }

  #endedLate(outcome: Outcome, value: unknown): void {
    const givenUp = this.#givenUp!;
    if (this.#phase === CUT) {
      this.#phase = DONE;
      const { gates } = this.plan;
      for (let index = gates.length - 1; index >= 0; index--) {
        const gate = gates[index]!;
        if (gate.holds) gate.leave(this, this.#tokens[index], outcome, value);
      }
      return;
    }
    this.#phase = DONE;
    const obeyed = outcome === FAILED && (value === givenUp.reason || (value as Error | null)?.name === 'AbortError');
    const ending = obeyed ? givenUp.outcome : outcome;
    const final = obeyed ? givenUp.reason : value;
    this.#leaveAll(ending, final);
    if (obeyed && givenUp.final) this.settle(ending, final);
    else this.#finish(ending, final);
  }
}
