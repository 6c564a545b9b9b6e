import { AsyncResource } from 'node:async_hooks';
import { CUT, changes, DONE, HELD, PAUSED, RUNNING } from './attempt-state.ts';
import { TimeoutError } from './errors.ts';
import { OptionError } from './options.ts';
import type { Plan } from './plan.ts';
import {
  CANCELLED,
  type CallContext,
  type CallOptions,
  FAILED,
  type Gate,
  NEVER,
  type Outcome,
  SUCCEEDED,
  WAIT,
  type Work,
} from './policy.ts';
import type { Timed } from './timers.ts';

/** What calls have that may go on later than in the turn they began in: the async context of the caller, and a signal. */
class Scope extends AsyncResource {
  controller: AbortController | undefined = undefined;
}
/** That of no caller, for calls which have none: that of the import of this module. */
const NOWHERE: Scope = /* @__PURE__ */ new Scope('Call');

/**
 * One attempt: its state, and the context its work sees. Policies use the methods; work sees it as `CallContext`. To the
 * calls made with it as their options it is what a signal is to others: the source they are given up by.
 */
export class Call implements CallContext, Timed {
  // Declared, set in the constructor, and all public: field initialisers and private names cost a call measurably, and
  // all calls must have one shape. What is marked internal is for this file.
  declare readonly plan: Plan;
  declare readonly work: Work<unknown>;
  declare readonly options: CallOptions | undefined;
  /** @internal Settles the promise of the call; with a {@link Rejection} it rejects. */
  declare readonly resolve: (value: unknown) => void;
  declare attempt: number;
  /** What an attempt leaves to the next, for the repeater. Once `HELD`: how the work ended. */
  declare history: unknown;
  /** @internal */
  declare phase: number;
  /** How many changes of state all breakers had made when the work began. */
  declare begun: number;
  // The timer of the attempt's time limit, and of the pause before it, is the call itself, which saves an object.
  declare due: number;
  declare place: unknown;
  declare before: Timed | null;
  declare after: Timed | null;
  /** The time limit that is running, where it is not the first of the plan. */
  declare limit: Gate | undefined;
  /** @internal */
  declare scope: Scope | undefined;
  /** @internal Calls that were started with this one as their options: to be given up with it, and part of its work. */
  declare inner: Set<Call> | undefined;

  constructor(
    plan: Plan,
    work: Work<unknown>,
    options: CallOptions | undefined,
    resolve: (value: unknown) => void,
    attempt: number,
    history: unknown,
  ) {
    this.plan = plan;
    this.work = work;
    this.options = options;
    this.resolve = resolve;
    this.attempt = attempt;
    this.history = history;
    this.phase = 0;
    this.begun = 0;
    this.due = 0;
    this.place = undefined;
    this.before = null;
    this.after = null;
    this.limit = undefined;
    this.scope = undefined;
    this.inner = undefined;
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
    return Math.min(this.until, this.plan.timers.dueAt(this));
  }
  get signal(): AbortSignal {
    const scope = this.keep();
    scope.controller ??= new AbortController();
    return scope.controller.signal;
  }

  /** The deadline of the caller; `Infinity` when there is none. */
  get until(): number {
    return this.options?.deadline ?? NEVER;
  }
  /** The answer is no longer awaited: settled, cancelled or timed out. */
  get ended(): boolean {
    return this.phase <= DONE;
  }

  /** @internal As of a signal: whether the attempt was given up. */
  get aborted(): boolean {
    return this.scope?.controller?.signal.aborted === true;
  }
  /** @internal */
  get reason(): unknown {
    return this.signal.reason;
  }
  /** @internal */
  addEventListener(_type: 'abort', call: Call): void {
    this.inner ??= new Set();
    this.inner.add(call);
  }
  /** @internal */
  removeEventListener(_type: 'abort', call: Call): void {
    // What was given up is part of the work for as long as it goes on.
    if (call.phase < DONE) return;
    this.inner?.delete(call);
    if (this.phase === HELD) this.free(...(this.history as [Outcome, unknown]));
  }
  /** What it was made with has been given up: the caller's signal, or the call that it is part of. */
  handleEvent(): void {
    this.cancel(sourceOf(this.options)!.reason);
  }

  /** @internal Keeps the async context, which is that of the caller now. Not done for every call: it costs a tenth of one. */
  keep(): Scope {
    this.scope ??= new Scope('Call');
    return this.scope;
  }
  /** @internal Runs `body` in the async context of the caller, so that no call goes on in that of another. */
  within(body: () => void): void {
    (this.scope ?? NOWHERE).runInAsyncScope(body);
  }

  /** @internal Begins the attempt, after a pause if there is one. */
  begin(delayMs?: number): void {
    const { options, plan } = this;
    if (options !== undefined) {
      this.keep();
      const source = sourceOf(options);
      if (source !== options) checkCall(options);
      if (source?.aborted) {
        this.cancel(source.reason);
        return;
      }
      source?.addEventListener('abort', this);
      // Inside of another policy's attempt the number of that attempt is what matters to the work.
      if (!plan.repeater) this.attempt = options.attempt ?? 1;
    }
    if (delayMs === undefined) {
      this.enter(0);
    } else {
      this.phase = PAUSED;
      this.keep();
      plan.timers.add(this, delayMs);
    }
  }

  /** The pause before the attempt, or the attempt's time limit, is over. */
  onDue(): void {
    this.within(() => {
      if (this.phase === PAUSED) this.enter(0);
      else (this.limit ?? this.plan.limit)!.onLimit!(this);
    });
  }

  /** Enters the gates from `from` inwards, then starts the work. */
  enter(from: number): void {
    const { lanes, timers } = this.plan;
    for (let index = from; index < lanes.length; index++) {
      const lane = lanes[index]!;
      const { limitMs } = lane;
      if (lane.active < lane.most && (limitMs === 0 || this.options?.deadline === undefined)) {
        if (limitMs !== 0) timers.add(this, limitMs);
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
      if (this.plan.gates[index]!.enter(this) !== WAIT) return this.pass(index);
      if (this.phase === index) this.keep();
      return false;
    } catch (error) {
      this.refuse(error);
      return false;
    }
  }

  /** @internal The gate at `index` let the call pass. False: a listener of that very gate has made the caller give up. */
  pass(index: number): boolean {
    const { lanes, gates } = this.plan;
    lanes[index]!.active++;
    if (this.phase === index) return true;
    lanes[index]!.active--;
    gates[index]!.leave(this, CANCELLED, undefined);
    return false;
  }

  /** The gate that answered `WAIT` admits the call. */
  resume(): void {
    const index = this.phase;
    // Told that it may go on, a listener may have made its caller give up.
    if (!this.ended && this.pass(index)) this.within(() => this.enter(index + 1));
  }

  /** The gate being entered, or waited for, refuses the call: `return call.refuse(error)`. */
  refuse(error: unknown): typeof WAIT {
    const index = this.phase;
    if (index >= 0) {
      this.end();
      this.leave(index, FAILED, error);
      this.finish(FAILED, error);
    }
    return WAIT;
  }

  /** @internal */
  end(): void {
    this.phase = DONE;
    if (this.place) this.plan.timers.remove(this);
  }

  /** @internal Leaves the gates before the one at `end`, from the inside out; `holds`: only those that do, or do not. */
  leave(end: number, outcome: Outcome, value: unknown, holds?: boolean): void {
    const { lanes, gates } = this.plan;
    for (let index = end - 1; index >= 0; index--) {
      const lane = lanes[index]!;
      if (holds !== undefined && gates[index]!.holds !== holds) continue;
      lane.active--;
      if (lane.watch || outcome !== SUCCEEDED) gates[index]!.leave(this, outcome, value);
    }
  }

  /**
   * Ends the call, all attempts of it, before its work has ended. To its gates a `TimeoutError` is a failure, and every other
   * reason says nothing about the dependency. Without effect on a call that has ended. Not `final`: ends this attempt, and a
   * repeater may start another.
   */
  cancel(reason: unknown, final = true): void {
    const { phase, plan } = this;
    if (this.ended) return;
    plan.timers.remove(this);
    if (phase === RUNNING) {
      this.phase = CUT;
      void this.signal;
      this.scope!.controller!.abort(reason);
      for (const call of this.inner ?? []) call.handleEvent();
      this.leave(plan.gates.length, reason instanceof TimeoutError ? FAILED : CANCELLED, reason, false);
    } else {
      this.phase = DONE;
      plan.gates[phase]?.withdraw?.(this);
      this.leave(phase, CANCELLED, reason);
    }
    this.finish(final ? CANCELLED : FAILED, reason);
  }

  /** @internal The function has ended; calls that it made may go on. */
  done(outcome: Outcome, value: unknown): void {
    const given = this.phase === CUT;
    const held = given || this.inner?.size;
    this.end();
    if (held) this.phase = CUT;
    if (!given) {
      this.leave(this.plan.gates.length, outcome, value, held ? false : undefined);
      this.finish(outcome, value);
    }
    if (held) this.free(outcome, value);
  }

  /** @internal Leaves the gates that hold, once the calls that are part of the work have ended too. */
  free(outcome: Outcome, value: unknown): void {
    if (this.inner?.size) {
      this.phase = HELD;
      this.history = [outcome, value];
      return;
    }
    this.phase = DONE;
    this.leave(this.plan.gates.length, outcome, value, true);
    if (this.options instanceof Call) this.detach();
  }

  /** @internal Settles the promise, unless the repeater goes on. */
  finish(outcome: Outcome, value: unknown): void {
    if (this.plan.repeater?.settled(this, outcome, value) !== true) this.settle(outcome, value);
  }

  /** Settles the promise of the call. For the repeater; all others end a call by its gates. */
  settle(outcome: Outcome, value: unknown): void {
    this.detach();
    this.resolve(outcome === SUCCEEDED ? value : new Rejection(value));
  }

  /** @internal */
  detach(): void {
    if (this.options !== undefined) sourceOf(this.options)?.removeEventListener('abort', this);
  }

  /** Starts the next attempt after a pause. */
  again(delayMs: number, history: unknown): void {
    this.detach();
    new Call(this.plan, this.work, this.options, this.resolve, this.attempt + 1, history).begin(delayMs);
  }
}

function onValue(this: Call, value: unknown): void {
  this.done(SUCCEEDED, value);
}
function onError(this: Call, error: unknown): void {
  this.done(FAILED, error);
}

/**
 * What to resolve a promise with so that it rejects, one turn of the microtasks later: the caller has a handler on it by
 * then. Rejecting before costs three times as much, because the runtime takes note of an unhandled rejection, and takes it
 * back; and a promise made without asking for the function that rejects it is 64 B smaller.
 */
export class Rejection {
  declare readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
  // biome-ignore lint/suspicious/noThenProperty: to be a thenable is the point
  then(_resolve: unknown, reject: (error: unknown) => void): void {
    reject(this.error);
  }
}

/**
 * One of each, for ever. V8 forgets a shape of which no object is left at a garbage collection, and throws away the code
 * that was compiled for it: the thousands of calls after that would cost twice as much.
 */
export const KEPT: readonly unknown[] = [
  /* @__PURE__ */ new Call(undefined as never, undefined as never, undefined, undefined as never, 1, undefined),
  /* @__PURE__ */ new Rejection(undefined),
];

function checkCall(options: CallOptions): void {
  if ('plan' in options) {
    throw new OptionError('options', options, 'no spread context: use withContext');
  }
  // A wait that is no number would never end, or at once.
  for (const option of ['deadline', 'priority'] as const) {
    const value: unknown = options[option] ?? 0;
    if (typeof value !== 'number' || Number.isNaN(value)) throw new OptionError(option, value, 'a number');
  }
}

/** What gives up a call with these options: the call that it is part of, or a signal. */
export function sourceOf(options: CallOptions | undefined): Call | AbortSignal | undefined {
  return options instanceof Call ? options : options?.signal;
}
