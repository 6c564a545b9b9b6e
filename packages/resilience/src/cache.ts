import { detached, run } from './call.ts';
import type { Clock } from './clock.ts';
import { hasGivenUp, type KeyOf, sharedKey, underWay } from './keyed.ts';
import { callable, delayMs, durationMs, whole } from './options.ts';
import { isOutage } from './outage.ts';
import { type CallOptions, NEVER, type Policy, type Work } from './policy.ts';
import { type Kind, PolicyBase } from './policy-base.ts';
import { ask } from './predicate.ts';

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
  /** The answer such a call would find, however old, without a call; that counts as use of it. For fallbacks and inspection. */
  peek(options: CallOptions): CacheEntry | undefined;
  /** Forgets the answer of such a call; one that is being fetched now will not be kept, and no later call joins it (coalescing). */
  invalidate(options: CallOptions): void;
  clear(): void;
  /** Puts new options in force and keeps the answers. Throws as `createCache`. */
  reconfigure(options: CacheOptions): void;
}

interface Kept {
  readonly value: unknown;
  readonly at: number;
}

/** The calls under way for one key. */
interface Fetching {
  calls: number;
  /** Up to this number, answers are not kept: there is one that was asked for later, or they were invalidated. */
  outdated: number;
}

const kind: Kind<CacheOptions> = {
  kind: 'cache',
  rules: {
    ttlMs: durationMs,
    staleWhileRevalidateMs: delayMs,
    staleIfErrorMs: delayMs,
    maxEntries: whole(1),
    keyOf: callable,
    cacheIf: callable,
    staleIf: callable,
  },
  required: ['ttlMs'],
};

/**
 * Gives out answers again: fresh ones without a call, stale ones while a new one is fetched (RFC 5861), and stale ones
 * when fetching fails. What it gives out never reaches the policies inside, so it does not dilute the failure rate of a
 * breaker. All callers get the same object. Failures are not kept. A call with `idempotent: false` passes by.
 * Throws `OptionError` on bad options.
 */
export function createCache(options: CacheOptions): Cache {
  return new CacheImpl(kind, options);
}

class CacheImpl extends PolicyBase<CacheOptions, CacheEvent> implements Cache {
  declare readonly kind: 'cache';
  /** The one not used for the longest time first. */
  readonly #entries: Map<string | undefined, Kept> = new Map();
  readonly #fetching: Map<string | undefined, Fetching> = new Map();
  /** Numbers the calls. */
  #asked = 0;

  get size(): number {
    return this.#entries.size;
  }

  override async execute<T>(work: Work<T>, options: CallOptions = {}): Promise<T> {
    const key = sharedKey(options, this.options.keyOf);
    if (key === undefined || hasGivenUp(options)) return run(this.plan, work, options);
    const { ttlMs, staleWhileRevalidateMs = 0, staleIfErrorMs = 0, staleIf = isOutage } = this.options;
    const { value, ageMs } = this.#find(key);
    if (ageMs < ttlMs + staleWhileRevalidateMs) {
      const fresh = ageMs < ttlMs;
      this.tell?.(options, { type: 'cache.hit', reason: fresh ? 'fresh' : 'revalidating', key, ageMs });
      if (!fresh && !this.#fetching.has(key)) {
        // Not bound to the caller, who has its answer already: neither to its signal nor to its deadline.
        this.#fetch(work, detached(options), key).catch((error: unknown) => {
          this.tell?.(options, { type: 'cache.revalidation-failed', key, error });
        });
      }
      return value as T;
    }
    this.tell?.(options, { type: 'cache.miss', key });
    try {
      return await this.#fetch(work, options, key);
    } catch (error) {
      // Another caller may have got a newer one meanwhile.
      const { value, ageMs } = this.#find(key);
      if (ageMs >= ttlMs + staleIfErrorMs || hasGivenUp(options) || !ask(staleIf, error, false)) throw error;
      this.tell?.(options, { type: 'cache.hit', reason: 'error', key, ageMs, error });
      return value as T;
    }
  }

  peek(options: CallOptions): CacheEntry | undefined {
    const entry = this.#find(sharedKey(options, this.options.keyOf));
    return entry.ageMs < NEVER ? entry : undefined;
  }

  invalidate(options: CallOptions): void {
    const key = sharedKey(options, this.options.keyOf);
    this.#entries.delete(key);
    underWay.delete(key);
    this.#outdate(this.#fetching.get(key));
  }

  clear(): void {
    this.#entries.clear();
    underWay.clear();
    for (const fetching of this.#fetching.values()) this.#outdate(fetching);
  }

  override reconfigure(options: CacheOptions): void {
    super.reconfigure(options);
    this.#trim();
  }

  /** The answer under a key, which is now in use; `ageMs` is `Infinity` where there is none. */
  #find(key: string | undefined): CacheEntry {
    const kept = this.#entries.get(key);
    if (kept) this.#keep(key, kept);
    return { value: kept?.value, ageMs: this.clock.now() - (kept?.at ?? -NEVER) };
  }

  #outdate(fetching: Fetching | undefined): void {
    if (fetching) fetching.outdated = this.#asked;
  }

  /** Puts an answer where it is forgotten last. */
  #keep(key: string | undefined, kept: Kept): void {
    this.#entries.delete(key);
    this.#entries.set(key, kept);
    this.#trim();
  }

  async #fetch<T>(work: Work<T>, options: CallOptions, key: string): Promise<T> {
    const asked = ++this.#asked;
    const fetching = this.#fetching.get(key) ?? { calls: 0, outdated: 0 };
    this.#fetching.set(key, fetching);
    fetching.calls++;
    try {
      const value = await run(this.plan, work, options);
      const { cacheIf = () => true } = this.options;
      if (asked > fetching.outdated && ask(cacheIf, value, false)) {
        fetching.outdated = asked;
        this.#keep(key, { value, at: this.clock.now() });
      }
      return value;
    } finally {
      if (--fetching.calls === 0) this.#fetching.delete(key);
    }
  }

  #trim(): void {
    for (const key of this.#entries.keys()) {
      if (this.size <= (this.options.maxEntries ?? 1000)) return;
      this.#entries.delete(key);
    }
  }
}
