import { accessSync, constants, statSync } from 'node:fs';
import { LEVELS, type Threshold } from '@breakwater/log';

/** What values a setting takes, given as a value or, in an environment variable, as text. */
export interface Kind<T> {
  /** Completes "expected …". */
  readonly expected: string;
  /** The value a text stands for. May give anything: `accept` decides. */
  fromText(text: string): unknown;
  accept(value: unknown): value is T;
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
  fromText: (text) => (/^(?:0|1|[01]?\.\d+)$/.test(text) ? Number(text) : text),
  accept: (value): value is number => typeof value === 'number' && value >= 0 && value <= 1,
};

export const durationMs: Kind<number> = integer(0, 3_600_000, 'milliseconds');

/** One of a few words, in whatever case. `but` says what is known and not among them. */
function oneOf<T extends string>(words: readonly T[], but = ''): Kind<T> {
  return {
    expected: `${words.length === 1 ? '' : 'one of '}${words.join(', ')}${but}`,
    fromText: (text) => text.toLowerCase(),
    accept: (value): value is T => words.includes(value as T),
  };
}

/** Words of a list, each once. `alone`: one that stands for "nothing". */
function listOf<T extends string>(words: readonly T[], alone: T, what: string): Kind<readonly T[]> {
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

export const protocol: Kind<'http/protobuf' | 'http/json'> = oneOf(
  ['http/protobuf', 'http/json'],
  ' (gRPC is not spoken)',
);

export const compression: Kind<'none' | 'gzip'> = oneOf(['none', 'gzip']);

export const exporters: Kind<readonly ('otlp' | 'console' | 'none')[]> = listOf(
  ['otlp', 'console', 'none'],
  'none',
  'exporters',
);

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

export const temporality: Kind<'cumulative' | 'delta' | 'lowmemory'> = oneOf(['cumulative', 'delta', 'lowmemory']);

export const file: Kind<string> = {
  expected: 'the path of a file that can be read',
  fromText: asIs,
  accept: (value): value is string => {
    if (typeof value !== 'string' || value === '') return false;
    try {
      accessSync(value, constants.R_OK);
      return statSync(value).isFile();
    } catch {
      return false;
    }
  },
};

export const httpUrl: Kind<string> = {
  expected: 'a URL with http: or https:, without a query',
  fromText: asIs,
  accept: (value): value is string => {
    if (typeof value !== 'string' || !URL.canParse(value)) return false;
    const url = new URL(value);
    return (url.protocol === 'http:' || url.protocol === 'https:') && url.search === '' && url.hash === '';
  },
};

const THRESHOLDS: readonly unknown[] = [...LEVELS, 'silent'];

export const level: Kind<Threshold> = {
  expected: `one of ${THRESHOLDS.join(', ')}`,
  fromText: (text) => text.toLowerCase(),
  accept: (value): value is Threshold => THRESHOLDS.includes(value),
};

export const levels: Kind<Readonly<Record<string, Threshold>>> = {
  expected: `levels by module (db=debug,db.pool=trace), each ${level.expected}`,
  fromText: (text) => pairs(text),
  accept: (value): value is Readonly<Record<string, Threshold>> =>
    isRecord(value) && Object.entries(value).every(([module, threshold]) => module !== '' && level.accept(threshold)),
};

const HOST =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;

export const hosts: Kind<readonly string[]> = {
  expected: 'host names (api.example.com, *.internal, localhost:3000), separated by commas',
  fromText: commas,
  accept: (value): value is readonly string[] =>
    Array.isArray(value) && value.every((host) => typeof host === 'string' && HOST.test(host)),
};

const HEADER = /^[\w!#$%&'*+.^`|~-]+$/;

export const headers: Kind<Readonly<Record<string, string>>> = {
  expected: 'headers (name=value,name=value), values percent-encoded',
  fromText: (text) => pairs(text, true),
  accept: (value): value is Readonly<Record<string, string>> =>
    isRecord(value) &&
    Object.entries(value).every(
      ([header, content]) => HEADER.test(header) && typeof content === 'string' && /^[\t\x20-\x7e]*$/.test(content),
    ),
};

export const attributes: Kind<Readonly<Record<string, string>>> = {
  expected: 'attributes (key=value,key=value), percent-encoded',
  fromText: (text) => pairs(text, true),
  accept: (value): value is Readonly<Record<string, string>> =>
    isRecord(value) && Object.entries(value).every(([key, content]) => key !== '' && typeof content === 'string'),
};

function commas(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== '');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `a=1,b=2` as an object; the text itself when it is not of that form, for `accept` to refuse. */
function pairs(text: string, encoded = false): unknown {
  const result: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    if (at < 1) return text;
    try {
      const decode = encoded ? decodeURIComponent : String;
      result[decode(part.slice(0, at).trim())] = decode(part.slice(at + 1).trim());
    } catch {
      // Not percent-encoded as it must be: the whole value is refused.
      return text;
    }
  }
  return result;
}
