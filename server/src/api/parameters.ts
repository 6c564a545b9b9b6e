import type { Query, Signal } from '../query/ast.ts';
import { parseQuery } from '../query/parse.ts';
import { invalidInput, ProblemError } from './problem.ts';
import type { Parameter } from './route.ts';

export const FROM: Parameter = {
  name: 'from',
  type: 'integer',
  description: 'Start of the time range, epoch milliseconds, inclusive. Default: one hour before `to`.',
};
export const TO: Parameter = {
  name: 'to',
  type: 'integer',
  description: 'End of the time range, epoch milliseconds, exclusive. Default: now.',
};
export const QUERY: Parameter = {
  name: 'query',
  type: 'string',
  description: 'In the query language of docs/query-language.md. Default: everything.',
};

export function limitParameter(fallback: number, max: number): Parameter {
  return { name: 'limit', type: 'integer', description: `At most this many, 1 to ${max}. Default: ${fallback}.` };
}

/** Epoch milliseconds, `from` inclusive, `to` exclusive. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

const DEFAULT_RANGE_MS = 3_600_000;
/** 2106-01-01: later times overflow the 32 bits of the engine's DateTime. */
export const MAX_TIME_MS = 4_291_747_200_000;

/** `from` and `to`. Throws a problem where they are no times or in the wrong order. Later times than 2105 mean its end. */
export function readRange(query: URLSearchParams, now: number): TimeRange {
  const to = Math.min(readInteger(query, 'to', 0, Number.MAX_SAFE_INTEGER) ?? Math.ceil(now) + 1, MAX_TIME_MS);
  const from = readInteger(query, 'from', 0, Number.MAX_SAFE_INTEGER) ?? Math.max(0, to - DEFAULT_RANGE_MS);
  if (from >= to) throw invalidInput(`from must be before to, got from=${from} and to=${to}`);
  return { from, to };
}

/** Undefined where the parameter is absent or empty. */
export function readInteger(query: URLSearchParams, name: string, min: number, max: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw invalidInput(
      `${name} must be a whole number from ${min} to ${max}, got ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
  return value;
}

export function readOneOf<const T extends string>(
  query: URLSearchParams,
  name: string,
  values: readonly T[],
): T | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const found = values.find((value) => value === text);
  if (found) return found;
  throw invalidInput(`${name} must be one of ${values.join(', ')}, got ${JSON.stringify(text.slice(0, 80))}`);
}

/** Undefined where the parameter is absent or empty. */
export function readText(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

/** The parsed `query`. Throws a problem with position and suggestion where it is none. */
export function readQuery(query: URLSearchParams, signal: Signal): Query {
  const result = parseQuery(query.get('query') ?? '', signal);
  if (result.ok) return result.query;
  const { position, message, suggestion } = result;
  throw new ProblemError({
    status: 400,
    code: 'INVALID_QUERY',
    title: 'The query cannot be read',
    detail: message,
    position,
    ...(suggestion !== undefined && { suggestion }),
  });
}

/** Throws a problem where the query string has a parameter that is not listed, or one twice. */
export function checkParameters(query: URLSearchParams, known: readonly Parameter[]): void {
  const seen = new Set<string>();
  for (const name of query.keys()) {
    if (!known.some((parameter) => parameter.name === name)) {
      const names = known.map((parameter) => parameter.name).join(', ') || 'none';
      throw invalidInput(`${JSON.stringify(name.slice(0, 80))} is no parameter of this path; known: ${names}`);
    }
    if (seen.has(name)) throw invalidInput(`${name} is given twice`);
    seen.add(name);
  }
}
