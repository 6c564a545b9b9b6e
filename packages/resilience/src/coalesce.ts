import { AsyncLocalStorage } from 'node:async_hooks';
import { type Call, detached, run } from './call.ts';
import type { Clock } from './clock.ts';
import { type KeyOf, sharedKey, underWay } from './keyed.ts';
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
  readonly waiters: Waiters;
}

/** Those shared calls whose work waits for one, each as its own waiters. */
interface Waiters extends Set<Waiters> {}

/** The waiters of the shared call that the code is part of. Kept by what its work leaves behind, so not the call itself. */
const within: AsyncLocalStorage<Waiters> = /* @__PURE__ */ new AsyncLocalStorage();

/** Whether `own` is the shared call `known`, or `known` waits for it: they would then wait for each other. */
function isAwaitedBy(own: Waiters | undefined, known: Waiters): boolean {
  return own !== undefined && (own === known || [...own].some((waiting) => isAwaitedBy(waiting, known)));
}

const kind: Kind<CoalesceOptions> = { kind: 'coalesce', rules: { keyOf: callable } };

/**
 * Calls with the same key, made while one is under way, wait for that one. All get the same result object, or the same
 * error. Each caller may give up by itself; the shared call is given up when all have, and takes no caller's signal or deadline.
 * Work that asks for its own answer, itself or through another shared call, does not wait for it, but makes the call anew.
 * Calls with `idempotent: false` are never shared. Throws `OptionError` on bad options.
 */
export function createCoalesce(options: CoalesceOptions = {}): Coalesce {
  return new CoalesceImpl(kind, options);
}

class CoalesceImpl extends PolicyBase<CoalesceOptions, CoalesceEvent> implements Coalesce {
  declare readonly kind: 'coalesce';
  size = 0;

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
      // Whoever comes from now on must not join a call that was given up: `ended` says so at once.
      if (joined && --joined.callers === 0 && !joined.call!.ended) {
        joined.call!.cancel(new DOMException('All callers have given up', 'AbortError'));
      }
    }
  }

  #join(key: string, work: Work<unknown>, options: CallOptions): Shared {
    const known = underWay.get(key)?.get(this) as Shared | undefined;
    const own = within.getStore();
    if (known?.promise && !known.call!.ended && !isAwaitedBy(own, known.waiters)) {
      if (own) known.waiters.add(own);
      const callers = ++known.callers;
      this.tell?.(options, { type: 'coalesce.joined', key, callers });
      return known;
    }
    const waiters: Waiters = new Set(own && [own]);
    const shared: Shared = { promise: undefined, call: undefined, callers: 1, waiters };
    const policies = underWay.get(key) ?? new Map();
    underWay.set(key, policies.set(this, shared));
    this.size++;
    const begin: Work<unknown> = (context) => within.run(waiters, work, context);
    shared.promise = run(this.plan, begin, detached(options), (call) => {
      shared.call = call;
    });
    const forget = (): void => {
      // What its work has left behind may go on for ever, and make calls: each must not keep all before.
      waiters.clear();
      if (policies.get(this) === shared) policies.delete(this);
      if (policies.size === 0 && underWay.get(key) === policies) underWay.delete(key);
      this.size--;
    };
    shared.promise.then(forget, forget);
    return shared;
  }
}
