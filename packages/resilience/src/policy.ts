import type { Call } from './call.ts';
import type { Listener } from './events.ts';

/** What a caller may say about one call. A {@link CallContext} is valid here: pass it on to nest policies by hand. */
export interface CallOptions {
  /** Name for events, logs and error messages. Default: the name of the policy. */
  readonly operation?: string | undefined;
  /** Aborting it ends the call at once with the signal's reason. That is the caller's choice, never a failure of the dependency. */
  readonly signal?: AbortSignal | undefined;
  /** Monotonic time (of the policy's clock) by which the caller needs the answer. `Infinity` is none. */
  readonly deadline?: number | undefined;
  readonly correlationId?: string | undefined;
  /** Whose call this is, for policies that keep limits by key, and for `fairQueue({ byKey: true })`. */
  readonly key?: string | undefined;
  /** 0 is normal, higher goes first: where load is shed, and in a bulkhead with `order: fairQueue()`. Others do not look at it. */
  readonly priority?: number | undefined;
  /** The number of the attempt that this call is part of. Default 1. */
  readonly attempt?: number | undefined;
  /** False: the call must not be repeated once it may have taken effect. Default true. */
  readonly idempotent?: boolean | undefined;
}

/** What the function that makes the call is given. One object per attempt. */
export interface CallContext extends CallOptions {
  readonly operation: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Monotonic time by which the answer is needed; `Infinity` when nothing limits it. */
  readonly deadline: number;
  /**
   * Aborted when a policy or the caller gives up on this attempt, with the reason; never after the attempt has ended.
   * Made when first read: a function that does not read it pays nothing for it.
   */
  readonly signal: AbortSignal;
}

/** The work a policy guards. It may return a value, a promise or a thenable, or throw: all are treated alike. */
export type Work<T> = (context: CallContext) => T | PromiseLike<T>;

/** The shape of every policy. */
export interface Policy<E = unknown> {
  /** What it is: `retry`, `timeout`, `breaker`, … */
  readonly kind: string;
  readonly name: string;
  /**
   * Runs `work` under the policy. Never throws: every failure is a rejection of the promise, and rejections that come
   * after the policy has given up are handled.
   */
  execute<T>(work: Work<T>, options?: CallOptions): Promise<T>;
  /** Adds a listener to the policy's events; the returned function removes it. */
  on(listener: Listener<E>): () => void;
}

/** A time that does not come. */
export const NEVER: number = Number.POSITIVE_INFINITY;

/** How a call, or the part of it inside a gate, ended. */
export type Outcome = typeof SUCCEEDED | typeof FAILED | typeof CANCELLED;
export const SUCCEEDED = 0;
export const FAILED = 1;
/** Given up for a reason that says nothing about the dependency: the caller aborted, or the work never began. */
export const CANCELLED = 2;

/** Returned by {@link Gate.enter}: the call waits; the gate goes on by `call.resume()` or `call.refuse(error)`. */
export const WAIT: unique symbol = Symbol('wait');

/**
 * A policy that only admits calls and watches their outcome (breaker, bulkhead, rate limit, timeout, …). `compose`
 * runs any number of gates, and one retry around them, in a single pass with one promise.
 *
 * For each attempt `enter` is called once; when it has let the call pass (or the gate called `resume`), `leave` is called
 * exactly once with that call.
 */
export interface Gate {
  /** True: `leave` is called only when the work, with the calls it made with its context, has really ended, though given up before. */
  readonly holds: boolean;
  /** Admits the call, or refuses it (throws, or `call.refuse`) or lets it wait, and returns {@link WAIT}. */
  enter(call: Call): unknown;
  /** The part of the call inside this gate ended. Must not throw. `value` is the result or the error. */
  leave(call: Call, outcome: Outcome, value: unknown): void;
  /** Lets calls pass without asking the gate, while it has nothing to decide. */
  readonly lane?: Lane;
  /** Only for time limits: the call, which is their timer, is due. */
  onLimit?(call: Call): void;
  /** A waiting call gave up; forget it. Needed by gates that return {@link WAIT}. */
  withdraw?(call: Call): void;
}

/**
 * What a gate that has nothing to decide lets calls do without asking it: `enter` is skipped while `active < most`, and
 * `leave` is skipped on success while `watch` is false. One class, so that the check is a few loads. The gate keeps all
 * fields but `active` up to date.
 */
export class Lane {
  /** Calls inside the gate, counted for it: from when it let them pass until `leave`. */
  active = 0;
  /** 0: every call is asked. */
  most = 0;
  /** Call `leave` on success too. */
  watch = true;
  /** The limit to run from here on, with the call as the timer; 0: none. Calls with a `deadline` are asked. */
  limitMs = 0;
}

/** A `most` that is never reached. */
export const ANY: number = 2 ** 31 - 1;

/** A policy that repeats attempts. At most one per {@link Call}; it is the outermost layer. */
export interface Repeater {
  /** The attempt ended. True: the repeater took over and will start the next attempt, or end the call, itself. */
  settled(call: Call, outcome: Outcome, value: unknown): boolean;
}

/** What `compose` fuses. A policy that has none of the two is called through its `execute`. */
export interface Fusible {
  /** Gates from the outside in. */
  readonly gates?: readonly Gate[] | undefined;
  readonly repeater?: Repeater | undefined;
}
