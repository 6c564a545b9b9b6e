import { inspect } from 'node:util';

/** Receives the events of a policy. What it throws, or a promise it returns rejects with, becomes a process warning. */
export type Listener<E> = (event: E) => void;

/** An object that keeps its listeners. `undefined` while there are none, so that asking costs one comparison. */
export interface Emits<E> {
  listeners: readonly Listener<E>[] | undefined;
}

/** Adds a listener; the returned function removes it. The same listener may be added twice. */
export function subscribe<E>(target: Emits<E>, listener: Listener<E>): () => void {
  if (typeof listener !== 'function') throw new TypeError('on: expected a function');
  // One wrapper per subscription: removal then takes away exactly this one.
  const entry: Listener<E> = (event) => listener(event);
  target.listeners = [...(target.listeners ?? []), entry];
  return () => {
    const left = target.listeners?.filter((other) => other !== entry);
    target.listeners = left?.length ? left : undefined;
  };
}

/** Adds a listener to each of them; the returned function removes it from all. */
export function subscribeToAll<E>(
  targets: readonly { on(listener: Listener<E>): () => void }[],
  listener: Listener<E>,
): () => void {
  const removers = targets.map((target) => target.on(listener));
  return () => {
    for (const remove of removers) remove();
  };
}

/**
 * Tells every listener, in the order they were added. A listener that throws or rejects is reported as a process
 * warning (code `BREAKWATER_LISTENER`) and changes nothing else. Guard the call, so that no event object is built
 * for nobody: `if (policy.listeners !== undefined) emit(policy, { … })`.
 */
export function emit<E>(target: Emits<E>, event: E): void {
  for (const listener of target.listeners ?? []) {
    try {
      const returned: unknown = listener(event);
      if (returned instanceof Promise) returned.catch(warn);
    } catch (error) {
      warn(error);
    }
  }
}

/** Reports a failure in a callback of the user that must not change the outcome of a call. */
export function warn(error: unknown): void {
  process.emitWarning('A listener or predicate of a policy failed', {
    type: 'BreakwaterWarning',
    code: 'BREAKWATER_LISTENER',
    detail: inspect(error),
  });
}
