import type { Call } from './attempt.ts';
import type { Outcome } from './policy.ts';

// Where an attempt is: 0 and above, the index of the gate it enters or waits for; else one of these.
export const RUNNING = -1;
/** Between the attempt before and this one. */
export const PAUSED = -2;
/** Given up, while the work goes on. */
export const CUT = -3;
export const DONE = -4;

/** What most calls never need. */
export class Rare {
  attempt = 1;
  /** One bit per gate that was asked, and must be told of success too. */
  asked = 0;
  /** Tokens of the other gates. */
  readonly tokens: unknown[] = [];
  history: unknown = undefined;
  controller: AbortController | undefined = undefined;
  /** Why the attempt was given up, and what that means to its gates. */
  givenUp: { readonly outcome: Outcome; readonly reason: unknown; readonly final: boolean } | undefined = undefined;
  /** Calls that were started with this one as their options, to be given up with it. */
  inner: Call | Set<Call> | undefined = undefined;

  adopt(call: Call): void {
    const { inner } = this;
    if (inner === undefined) this.inner = call;
    else if (inner instanceof Set) inner.add(call);
    else this.inner = new Set([inner, call]);
  }

  release(call: Call): void {
    const { inner } = this;
    if (inner === call) this.inner = undefined;
    else if (inner instanceof Set) inner.delete(call);
  }

  giveUpInner(outcome: Outcome, reason: unknown): void {
    const { inner } = this;
    if (inner instanceof Set) for (const call of [...inner]) call.giveUp(outcome, reason);
    else inner?.giveUp(outcome, reason);
  }
}
