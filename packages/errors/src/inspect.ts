import { readProperty } from './read.ts';

const INTEGER = /^[1-5]\d\d$/;

/** Reads a dotted path. Never throws. */
export function readPath(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    at = readProperty(at, key);
    if (at === undefined) return undefined;
  }
  return at;
}

/** The HTTP status an error carries, wherever its library keeps it. */
export function statusOf(value: unknown): number | undefined {
  return (
    toStatus(readProperty(value, 'status')) ??
    toStatus(readProperty(value, 'statusCode')) ??
    statusOfPart(readProperty(value, 'response')) ??
    toStatus(readProperty(readProperty(value, '$metadata'), 'httpStatusCode')) ??
    statusOfPart(readProperty(value, 'output')) ??
    statusOfPart(readProperty(value, 'meta'))
  );
}

function statusOfPart(part: unknown): number | undefined {
  if (part === undefined || part === null) return undefined;
  return toStatus(readProperty(part, 'status')) ?? toStatus(readProperty(part, 'statusCode'));
}

function toStatus(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 100 && value <= 599 && Number.isInteger(value) ? value : undefined;
  return typeof value === 'string' && INTEGER.test(value) ? Number(value) : undefined;
}

/** The response headers an error carries, in whatever form its library keeps them. */
export function headersOf(value: unknown): unknown {
  return (
    readProperty(readProperty(value, 'response'), 'headers') ??
    readProperty(readProperty(value, '$response'), 'headers') ??
    readProperty(value, 'headers') ??
    readProperty(value, 'responseHeaders') ??
    readProperty(readProperty(value, 'meta'), 'headers')
  );
}

/** A header's first value, from `Headers`, a plain object in any case, a `Map`, or pairs. Never throws. */
export function readHeader(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  let found: string | undefined;
  try {
    found = findHeader(headers, name);
  } catch {
    // Foreign header objects may throw from any method; a header that cannot be read is a header that is not there.
    found = undefined;
  }
  return found;
}

function findHeader(headers: object, name: string): string | undefined {
  const direct = readProperty(headers, name);
  if (direct !== undefined) return toText(direct);
  const get = (headers as { get?: unknown }).get;
  if (typeof get === 'function') return toText((get as (name: string) => unknown).call(headers, name));
  if (Array.isArray(headers)) return fromPairs(headers, name);
  for (const key in headers) {
    if (key.length === name.length && key.toLowerCase() === name)
      return toText((headers as Record<string, unknown>)[key]);
  }
  return undefined;
}

function fromPairs(pairs: readonly unknown[], name: string): string | undefined {
  for (let i = 0; i < pairs.length && i < 200; i++) {
    const pair = pairs[i];
    if (Array.isArray(pair) && typeof pair[0] === 'string' && pair[0].toLowerCase() === name) return toText(pair[1]);
  }
  return undefined;
}

function toText(value: unknown): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return first;
  return typeof first === 'number' ? String(first) : undefined;
}

/** The name of the class that made the value. */
export function classNameOf(value: unknown): string | undefined {
  const made = readProperty(value, 'constructor');
  if (typeof made !== 'function') return undefined;
  const name = readProperty(made, 'name');
  return typeof name === 'string' ? name : undefined;
}

/** The first word of the message: an error code in protocols that say so. */
export function firstWordOf(value: unknown): string | undefined {
  const message = readProperty(value, 'message');
  if (typeof message !== 'string') return undefined;
  const space = message.indexOf(' ');
  return space === -1 ? message : message.slice(0, space);
}
