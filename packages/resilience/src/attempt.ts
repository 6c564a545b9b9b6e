import { OptionError } from '@breakwater/errors';
import { CUT, changes, DONE, PAUSED, Rare, RUNNING } from './attempt-state.ts';
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
  declare place: unknown;
  declare before: Timed | null;
  declare after: Timed | null;
  /** @internal Settles the promise of the call; with {@link rejection} it rejects. */
  declare resolve: (value: unknown) => void;
  /** @internal */
  declare phase: number;
  /** How many changes of state all breakers had made when the work began. */
  declare begun: number;
  /** @internal */
  declare rare: Rare | undefined;

  constructor(plan: Plan, work: Work<unknown>, options: CallOptions | undefined, resolve: (value: unknown) => void) {
    this.plan = plan;
    this.work = work;
    this.options = options;
    this.due = 0;
    this.place = undefined;
    this.before = null;
    this.after = null;
    this.resolve = resolve;
    this.phase = 0;
    this.begun = 0;
    this.rare = undefined;
  }

  /** @internal */
  get extra(): Rare {
    this.rare ??= new Rare();
    return this.rare;
  }

  /** What an attempt leaves to the next, for the repeater. */
  get history(): unknown {
    return this.rare?.history;
  }
  set history(history: unknown) {
    this.extra.history = history;
  }
  get attempt(): number {
    // Inside of another policy's attempt the number of that attempt is what matters to the work.
    return this.rare?.attempt ?? (this.plan.repeater === undefined ? (parentOf(this.options)?.attempt ?? 1) : 1);
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
    return Math.min(this.options?.deadline ?? Number.POSITIVE_INFINITY, this.plan.timers.dueAt(this));
  }
  get signal(): AbortSignal {
    const { extra } = this;
    if (extra.controller === undefined) {
      extra.controller = new AbortController();
      if (extra.givenUp !== undefined) extra.controller.abort(extra.givenUp.reason);
    }
    return extra.controller.signal;
  }
  /** The answer is no longer awaited: settled, cancelled or timed out. */
  get ended(): boolean {
    return this.phase <= CUT;
  }

  /** Links the call to its caller's signal or context. False: the caller had given up already, and the call has ended. */
  attach(): boolean {
    const options = this.options!;
    const parent = parentOf(options);
    if (parent === undefined && 'plan' in options) {
      throw new TypeError('A context cannot be spread into options; use withContext(context, changes)');
    }
    // One wait that is not a number would spoil the order of all others.
    for (const option of ['deadline', 'priority'] as const) {
      if (Number.isNaN(Number(options[option] ?? 0))) throw new OptionError(option, options[option], 'a number');
    }
    const signal = parent === options ? undefined : options.signal;
    const givenUp = parent?.rare?.givenUp;
    if (givenUp !== undefined) this.giveUp(givenUp.outcome, givenUp.reason);
    else if (signal?.aborted === true) this.cancel(signal.reason);
    else {
      signal?.addEventListener('abort', this);
      if (parent !== undefined) {
        const { extra } = parent;
        extra.inner ??= new Set();
        extra.inner.add(this);
      }
      return true;
    }
    return false;
  }

  /** @internal */
  detach(): void {
    const { options } = this;
    if (options === undefined) return;
    const parent = parentOf(options);
    parent?.rare?.inner?.delete(this);
    if (parent !== options) options.signal?.removeEventListener('abort', this);
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    this.cancel(this.options!.signal!.reason);
  }

  /** The pause before the attempt, or the attempt's time limit, is over. */
  onDue(): void {
    if (this.phase === PAUSED) this.enter(0);
    else this.plan.limit!.onLimit(this);
  }

  /** Enters the gates from `from` inwards, then starts the work. */
  enter(from: number): void {
    const { lanes, timers } = this.plan;
    for (let index = from; index < lanes.length; index++) {
      const lane = lanes[index]!;
      if (lane.free && lane.active < lane.most && (lane.limitMs === 0 || this.options === undefined)) {
        if (lane.limitMs !== 0) timers.add(this, lane.limitMs);
        lane.active++;
      } else if (!this.ask(index)) return;
    }
    this.phase = RUNNING;
    this.begun = changes.count;
    try {
      // The handlers are bound to the call instead of written as closures: half the bytes, and no slower.
      Promise.resolve(this.work(this)).then(onValue.bind(this), onError.bind(this));
    } catch (error) {
      this.done(FAILED, error);
    }
  }

  /** @internal Asks the gate at `index` to let the call pass. False: it waits, or has ended. */
  ask(index: number): boolean {
    this.phase = index;
    try {
      return this.plan.gates[index]!.enter(this) !== WAIT && this.pass(index);
    } catch (error) {
      this.refuse(error);
      return false;
    }
  }

  /** @internal The gate at `index` let the call pass. False: a listener of that very gate has made the caller give up. */
  pass(index: number): boolean {
    this.plan.lanes[index]!.active++;
    if (this.phase === index) return true;
    this.leave(index, CANCELLED, undefined);
    return false;
  }

  /** The gate that answered `WAIT` admits the call. */
  resume(): void {
    const index = this.phase;
    if (this.pass(index)) this.enter(index + 1);
  }

  /** The gate being entered, or waited for, refuses the call. */
  refuse(error: unknown): void {
    const index = this.phase;
    if (this.ended) return;
    this.end();
    this.leaveBefore(index, FAILED, error);
    this.finish(FAILED, error);
  }

  /** @internal */
  end(): void {
    this.phase = DONE;
    this.plan.timers.remove(this);
  }

  /** @internal */
  leave(index: number, outcome: Outcome, value: unknown): void {
    const { lanes, gates } = this.plan;
    const lane = lanes[index]!;
    lane.active--;
    if (lane.watch || outcome !== SUCCEEDED) gates[index]!.leave(this, outcome, value);
  }

  /** @internal Leaves the gates before the one at `end`, from the inside out; `holds`: only those that do, or do not. */
  leaveBefore(end: number, outcome: Outcome, value: unknown, holds?: boolean): void {
    for (let index = end - 1; index >= 0; index--) {
      if (holds === undefined || this.plan.gates[index]!.holds === holds) this.leave(index, outcome, value);
    }
  }

  /** The caller no longer wants the answer. Says nothing about the dependency. */
  cancel(reason: unknown): void {
    this.giveUp(CANCELLED, reason);
  }

  /** Ends the call, all attempts of it, before its work has ended. Without effect on a call that has ended. */
  giveUp(outcome: Outcome, reason: unknown): void {
    this.stop(outcome, reason, true);
  }

  /** Ends this attempt before its work has ended; a repeater may start another. Without effect on one that has ended. */
  cut(reason: unknown): void {
    this.stop(FAILED, reason, false);
  }

  /** @internal */
  stop(outcome: Outcome, reason: unknown, final: boolean): void {
    const { phase, plan, extra } = this;
    if (this.ended || extra.givenUp !== undefined) return;
    extra.givenUp = { outcome, reason, final };
    plan.timers.remove(this);
    if (phase === RUNNING) {
      if (!plan.cooperative) this.phase = CUT;
      extra.controller?.abort(reason);
      for (const call of extra.inner ?? []) call.giveUp(outcome, reason);
      if (plan.cooperative) return;
      this.leaveBefore(plan.gates.length, outcome, reason, false);
    } else {
      this.phase = DONE;
      plan.gates[phase]?.withdraw?.(this);
      this.leaveBefore(phase, CANCELLED, reason);
    }
    this.finish(final ? CANCELLED : FAILED, reason);
  }

  /** @internal The work has really ended. */
  done(outcome: Outcome, value: unknown): void {
    const { phase, plan, rare } = this;
    const count = plan.lanes.length;
    this.end();
    if (phase === CUT) {
      this.leaveBefore(count, outcome, value, true);
      return;
    }
    const givenUp = rare?.givenUp;
    // The work was awaited all the same. If it failed by the abort, the reason to give up is the failure.
    if (
      givenUp !== undefined &&
      outcome === FAILED &&
      (value === givenUp.reason || (value as Error | null)?.name === 'AbortError')
    ) {
      this.leaveBefore(count, givenUp.outcome, givenUp.reason);
      this.finish(givenUp.final ? CANCELLED : FAILED, givenUp.reason);
      return;
    }
    this.leaveBefore(count, outcome, value);
    this.finish(outcome, value);
  }

  /** @internal Settles the promise, unless the repeater goes on. */
  finish(outcome: Outcome, value: unknown): void {
    if (this.plan.repeater?.settled(this, outcome, value) !== true) this.settle(outcome, value);
  }

  /** Settles the promise of the call. For the repeater; all others end a call by its gates. */
  settle(outcome: Outcome, value: unknown): void {
    this.detach();
    this.resolve(outcome === SUCCEEDED ? value : rejection(value));
  }

  /** Starts the next attempt after a pause. */
  again(delayMs: number, history: unknown): void {
    const { plan, options } = this;
    this.detach();
    const next = new Call(plan, this.work, options, this.resolve);
    next.extra.attempt = this.attempt + 1;
    next.history = history;
    next.phase = PAUSED;
    if (options === undefined || next.attach()) plan.timers.add(next, delayMs);
  }
}

function onValue(this: Call, value: unknown): void {
  this.done(SUCCEEDED, value);
}
function onError(this: Call, error: unknown): void {
  this.done(FAILED, error);
}

/**
 * What to resolve a promise with so that it rejects, one turn of the microtasks later: the caller then has a handler on
 * it. Rejecting before costs three times as much: the runtime takes note of an unhandled rejection, and takes it back.
 */
export function rejection(error: unknown): PromiseLike<never> {
  // biome-ignore lint/suspicious/noThenProperty: to be a thenable is the point
  return { then: (_, reject) => reject!(error) as never };
}

/** The call that another one, with these options, is part of. */
export function parentOf(options: CallOptions | undefined): Call | undefined {
  if (options instanceof Call) return options;
  return options?.within instanceof Call ? options.within : undefined;
}
