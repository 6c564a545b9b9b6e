import { checkValue } from '@breakwater/errors/options';
import { type Clock, systemClock } from '../clock.ts';
import { checkExactly, commonRules, delayMs, type Rule } from '../options.ts';

/**
 * Header field that carries how many milliseconds the caller still waits. A duration, not a time of day, so that the
 * clocks of two machines do not matter (as `grpc-timeout`).
 */
export const DEADLINE_HEADER = 'x-request-timeout-ms';

/** Anything with header fields: `Headers`, or the plain object of a Node request. */
export type HeadersLike =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

/** Deadlines and limits may be `Infinity`: none. */
const time: Rule = ['a number', (v) => typeof v === 'number' && !Number.isNaN(v)];
const clockRule = { clock: commonRules['clock']! };
const incoming: Record<string, Rule> = {
  maxMs: ['milliseconds above 0', (v) => time[1](v) && (v as number) > 0],
  deadline: time,
  ...clockRule,
};
const outgoing: Record<string, Rule> = { reserveMs: delayMs, ...clockRule };

/**
 * The deadline a request came with, for `CallOptions.deadline`: monotonic time of `clock`, `Infinity` when it has none.
 * A value that is not a whole number of milliseconds counts as none. `maxMs` is the most this service grants; it holds
 * also when the request has none. `deadline` is one that is known already. The least of the three wins: nothing a header
 * says makes a deadline later. Throws `OptionError` on bad options.
 */
export function deadlineFromHeaders(
  headers: HeadersLike,
  options: {
    readonly maxMs?: number | undefined;
    readonly deadline?: number | undefined;
    readonly clock?: Clock | undefined;
  } = {},
): number {
  checkExactly('deadlineFromHeaders', options, incoming);
  const { maxMs = Number.POSITIVE_INFINITY, deadline = Number.POSITIVE_INFINITY, clock = systemClock } = options;
  const text = readHeader(headers);
  const leftMs = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  return Math.min(deadline, clock.now() + Math.min(leftMs, maxMs));
}

/**
 * The value of {@link DEADLINE_HEADER} for an outgoing request: what is left of `deadline`, less `reserveMs` (default 0)
 * for the way there and back, in whole milliseconds rounded down, so that it is never longer than what is left; at
 * least 0. `undefined` when there is no deadline. Throws `OptionError` when it is no number, and on bad options.
 */
export function toDeadlineHeader(
  deadline: number,
  options: { readonly reserveMs?: number | undefined; readonly clock?: Clock | undefined } = {},
): string | undefined {
  checkValue('toDeadlineHeader.deadline', deadline, time);
  checkExactly('toDeadlineHeader', options, outgoing);
  const { reserveMs = 0, clock = systemClock } = options;
  if (deadline === Number.POSITIVE_INFINITY) return undefined;
  return String(Math.min(1e15 - 1, Math.max(0, Math.floor(deadline - clock.now() - reserveMs))));
}

/** What to send when a request has the field already: a deadline that came with it is not made later either. */
export function lesser(given: unknown, left: string): string {
  const text = String(given);
  return /^\d{1,15}$/.test(text) && Number(text) < Number(left) ? text : left;
}

function readHeader(headers: HeadersLike): string | undefined {
  if (typeof headers.get === 'function')
    return (headers as { get(name: string): string | null }).get(DEADLINE_HEADER)?.trim();
  const value = (headers as { readonly [name: string]: string | readonly string[] | undefined })[DEADLINE_HEADER];
  return (typeof value === 'string' ? value : value?.[0])?.trim();
}
