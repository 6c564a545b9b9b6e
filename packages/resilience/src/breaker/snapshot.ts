import { BreakerImpl, type CircuitBreaker } from './breaker.ts';

/** The state of a breaker as plain data, for `restoreBreaker` after a restart or on another machine. */
export interface BreakerSnapshot {
  readonly version: 1;
  readonly state: 'closed' | 'open';
  /** Wall-clock milliseconds at which an open breaker lets probes through. */
  readonly openUntil?: number;
  /** How often in a row it has opened without having closed. */
  readonly openings: number;
}

/** The state of a breaker. Half-open is saved as open and due. Isolations are not part of it. */
export function saveBreaker(breaker: CircuitBreaker): BreakerSnapshot {
  const { openings, until, clock, own } = toImpl(breaker);
  if (own === 'closed') return { version: 1, state: 'closed', openings };
  const remainingMs = own === 'open' ? Math.max(0, until - clock.now()) : 0;
  return { version: 1, state: 'open', openUntil: clock.wallNow() + remainingMs, openings };
}

/** Puts a breaker into a saved state. Throws `TypeError` when it is not one. */
export function restoreBreaker(breaker: CircuitBreaker, snapshot: BreakerSnapshot): void {
  const { version, state, openUntil, openings } = (snapshot ?? {}) as Partial<BreakerSnapshot>;
  const valid =
    version === 1 &&
    Number.isInteger(openings) &&
    openings! >= 0 &&
    (state === 'closed' || (state === 'open' && Number.isFinite(openUntil)));
  if (!valid) throw new TypeError(`restoreBreaker: not a breaker snapshot: ${JSON.stringify(snapshot)}`);
  const impl = toImpl(breaker);
  if (state === 'closed') {
    impl.heal('adopted');
    return;
  }
  impl.openings = Math.max(0, openings! - 1);
  // A clock that was set back must not keep the breaker open for ever.
  impl.trip('adopted', Math.min(openUntil! - impl.clock.wallNow(), impl.longestOpenMs));
}

function toImpl(breaker: CircuitBreaker): BreakerImpl {
  if (breaker instanceof BreakerImpl) return breaker;
  throw new TypeError('not a breaker made by createBreaker');
}
