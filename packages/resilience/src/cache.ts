import { start } from './call.ts';
import { type Clock, systemClock } from './clock.ts';
import { emit, type Listener, subscribe, warn } from './events.ts';
import { defaultKeyOf, detached, hasGivenUp, type KeyOf } from './keyed.ts';
import { callable, checkOptions, delayMs, durationMs, type Rule, whole } from './options.ts';
import { isOutage } from './outage.ts';
import { type Plan, toPlan } from './plan.ts';
import type { CallOptions, Policy, Work } from './policy.ts';

export interface CacheOptions {
  /** How long an answer is fresh. */
  readonly ttlMs: number;
  /** How long after that it is still given out, while a new one is fetched behind the caller. Default 0. */
  readonly staleWhileRevalidateMs?: number | undefined;
  /** How long after `ttlMs` it is given out when fetching fails. Default 0. */
  readonly staleIfErrorMs?: number | undefined;
  /** Answers kept; the one not used for the longest time goes first. Default 1000. */
  readonly maxEntries?: number | undefined;
  /** What the answer depends on. Default: `operation` and `key` of the call; calls without a `key` are not cached. */
  readonly keyOf?: KeyOf | undefined;
  /** Whether to keep this answer. Default: every answer, `undefined` too. */
  readonly cacheIf?: ((value: unknown) => boolean) | undefined;
  /** Whether a stale answer may stand in for this failure. Default: outages and refusals, not answers such as "not found" and not bugs. */
  readonly staleIf?: ((error: unknown) => boolean) | undefined;
  /** Default `cache`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

interface EventBase {
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
  readonly key: string;
}

/** What a cache tells its listeners. */
export type CacheEvent = EventBase &
  (
    | { readonly type: 'cache.hit'; readonly reason: 'fresh' | 'revalidating'; readonly ageMs: number }
    | { readonly type: 'cache.hit'; readonly reason: 'error'; readonly ageMs: number; readonly error: unknown }
    | { readonly type: 'cache.miss' }
    /** Fetching anew behind the callers failed; they have got the stale answer. */
    | { readonly type: 'cache.revalidation-failed'; readonly error: unknown }
  );

/** An answer in the cache. */
export interface CacheEntry {
  readonly value: unknown;
  readonly ageMs: number;
}

export interface Cache extends Policy<CacheEvent> {
  readonly kind: 'cache';
  readonly size: number;
  /** The answer such a call would find, however old, without a call. For fallbacks and inspection. */
  peek(options: CallOptions): CacheEntry | undefined;
  /** Forgets the answer of such a call; one that is being fetched now will not be kept. */
  invalidate(options: CallOptions): void;
  clear(): void;
  /** Puts new options in force and keeps the answers. Throws as `createCache`. */
  reconfigure(options: CacheOptions): void;
}

interface Kept {
  readonly value: unknown;
  readonly at: number;
  /** When fetching began: an answer asked for earlier does not replace one asked for later. */
  readonly begunAt: number;
  revalidating: boolean;
}

const rules: Record<string, Rule> = {
  ttlMs: durationMs,
  staleWhileRevalidateMs: delayMs,
  staleIfErrorMs: delayMs,
  maxEntries: whole(1),
  keyOf: callable,
  cacheIf: callable,
  staleIf: callable,
};

/**
 * Gives out answers again: fresh ones without a call, stale ones while a new one is fetched (RFC 5861), and stale ones
 * when fetching fails. What it gives out never reaches the policies inside, so it does not dilute the failure rate of a
 * breaker. All callers get the same object. Failures are not kept. A call with `idempotent: false` passes by.
 * Throws `OptionError` on bad options.
 */
export function createCache(options: CacheOptions): Cache {
  return new CacheImpl(options);
}

class CacheImpl implements Cache {
  readonly kind = 'cache';
  readonly name: string;
  readonly clock: Clock;
  listeners: readonly Listener<CacheEvent>[] | undefined = undefined;
  readonly #plan: Plan;
  readonly #entries: Map<string, Kept> = new Map();
  #options!: CacheOptions;
  /** Grows with every invalidation: what was asked for before it is not kept. */
  #epoch = 0;

  constructor(options: CacheOptions) {
    this.reconfigure(options);
    const { name = 'cache', clock = systemClock } = options;
    this.name = name;
    this.clock = clock;
    this.#plan = toPlan({ name, clock, cuts: true });
  }

  get size(): number {
    return this.#entries.size;
  }

  async execute<T>(work: Work<T>, options: CallOptions = {}): Promise<T> {
    const key = options.idempotent === false ? undefined : this.#keyOf(options);
    if (key === undefined || hasGivenUp(options)) return start(this.#plan, work, options, undefined);
    const { ttlMs, staleWhileRevalidateMs = 0, staleIfErrorMs = 0, staleIf = isOutage } = this.#options;
    const kept = this.#entries.get(key);
    const ageMs = kept === undefined ? Number.POSITIVE_INFINITY : this.clock.now() - kept.at;
    if (kept !== undefined && ageMs < ttlMs + staleWhileRevalidateMs) {
      const fresh = ageMs < ttlMs;
      this.#entries.delete(key);
      this.#entries.set(key, kept);
      this.#tell(options, key, { type: 'cache.hit', reason: fresh ? 'fresh' : 'revalidating', ageMs });
      if (!fresh && !kept.revalidating) this.#revalidate(work, options, key, kept);
      return kept.value as T;
    }
    this.#tell(options, key, { type: 'cache.miss' });
    try {
      return await this.#fetch(work, options, key);
    } catch (error) {
      // Another caller may have got a newer one meanwhile.
      const stale = this.#entries.get(key);
      const staleMs = stale === undefined ? Number.POSITIVE_INFINITY : this.clock.now() - stale.at;
      if (stale === undefined || hasGivenUp(options) || staleMs >= ttlMs + staleIfErrorMs || !staleIf(error))
        throw error;
      this.#tell(options, key, { type: 'cache.hit', reason: 'error', ageMs: staleMs, error });
      return stale.value as T;
    }
  }

  on(listener: Listener<CacheEvent>): () => void {
    return subscribe(this, listener);
  }

  peek(options: CallOptions): CacheEntry | undefined {
    const key = this.#keyOf(options);
    const kept = key === undefined ? undefined : this.#entries.get(key);
    return kept === undefined ? undefined : { value: kept.value, ageMs: this.clock.now() - kept.at };
  }

  invalidate(options: CallOptions): void {
    const key = this.#keyOf(options);
    if (key === undefined) return;
    this.#epoch++;
    this.#entries.delete(key);
  }

  clear(): void {
    this.#epoch++;
    this.#entries.clear();
  }

  reconfigure(options: CacheOptions): void {
    checkOptions('createCache', options, rules, ['ttlMs']);
    this.#options = options;
    this.#trim();
  }

  #keyOf(options: CallOptions): string | undefined {
    return (this.#options.keyOf ?? defaultKeyOf)(options);
  }

  async #fetch<T>(work: Work<T>, options: CallOptions, key: string): Promise<T> {
    const begunAt = this.clock.now();
    const epoch = this.#epoch;
    const value = await start(this.#plan, work, options, undefined);
    const newer = (this.#entries.get(key)?.begunAt ?? Number.NEGATIVE_INFINITY) > begunAt;
    if (epoch === this.#epoch && !newer && this.#options.cacheIf?.(value) !== false) {
      this.#entries.delete(key);
      this.#entries.set(key, { value, at: this.clock.now(), begunAt, revalidating: false });
      this.#trim();
    }
    return value;
  }

  /** Not bound to the caller, who has its answer already: neither to its signal nor to its deadline. */
  #revalidate(work: Work<unknown>, options: CallOptions, key: string, kept: Kept): void {
    kept.revalidating = true;
    this.#fetch(work, detached(options), key)
      .catch((error: unknown) => this.#tell(options, key, { type: 'cache.revalidation-failed', error }))
      .finally(() => {
        kept.revalidating = false;
      })
      .catch(warn);
  }

  #trim(): void {
    const { maxEntries = 1000 } = this.#options;
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries) return;
      this.#entries.delete(key);
    }
  }

  #tell(options: CallOptions, key: string, what: CacheTold): void {
    if (this.listeners === undefined) return;
    const { operation = this.name, correlationId } = options;
    emit(this, { policy: this.name, operation, correlationId, key, ...what });
  }
}

/** An event without the fields that all have. */
type CacheTold = CacheEvent extends infer E ? (E extends CacheEvent ? Omit<E, keyof EventBase> : never) : never;
