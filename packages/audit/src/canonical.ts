import { AuditError } from './errors.ts';

/** A value that JSON can say without loss. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

const MAX_DEPTH = 64;
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

/**
 * The canonical JSON text of a value (RFC 8785, JSON Canonicalization Scheme): no white space, keys sorted by UTF-16
 * code units, numbers as ECMAScript prints them. Stricter than JSON.stringify: NaN, infinities, lone surrogates,
 * undefined, functions, bigints, sparse arrays, objects other than plain ones and nesting beyond 64 levels
 * throw `AUDIT_NOT_CANONICAL` naming the place.
 */
export function canonicalize(value: unknown): string {
  return write(value, 0, '');
}

/**
 * Parses text that must be in canonical form. Throws `AUDIT_NOT_CANONICAL` for anything else: duplicate keys, white
 * space, another key order, another spelling of a number or string.
 */
export function parseCanonical(text: string): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new AuditError('AUDIT_NOT_CANONICAL', 'The text is not JSON', { cause });
  }
  if (canonicalize(value) !== text) {
    throw new AuditError(
      'AUDIT_NOT_CANONICAL',
      'The JSON text is not in canonical form (RFC 8785), or has duplicate keys',
    );
  }
  return value;
}

function write(value: unknown, depth: number, path: string): string {
  switch (typeof value) {
    case 'string':
      return writeString(value, path);
    case 'number':
      if (!Number.isFinite(value)) refuse(path, `${value} has no JSON form`);
      return value === 0 ? '0' : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth >= MAX_DEPTH) refuse(path, `it is nested deeper than ${MAX_DEPTH} levels`);
      return Array.isArray(value) ? writeArray(value, depth, path) : writeObject(value, depth, path);
    default:
      return refuse(path, `a value of type ${typeof value} has no JSON form`);
  }
}

function writeString(value: string, path: string): string {
  if (!NEEDS_CARE.test(value)) return `"${value}"`;
  if (!value.isWellFormed()) refuse(path, 'it holds a lone surrogate');
  return JSON.stringify(value);
}

function writeArray(value: readonly unknown[], depth: number, path: string): string {
  let text = '[';
  for (let i = 0; i < value.length; i += 1) {
    if (i > 0) text += ',';
    text += write(value[i], depth + 1, `${path}/${i}`);
  }
  return `${text}]`;
}

function writeObject(value: object, depth: number, path: string): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    refuse(
      path,
      `an object of class ${(prototype as { constructor?: { name?: string } }).constructor?.name ?? 'unknown'} has no JSON form`,
    );
  }
  const keys = Object.keys(value).sort();
  let text = '{';
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i]!;
    if (i > 0) text += ',';
    text += `${writeString(key, path)}:${write((value as Record<string, unknown>)[key], depth + 1, `${path}/${key}`)}`;
  }
  return `${text}}`;
}

function refuse(path: string, why: string): never {
  throw new AuditError(
    'AUDIT_NOT_CANONICAL',
    `The value at ${path === '' ? 'the top' : path.slice(0, 200)} cannot be written: ${why}`,
  );
}
