import { LEVELS, type Threshold } from '@breakwater/log';

/** What values a setting takes, given as a value or, in an environment variable, as text. */
export interface Kind<T> {
  /** Completes "expected …". */
  readonly expected: string;
  /** The value a text stands for. May give anything: `accept` decides. */
  fromText(text: string): unknown;
  accept(value: unknown): value is T;
  /** Of a map that is refused, the name of the first entry at fault; never a value. */
  faultOf?(value: unknown): string | undefined;
  /** Of a value that is refused, why: completes "…, which". Nothing of what a file holds. */
  whyNot?(value: unknown): string | undefined;
  /** Whether a value that is refused may be a secret itself, given in place of where one stands. */
  hides?(value: unknown): boolean;
}

const asIs = (text: string): unknown => text;

export const name: Kind<string> = {
  expected: 'a text of 1 to 255 characters',
  fromText: asIs,
  accept: (value): value is string => typeof value === 'string' && value.trim() !== '' && value.length <= 255,
};

export const flag: Kind<boolean> = {
  expected: 'true or false',
  fromText: (text) => ({ true: true, false: false })[text.toLowerCase()] ?? text,
  accept: (value): value is boolean => typeof value === 'boolean',
};

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number, unit: string): Kind<number> {
  return {
    expected: `${unit}, a whole number from ${min} to ${max}`,
    fromText: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : text),
    accept: (value): value is number => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
  };
}

export const ratio: Kind<number> = {
  expected: 'a number from 0 to 1',
  fromText: (text) => (/^(?:\d+|\d*\.\d+)(?:e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : text),
  accept: (value): value is number => typeof value === 'number' && value >= 0 && value <= 1,
};

/** The greatest delay of a timer, and the greatest number OpenTelemetry's specification asks for. */
export const MAX_INT: number = 2 ** 31 - 1;

export const durationMs: Kind<number> = integer(0, MAX_INT, 'milliseconds');

/** One of a few words, in whatever case. `but` says what is known and not among them. */
export function oneOf<T extends string>(words: readonly T[], but = ''): Kind<T> {
  return {
    expected: `${words.length === 1 ? '' : 'one of '}${words.join(', ')}${but}`,
    fromText: (text) => text.toLowerCase(),
    accept: (value): value is T => words.includes(value as T),
  };
}

/** Words of a list, each once. `alone`: one that stands for "nothing". */
export function listOf<T extends string>(words: readonly T[], alone: T, what: string): Kind<readonly T[]> {
  return {
    expected: `${what}: ${words.filter((word) => word !== alone).join(', ')}, separated by commas, or ${alone}`,
    fromText: (text) => [...new Set(commas(text))],
    accept: (value): value is readonly T[] =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((word) => words.includes(word as T)) &&
      new Set(value).size === value.length &&
      (value.length === 1 || !value.includes(alone)),
  };
}

export const propagators: Kind<readonly ('tracecontext' | 'baggage' | 'none')[]> = listOf(
  ['tracecontext', 'baggage', 'none'],
  'none',
  'propagators',
);

/** Samplers by their names in OpenTelemetry's specification. */
export const sampler: Kind<SamplerName> = oneOf([
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
]);

export type SamplerName = `${'' | 'parentbased_'}${'always_on' | 'always_off' | 'traceidratio'}`;

const THRESHOLDS: readonly unknown[] = [...LEVELS, 'silent'];

export const level: Kind<Threshold> = {
  expected: `one of ${THRESHOLDS.join(', ')}`,
  fromText: (text) => text.toLowerCase(),
  accept: (value): value is Threshold => THRESHOLDS.includes(value),
};

export const levels: Kind<Readonly<Record<string, Threshold>>> = mapOf(
  `levels by module (db=debug,db.pool=trace), each ${level.expected}`,
  (text) => pairs(text.replace(/=[^,]*/g, (threshold) => threshold.toLowerCase())),
  (module, threshold): threshold is Threshold => module !== '' && level.accept(threshold),
);

const HOST =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

export const hosts: Kind<readonly string[]> = {
  expected: 'host names (api.example.com, *.internal, localhost:3000), separated by commas',
  fromText: commas,
  accept: (value): value is readonly string[] =>
    Array.isArray(value) && value.every((host) => typeof host === 'string' && HOST.test(host)),
};

export const attributes: Kind<Readonly<Record<string, string>>> = mapOf(
  'attributes (key=value,key=value), percent-encoded',
  (text) => pairs(text, { encoded: true }),
  (key, content): content is string => key !== '' && typeof content === 'string',
);

/** A plain object whose entries all pass `accepts`. A `Map` or `Headers` is none: it would look empty. */
export function mapOf<T>(
  expected: string,
  fromText: (text: string) => unknown,
  accepts: (key: string, content: unknown) => content is T,
): Kind<Readonly<Record<string, T>>> {
  const faultOf = (value: unknown): string | undefined =>
    isPlain(value) ? Object.entries(value).find(([key, content]) => !accepts(key, content))?.[0] : undefined;
  return {
    expected,
    fromText,
    accept: (value): value is Readonly<Record<string, T>> => isPlain(value) && faultOf(value) === undefined,
    faultOf,
  };
}

function commas(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== '');
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  // Of another realm too: only the plain object of a realm has nothing above its prototype.
  return prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'));
}

/**
 * `a=1,b=2` as an object; the text itself when it is not of that form, for `accept` to refuse. A name given twice
 * has its last value, or with `once` none.
 */
export function pairs(
  text: string,
  { encoded = false, once = false }: { readonly encoded?: boolean; readonly once?: boolean } = {},
): unknown {
  const result: Record<string, string> = Object.create(null) as Record<string, string>;
  const seen = new Set<string>();
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    if (at < 1) return text;
    try {
      const decode = encoded ? decodeURIComponent : String;
      const key = decode(part.slice(0, at).trim());
      if (once && seen.has(key.toLowerCase())) return text;
      seen.add(key.toLowerCase());
      result[key] = decode(part.slice(at + 1).trim());
    } catch {
      // Not percent-encoded as it must be: the whole value is refused.
      return text;
    }
  }
  return result;
}
