import { type Clock, systemClock } from '../clock.ts';
import { emit, warn } from '../events.ts';
import { callable, checkOptions, durationMs, having, type Rule, text } from '../options.ts';
import { createTimeout } from '../timeout.ts';
import type { CircuitBreaker } from './breaker.ts';
import { type BreakerSnapshot, restoreBreaker, saveBreaker } from './snapshot.ts';

/**
 * Where the members of a fleet keep the state of a breaker together: Redis, a database, … All methods may reject; the
 * breaker then goes on with what it knows itself.
 */
export interface BreakerStore {
  /** The state last written under that name, `undefined` when there is none. */
  read(name: string): Promise<BreakerSnapshot | undefined>;
  /** Replaces the state. */
  write(name: string, snapshot: BreakerSnapshot): Promise<void>;
  /** Gives one holder the right to probe for `ttlMs`; false while another has it. Asking again while holding it extends it. */
  lease(name: string, holder: string, ttlMs: number): Promise<boolean>;
}

export interface ShareOptions {
  readonly store: BreakerStore;
  /** A name of this member, different from all others. */
  readonly holder: string;
  /** How old the view of the shared state may get before a call makes it be read again. Default 1000. */
  readonly refreshMs?: number | undefined;
  /** How long one member may probe before another may. Default 30 000. */
  readonly leaseMs?: number | undefined;
  /** Longest wait for the store; a store that does not answer has failed. Default 1000. */
  readonly timeoutMs?: number | undefined;
  /** Told when the store fails. Default: a process warning. */
  readonly onError?: ((error: unknown) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** A breaker whose state is shared. */
export interface SharedBreaker {
  /** Reads the shared state if it is older than `refreshMs`. Call it where calls are made, or at intervals; it never throws. */
  refresh(): Promise<void>;
  /** Goes back to a state of its own. */
  stop(): void;
}

const rules: Record<string, Rule> = {
  store: having('a store', 'read', 'write', 'lease'),
  holder: text,
  refreshMs: durationMs,
  leaseMs: durationMs,
  timeoutMs: durationMs,
  onError: callable,
};

/**
 * Shares a breaker's state with the other members of a fleet: when one opens or closes, all do, at their next refresh;
 * and only the member that holds the lease probes. Counting stays local. When the store fails, the breaker works alone:
 * it opens, probes and closes by what it sees itself.
 */
export function shareBreaker(breaker: CircuitBreaker, options: ShareOptions): SharedBreaker {
  checkOptions('shareBreaker', options, rules, ['store', 'holder']);
  // Fails now for what is no breaker, and not when it first opens.
  saveBreaker(breaker);
  const { store, holder, refreshMs = 1000, leaseMs = 30_000, timeoutMs = 1000, clock = systemClock } = options;
  const { onError = warn } = options;
  const { name } = breaker;
  const inTime = createTimeout({ timeoutMs, name: `store of ${name}`, clock });
  // As a listener: what it throws itself, or rejects with, is reported.
  const report = (error: unknown): void => emit({ listeners: [onError] }, error);
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let leasedUntil = Number.NEGATIVE_INFINITY;
  let asking = false;
  let adopting = false;
  let stopped = false;
  let last: string | undefined;

  function publish(): void {
    const snapshot = saveBreaker(breaker);
    last = JSON.stringify(snapshot);
    inTime.execute(() => store.write(name, snapshot)).catch(report);
  }

  async function read(): Promise<void> {
    try {
      const snapshot = await inTime.execute(() => store.read(name));
      const seen = JSON.stringify(snapshot);
      if (stopped || !snapshot || seen === last) return;
      last = seen;
      if (snapshot.state === 'closed' && breaker.state === 'closed') return;
      adopting = true;
      restoreBreaker(breaker, snapshot);
    } catch (error) {
      report(error);
    } finally {
      adopting = false;
    }
  }

  async function lease(): Promise<void> {
    asking = true;
    // The store counts from when it is asked at the latest, not from when its answer is here.
    let untilMs = clock.now() + leaseMs;
    let holds = true;
    try {
      holds = await inTime.execute(() => store.lease(name, holder, leaseMs));
    } catch (error) {
      report(error);
      // Alone, the breaker must be able to recover.
      untilMs = clock.now() + leaseMs;
    }
    asking = false;
    if (holds) leasedUntil = untilMs;
  }

  breaker.mayProbe = () => {
    if (clock.now() < leasedUntil) return true;
    if (!asking) void lease();
    return false;
  };
  const remove = breaker.on((event) => {
    if (!adopting && (event.type === 'breaker.opened' || event.type === 'breaker.closed')) publish();
  });
  return {
    refresh() {
      const now = clock.now();
      if (!reading && now - readAt >= refreshMs) {
        readAt = now;
        reading = read().finally(() => {
          reading = undefined;
        });
      }
      return reading ?? Promise.resolve();
    },
    stop() {
      stopped = true;
      remove();
      breaker.mayProbe = undefined;
    },
  };
}
