import { callable, checkOptions, oneOf, type Rule, text, whole } from '@breakwater/errors/options';
import { currentCell, withCell } from './context.ts';
import { LEVELS, type Level, SEVERITY } from './level.ts';
import type { Fields, Logger } from './logger.ts';
import { RequestBuffer } from './request-buffer.ts';
import { createWideEvent } from './wide-event.ts';

export interface KeepOptions {
  /** Lines of this level and above are kept though the threshold would not write them. Default `debug`. */
  readonly from?: Level | undefined;
  /** Lines kept for one request; the oldest go first. Default 500. */
  readonly maxLines?: number | undefined;
}

const keepRules = { from: /* @__PURE__ */ oneOf(...LEVELS), maxLines: /* @__PURE__ */ whole(1) };

/**
 * Runs `fn`, keeping what it says below the threshold. If it throws, rejects, says something at `error` or above, or
 * calls `failRequest`, the lines are written, and later ones at once; if it does not, they are dropped and counted as
 * `request-ok`. What goes on when the process ends, or is forgotten before it ends, has not gone well: its lines are
 * written. Returns what `fn` returns.
 */
export function keepUnlessOk<T>(options: KeepOptions, fn: () => T): T {
  checkOptions('keepUnlessOk', options, keepRules);
  const { from = 'debug', maxLines = 500 } = options;
  const buffer = new RequestBuffer(SEVERITY[from], maxLines);
  return withCell({ buffer }, () =>
    settle(
      fn,
      () => buffer.discard(),
      () => buffer.fail(),
    ),
  );
}

/** Marks the request that is going on as failed. False outside of `keepUnlessOk`. */
export function failRequest(): boolean {
  const buffer = currentCell()?.buffer;
  if (buffer === undefined) return false;
  buffer.fail();
  return true;
}

export interface WideOptions {
  readonly logger: Logger;
  /** The record's event name. Default `breakwater.request`. */
  readonly eventName?: string | undefined;
  /** The record's text. Default `request completed`. */
  readonly message?: string | undefined;
  /** A monotonic clock in milliseconds. Default `performance.now`. */
  readonly clock?: (() => number) | undefined;
}

const wideRules: Readonly<Record<string, Rule>> = {
  logger: ['a logger', (v) => typeof (v as Logger | null)?.log === 'function'],
  eventName: text,
  message: text,
  clock: callable,
};

/**
 * Runs `fn` and says one record about it at its end (a canonical log line): what `addToEvent` and `countInEvent` gave,
 * `duration_ms` and `outcome` (`ok`, `failed`), with the error if there was one. Returns what `fn` returns.
 */
export function withWideEvent<T>(options: WideOptions, fn: () => T): T {
  checkOptions('withWideEvent', options, wideRules, ['logger']);
  const { clock = () => performance.now() } = options;
  const wide = createWideEvent();
  const started = clock();
  const end = (outcome: 'ok' | 'failed', error: unknown): void => {
    const durationMs = Math.round((clock() - started) * 1000) / 1000;
    const fields = { ...wide.fields, ...wide.counts, duration_ms: durationMs, outcome };
    const { message = 'request completed', eventName = 'breakwater.request' } = options;
    if (outcome === 'ok') options.logger.log('info', message, fields, eventName);
    else options.logger.log('error', message, withError(fields, error), eventName);
  };
  return withCell({ wide }, () =>
    settle(
      fn,
      () => end('ok', undefined),
      (error) => end('failed', error),
    ),
  );
}

const ERROR_NAMES = ['error', 'err', 'exception'];

/** The error before all fields, for the first of a record is its exception, and under a name that they do not use. */
function withError(fields: Fields, error: unknown): Fields {
  const name = ERROR_NAMES.find((candidate) => !Object.hasOwn(fields, candidate)) ?? 'error';
  return { [name]: error, ...fields, [name]: error };
}

/** Adds to the wide event of the work that is going on. False outside of one. */
export function addToEvent(fields: Fields): boolean {
  const wide = currentCell()?.wide;
  if (wide === undefined) return false;
  for (const name of Object.keys(fields)) if (name !== '__proto__') wide.fields[name] = fields[name];
  return true;
}

/** Adds `by` to a count of the wide event: queries, retries, cache hits. False outside of one. */
export function countInEvent(name: string, by = 1): boolean {
  const wide = currentCell()?.wide;
  if (wide === undefined) return false;
  wide.counts[name] = (wide.counts[name] ?? 0) + by;
  return true;
}

function settle<T>(fn: () => T, ok: () => void, failed: (error: unknown) => void): T {
  let result: T;
  try {
    result = fn();
  } catch (error) {
    failed(error);
    throw error;
  }
  if (!isPromise(result)) {
    ok();
    return result;
  }
  return result.then(
    (value: unknown) => {
      ok();
      return value;
    },
    (error: unknown) => {
      failed(error);
      throw error;
    },
  ) as T;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
