import type { Call } from './call.ts';
import { FAILED, SUCCEEDED } from './policy.ts';

/** Gets the outcome of a call's work. Reused: making the two functions for each call costs more than all policies. */
export class Handler {
  call: Call | undefined = undefined;
  readonly onValue = (value: unknown): void => this.take().done(SUCCEEDED, value);
  readonly onError = (error: unknown): void => this.take().done(FAILED, error);
  take(): Call {
    const call = this.call!;
    this.call = undefined;
    if (spare.length < MOST_SPARE) spare.push(this);
    return call;
  }
}
const spare: Handler[] = [];
const MOST_SPARE = 1000;

/** A handler for one call; it goes back by itself. */
export function handlerFor(call: Call): Handler {
  const handler = spare.pop() ?? new Handler();
  handler.call = call;
  return handler;
}
