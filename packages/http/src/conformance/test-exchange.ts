import { createEdge, type Edge, type EdgeOptions } from '../edge.ts';
import type { Exchange } from '../exchange.ts';
import type { EdgeRequest } from '../message.ts';

/** A request as an adapter would describe it. */
export function toRequest(target: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): EdgeRequest {
  return { method, target, remoteAddress: '10.0.0.9', header: (name) => headers[name] };
}

/** A call of `log`. */
export interface Said {
  readonly level: string;
  readonly message: unknown;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An edge without a server: `open` begins a request as an adapter would. */
export function createBareEdge(options: Omit<EdgeOptions, 'log'> = {}): {
  readonly edge: Edge;
  readonly said: readonly Said[];
  open(target: string, headers?: Readonly<Record<string, string>>, method?: string): Exchange;
} {
  const said: Said[] = [];
  const edge = createEdge({
    log: { log: (level, message, fields) => void said.push({ level, message, fields: { ...fields } }) },
    ...options,
  });
  return { edge, said, open: (target, headers, method) => edge.open(toRequest(target, headers, method)) };
}
