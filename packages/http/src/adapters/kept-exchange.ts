import type { Exchange } from '../exchange.ts';

const EXCHANGE: unique symbol = Symbol('breakwater.exchange');

/**
 * Keeps `exchange` with the request it is of. On the object itself: a scavenge takes what an old `WeakMap` holds for
 * alive, so with one every request outlived it, and garbage collection cost more than all that the edge does.
 */
export function keepExchange(request: object, exchange: Exchange): void {
  (request as { [EXCHANGE]?: Exchange })[EXCHANGE] = exchange;
}

export function keptExchange(request: object): Exchange | undefined {
  return (request as { readonly [EXCHANGE]?: Exchange })[EXCHANGE];
}
