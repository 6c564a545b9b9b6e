import type { Emits } from './events.ts';
import { emit } from './events.ts';

/** The fields of every event about a call. */
interface Common {
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
}

/** An event without the fields that say whose it is. */
export type Told<E> = E extends unknown ? Omit<E, keyof Common> : never;

/** What an event says of the call it is about. */
export interface Subject {
  readonly operation?: string | undefined;
  readonly correlationId?: string | undefined;
}

/** A method of policies: tells the listeners what happened, to a call or to the policy. Guard it as `emit`. */
export function tell<E>(this: Emits<E> & { readonly name: string }, call: Subject | undefined, what: Told<E>): void {
  const { name } = this;
  const subject = call && { operation: call.operation ?? name, correlationId: call.correlationId };
  emit(this, { policy: name, ...subject, ...what } as E);
}
