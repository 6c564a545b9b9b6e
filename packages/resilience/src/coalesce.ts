import { type Call, start } from './call.ts';
import { type Clock, systemClock } from './clock.ts';
import { emit, type Listener, subscribe } from './events.ts';
import { defaultKeyOf, detached, type KeyOf } from './keyed.ts';
import { callable, checkOptions, type Rule } from './options.ts';
import { type Plan, toPlan } from './plan.ts';
import type { CallOptions, Policy, Work } from './policy.ts';

export interface CoalesceOptions {
  /** Calls with the same key have the same answer. Default: `operation` and `key` of the call; calls without a `key` are not shared. */
  readonly keyOf?: KeyOf | undefined;
  /** Default `coalesce`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** A call joined one that was under way. */
export interface CoalesceEvent {
  readonly type: 'coalesce.joined';
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
  readonly key: string;
  /** How many wait for the one call, with this one. */
  readonly callers: number;
}

export interface Coalesce extends Policy<CoalesceEvent> {
  readonly kind: 'coalesce';
  /** Shared calls under way. */
  readonly size: number;
  /** Puts new options in force for calls that begin from now on. Throws as `createCoalesce`. */
  reconfigure(options: CoalesceOptions): void;
}

interface Shared {
  promise: Promise<unknown>;
  call: Call | undefined;
  callers: number;
}

const rules: Record<string, Rule> = { keyOf: callable };

/**
 * Calls with the same key, made while one is under way, wait for that one. All get the same result object, or the same
 * error. Each caller may give up by itself; the shared call is given up when all have, and takes no caller's signal or deadline.
 * Calls with `idempotent: false` are never shared. Throws `OptionError` on bad options.
 */
export function createCoalesce(options: CoalesceOptions = {}): Coalesce {
  return new CoalesceImpl(options);
}

class CoalesceImpl implements Coalesce {
  readonly kind = 'coalesce';
  readonly name: string;
  readonly clock: Clock;
  listeners: readonly Listener<CoalesceEvent>[] | undefined = undefined;
  readonly #plan: Plan;
  readonly #shared: Map<string, Shared> = new Map();
  #keyOf!: KeyOf;

  constructor(options: CoalesceOptions) {
    this.reconfigure(options);
    const { name = 'coalesce', clock = systemClock } = options;
    this.name = name;
    this.clock = clock;
    this.#plan = toPlan({ name, clock, cuts: true });
  }

  get size(): number {
    return this.#shared.size;
  }

  async execute<T>(work: Work<T>, options: CallOptions = {}): Promise<T> {
    const key = options.idempotent === false ? undefined : this.#keyOf(options);
    if (key === undefined) return start(this.#plan, work, options, undefined);
    let joined: Shared | undefined;
    // The wait of this caller, which ends with its own signal, deadline and outer policies.
    const wait: Work<T> = () => {
      joined = this.#join(key, work, options);
      return joined.promise as Promise<T>;
    };
    try {
      return await start(this.#plan, wait, options, undefined);
    } finally {
      if (joined !== undefined) this.#leave(key, joined);
    }
  }

  on(listener: Listener<CoalesceEvent>): () => void {
    return subscribe(this, listener);
  }

  reconfigure(options: CoalesceOptions): void {
    checkOptions('createCoalesce', options, rules);
    this.#keyOf = options.keyOf ?? defaultKeyOf;
  }

  #join(key: string, work: Work<unknown>, options: CallOptions): Shared {
    const known = this.#shared.get(key);
    if (known !== undefined) {
      known.callers++;
      if (this.listeners !== undefined) {
        const { operation = this.name, correlationId } = options;
        const { callers } = known;
        emit(this, { type: 'coalesce.joined', policy: this.name, operation, correlationId, key, callers });
      }
      return known;
    }
    const shared: Shared = { promise: Promise.resolve(), call: undefined, callers: 1 };
    this.#shared.set(key, shared);
    shared.promise = start(this.#plan, work, detached(options), (call) => {
      shared.call = call;
    });
    const forget = (): void => this.#forget(key, shared);
    shared.promise.then(forget, forget);
    return shared;
  }

  #leave(key: string, shared: Shared): void {
    if (--shared.callers > 0 || shared.call?.ended === true) return;
    this.#forget(key, shared);
    shared.call?.cancel(new DOMException('All callers have given up', 'AbortError'));
  }

  #forget(key: string, shared: Shared): void {
    if (this.#shared.get(key) === shared) this.#shared.delete(key);
  }
}
