import { AsyncLocalStorage } from 'node:async_hooks';
import { setContextProvider } from '@breakwater/errors/core';
import type { KeptLines } from './kept.ts';
import type { WideEvent } from './wide-event.ts';

/** What is known about the work that is going on. Every field may be absent. */
export interface LogContext {
  /** One per user-visible request. Written as `breakwater.correlation_id`. */
  readonly correlationId?: string | undefined;
  /** One per hop. Written as `breakwater.request_id`. */
  readonly requestId?: string | undefined;
  /** Written as `user.id`. */
  readonly userId?: string | undefined;
  /** Written as `session.id`. */
  readonly sessionId?: string | undefined;
  /** Written as `breakwater.tenant_id`. */
  readonly tenantId?: string | undefined;
  /** Name of the operation: `POST /orders`. Written as `breakwater.operation`. */
  readonly operation?: string | undefined;
  /** 32 hexadecimal digits; written beside the record, as OpenTelemetry has it. */
  readonly traceId?: string | undefined;
  /** 16 hexadecimal digits. */
  readonly spanId?: string | undefined;
  /** W3C trace flags; 1 is "sampled". */
  readonly traceFlags?: number | undefined;
  /** W3C `tracestate` as received, to be passed on beside the trace. Not written. */
  readonly traceState?: string | undefined;
  /** When the operation began, in milliseconds since 1970: gives errors their duration. Not written. */
  readonly startedAtMs?: number | undefined;
  /** W3C baggage entries. Only those a logger allows by `baggage` are written, as `baggage.NAME`. */
  readonly baggage?: Readonly<Record<string, string>> | undefined;
}

/** The context of one piece of work, and what loggers keep with it. Shared by everything that work starts. */
export interface ContextCell {
  values: LogContext;
  /** How a logger core wrote `values`, if one has. */
  written: WrittenContext | undefined;
  buffer: KeptLines | undefined;
  wide: WideEvent | undefined;
}

/** Names that are written already, and their values as JSON. */
export type Names = ReadonlyMap<string, string>;

/** A context as one logger core writes it. */
export interface WrittenContext {
  readonly owner: object | undefined;
  readonly names: Names;
  /** `,"traceId":…`, or ''. */
  readonly span: string;
  /** `"name":value,…`, or ''. */
  readonly json: string;
  /** Of the logger that wrote last, and what it made of them: see `LineFrame`. */
  parts: object | undefined;
  above: string;
  more: string;
}

type Kept = Pick<ContextCell, 'buffer' | 'wide'>;

const storage = new AsyncLocalStorage<ContextCell>();
export const NO_NAMES: Names = new Map();
export const NO_CONTEXT: Pick<WrittenContext, 'names' | 'span'> = { names: NO_NAMES, span: '' };

/**
 * Runs `fn` with `context` over whatever surrounds it: fields given replace, fields not given are inherited. Everything
 * `fn` starts (promises, timers, streams, emitters made inside) sees the same context; nothing outside does. Returns what `fn`
 * returns. Worker threads and queues: send `currentContext()`, which is plain data, and call this on the other side.
 */
export function withContext<T>(context: LogContext, fn: () => T): T {
  const outer = storage.getStore();
  const values = { ...outer?.values, ...context };
  return storage.run({ values, written: undefined, buffer: outer?.buffer, wide: outer?.wide }, fn);
}

/** The context of the code that runs now, as plain data; `undefined` outside of any. */
export function currentContext(): LogContext | undefined {
  return storage.getStore()?.values;
}

/**
 * Adds to the context of the work that is going on, for everything that shares it: the user found by authentication.
 * Returns false, and does nothing, outside of any context.
 */
export function updateContext(more: LogContext): boolean {
  const cell = storage.getStore();
  if (cell === undefined) return false;
  cell.values = { ...cell.values, ...more };
  cell.written = undefined;
  return true;
}

/** `fn` tied to the context of now, for callbacks that another piece of work will call (emitters, pools, queues). */
export function bindContext<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  return AsyncLocalStorage.bind(fn) as (...args: A) => R;
}

/** As `withContext` with the same values, and something more kept with them. */
export function withCell<T>(more: Partial<Kept>, fn: () => T): T {
  const outer = storage.getStore();
  const { values = {}, buffer, wide } = outer ?? {};
  return storage.run({ values, written: undefined, buffer, wide, ...more }, fn);
}

/** The cell of the code that runs now. */
export function currentCell(): ContextCell | undefined {
  return storage.getStore();
}

let users = 0;
let restore: (() => void) | undefined;

/** Errors made from now on know the context. The way back is to be called once; the last one restores what was there. */
export function plugErrorContext(): () => void {
  if (users++ === 0) restore = setContextProvider(currentContext);
  return () => {
    if (--users === 0) restore?.();
  };
}
