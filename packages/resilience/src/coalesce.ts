import { type Call, detached, run } from './call.ts';
import type { Clock } from './clock.ts';
import { type KeyOf, sharedKey } from './keyed.ts';
import { callable } from './options.ts';
import type { CallOptions, Policy, Work } from './policy.ts';
import { type Kind, PolicyBase } from './policy-base.ts';

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
  /** `undefined` while its work begins. */
  promise: Promise<unknown> | undefined;
  call: Call | undefined;
  callers: number;
}

const kind: Kind<CoalesceOptions> = { kind: 'coalesce', maker: 'createCoalesce', rules: { keyOf: callable } };

/**
 * Calls with the same key, made while one is under way, wait for that one. All get the same result object, or the same
 * error. Each caller may give up by itself; the shared call is given up when all have, and takes no caller's signal or deadline.
 * Calls with `idempotent: false` are never shared. Throws `OptionError` on bad options.
 */
export function createCoalesce(options: CoalesceOptions = {}): Coalesce {
  return new CoalesceImpl(kind, options);
}

class CoalesceImpl extends PolicyBase<CoalesceOptions, CoalesceEvent> implements Coalesce {
  declare readonly kind: 'coalesce';
  readonly #shared: Map<string, Shared> = new Map();

  get size(): number {
    return this.#shared.size;
  }

  override async execute<T>(work: Work<T>, options: CallOptions = {}): Promise<T> {
    const key = sharedKey(options, this.options.keyOf);
    if (key === undefined) return run(this.plan, work, options);
    let joined: Shared | undefined;
    try {
      // The wait of this caller, which ends with its own signal, deadline and outer policies.
      const wait = (): Promise<T> => {
        joined = this.#join(key, work, options);
        return joined.promise as Promise<T>;
      };
      return await run(this.plan, wait, options);
    } finally {
      if (joined !== undefined) this.#leave(key, joined);
    }
  }

  #join(key: string, work: Work<unknown>, options: CallOptions): Shared {
    const known = this.#shared.get(key);
    // Work that calls for its own answer while it begins must not wait for itself.
    if (known?.promise !== undefined) {
      const callers = ++known.callers;
      this.tell?.(options, { type: 'coalesce.joined', key, callers });
      return known;
    }
    const shared: Shared = { promise: undefined, call: undefined, callers: 1 };
    this.#shared.set(key, shared);
    shared.promise = run(this.plan, work, detached(options), (call) => {
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
