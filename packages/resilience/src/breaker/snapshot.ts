import { checkOptions, number, OptionError, oneOf, whole } from '../options.ts';
import { BreakerImpl, type CircuitBreaker } from './breaker.ts';

/** The state of a breaker as plain data, for `restoreBreaker` after a restart or on another machine. */
export interface BreakerSnapshot {
  readonly version: 1;
  readonly state: 'closed' | 'open';
  /** Wall-clock milliseconds at which an open breaker lets probes through; 0 when it is closed. */
  readonly openUntil: number;
  /** How often in a row it has opened without having closed. */
  readonly openings: number;
}

/** The state of a breaker. Half-open is saved as open and due. Isolations are not part of it. */
export function saveBreaker(breaker: CircuitBreaker): BreakerSnapshot {
  const { openings, until, clock, own } = toImpl(breaker);
  const isClosed = own === 'closed';
  const remainingMs = own === 'open' ? Math.max(0, until - clock.now()) : 0;
  const openUntil = isClosed ? 0 : clock.wallNow() + remainingMs;
  return { version: 1, state: isClosed ? 'closed' : 'open', openUntil, openings };
}

/** Puts a breaker into a saved state. Throws `OptionError` when it is not one. */
export function restoreBreaker(breaker: CircuitBreaker, snapshot: BreakerSnapshot): void {
  const rules = { version: oneOf(1), state: oneOf('closed', 'open'), openings: whole(0), openUntil: number(0) };
  checkOptions('restoreBreaker', snapshot, rules, Object.keys(rules));
  const impl = toImpl(breaker);
  if (snapshot.state === 'closed') {
    impl.heal('adopted');
    return;
  }
  impl.openings = Math.max(0, snapshot.openings - 1);
  const leftMs = Math.max(0, snapshot.openUntil - impl.clock.wallNow());
  // A clock that was set back must not keep the breaker open for ever.
  impl.trip('adopted', Math.min(leftMs, impl.longestOpenMs));
}

function toImpl(breaker: CircuitBreaker): BreakerImpl {
  if (breaker instanceof BreakerImpl) return breaker;
  throw new OptionError('breaker', breaker, 'one made by createBreaker');
}
