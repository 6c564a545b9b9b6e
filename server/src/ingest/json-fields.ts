/**
 * Reading fields of OTLP/JSON objects: the protobuf JSON mapping with the changes of the OTLP specification (ids in
 * hexadecimal, enums as integers), and lenient where known senders depart from it. null is the same as absent.
 * A value that cannot be the field's is a DecodeError naming the field.
 */
import type { ReadId } from './complete-records.ts';
import type { DecodeContext } from './decode-context.ts';
import { DecodeError } from './decode-error.ts';
import { INGEST_LIMITS } from './limits.ts';
import { cutMarker, WARNINGS } from './record-parts.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const UNSIGNED = /^\d{1,20}$/;
const SIGNED = /^-?\d{1,20}$/;
const HEX = /^[0-9a-f]*$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const ALL_ZERO = /^0*$/;

/** The field under its lowerCamelCase name or, with a warning, its name in the .proto file. */
export function field(object: JsonObject, name: string, context: DecodeContext): unknown {
  const value = object[name];
  if (value !== undefined && value !== null) return value;
  const protoName = protoNameOf(name);
  if (protoName === name) return undefined;
  const other = object[protoName];
  if (other === undefined || other === null) return undefined;
  context.warn('field names must be lowerCamelCase, not snake_case');
  return other;
}

const protoNames = new Map<string, string>();

// Only names from our own source come here, so the table stays small.
function protoNameOf(name: string): string {
  let protoName = protoNames.get(name);
  if (protoName === undefined) {
    protoName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    protoNames.set(name, protoName);
  }
  return protoName;
}

export function toObject(value: unknown, name: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(name, 'an object', value);
  return value as JsonObject;
}

export function objectField(object: JsonObject, name: string, context: DecodeContext): JsonObject | undefined {
  const value = field(object, name, context);
  return value === undefined ? undefined : toObject(value, name);
}

/** The elements of an array, [] where it is absent. */
export function listField(object: JsonObject, name: string, context: DecodeContext): readonly unknown[] {
  const value = field(object, name, context);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrongType(name, 'an array', value);
  return value;
}

export function textField(object: JsonObject, name: string, context: DecodeContext): string {
  const value = field(object, name, context);
  return value === undefined ? '' : toText(value, name, context);
}

export function toText(value: unknown, name: string, context: DecodeContext): string {
  if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  // A UTF-16 unit is at most 3 bytes of UTF-8, so most texts need no count.
  if (value.length * 3 > INGEST_LIMITS.maxValueBytes) return cutText(value, context);
  return value.isWellFormed() ? value : value.toWellFormed();
}

function cutText(value: string, context: DecodeContext): string {
  const bytes = Buffer.from(value);
  if (bytes.length <= INGEST_LIMITS.maxValueBytes) return value.toWellFormed();
  context.warn(WARNINGS.cutText);
  let cut = INGEST_LIMITS.maxValueBytes;
  while (((bytes[cut] as number) & 0xc0) === 0x80) cut--;
  return bytes.toString('utf8', 0, cut) + cutMarker(bytes.length);
}

export function boolField(object: JsonObject, name: string, context: DecodeContext): boolean {
  const value = field(object, name, context);
  return value === undefined ? false : toBool(value, name);
}

export function toBool(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw wrongType(name, 'true or false', value);
  return value;
}

/** A uint64 as a number or decimal string, 0 where it is absent. */
export function uint64Field(object: JsonObject, name: string, context: DecodeContext): bigint {
  const value = field(object, name, context);
  return value === undefined ? 0n : toUint64(value, name);
}

export function toUint64(value: unknown, name: string): bigint {
  const integer = toBigInt(value, UNSIGNED);
  if (integer === null || integer < 0n || integer > MAX_UINT64) {
    throw wrongType(name, 'an unsigned 64-bit integer', value);
  }
  return integer;
}

export function toInt64(value: unknown, name: string): bigint {
  const integer = toBigInt(value, SIGNED);
  if (integer === null || integer < MIN_INT64 || integer > MAX_INT64) throw wrongType(name, 'a 64-bit integer', value);
  return integer;
}

function toBigInt(value: unknown, format: RegExp): bigint | null {
  if (typeof value === 'string') return format.test(value) ? BigInt(value) : null;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : null;
  return typeof value === 'bigint' ? value : null;
}

/** A uint32 or int32 as a number or decimal string, 0 where it is absent. */
export function int32Field(object: JsonObject, name: string, context: DecodeContext): number {
  const value = field(object, name, context);
  if (value === undefined) return 0;
  const integer = typeof value === 'string' && SIGNED.test(value) ? Number(value) : value;
  if (!Number.isInteger(integer) || (integer as number) < -0x8000_0000 || (integer as number) > 0xffff_ffff) {
    throw wrongType(name, 'a 32-bit integer', value);
  }
  return integer as number;
}

export function uint32Field(object: JsonObject, name: string, context: DecodeContext): number {
  const integer = int32Field(object, name, context);
  if (integer < 0) throw wrongType(name, 'an unsigned 32-bit integer', integer);
  return integer;
}

/** A double as a number, a decimal string or `NaN`, `Infinity`, `-Infinity`; null where it is absent. */
export function doubleField(object: JsonObject, name: string, context: DecodeContext): number | null {
  const value = field(object, name, context);
  return value === undefined ? null : toDouble(value, name);
}

export function toDouble(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value === 'NaN') return Number.NaN;
  if (typeof value === 'string' && value.trim() !== '') {
    const double = Number(value);
    if (!Number.isNaN(double)) return double;
  }
  throw wrongType(name, 'a number', value);
}

export function toBytes(value: unknown, name: string, context: DecodeContext): Uint8Array {
  if (typeof value !== 'string' || !BASE64.test(value)) throw wrongType(name, 'base64', value);
  const bytes = new Uint8Array(Buffer.from(value, 'base64'));
  if (bytes.length <= INGEST_LIMITS.maxValueBytes) return bytes;
  context.warn(WARNINGS.cutBytes);
  return bytes.slice(0, INGEST_LIMITS.maxValueBytes);
}

/**
 * An enum's number. Names, with or without the prefix of the .proto file and in any case, are read with a warning;
 * an unknown name is -1, which is no number of any enum.
 */
export function enumField(
  object: JsonObject,
  name: string,
  prefix: string,
  names: readonly string[],
  context: DecodeContext,
): number {
  const value = field(object, name, context);
  if (typeof value !== 'string' || SIGNED.test(value)) return int32Field(object, name, context);
  context.warn('enums must be integers, not names');
  const wanted = value.toUpperCase();
  const bare = wanted.startsWith(prefix) ? wanted.slice(prefix.length) : wanted;
  return names.findIndex((known) => known.toUpperCase() === bare);
}

/** An id of so many bytes: hexadecimal in any case or, with a warning, base64. As {@link ReadId} says. */
export function idField(object: JsonObject, name: string, byteLength: number, context: DecodeContext): ReadId {
  const value = field(object, name, context);
  if (value === undefined || value === '') return '';
  if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  if (value.length === 2 * byteLength) {
    const id = value.toLowerCase();
    if (HEX.test(id)) return ALL_ZERO.test(id) ? '' : id;
  }
  const bytes = BASE64.test(value) ? Buffer.from(value, 'base64') : null;
  if (bytes?.length !== byteLength) return null;
  context.warn('ids must be hexadecimal, not base64');
  const id = bytes.toString('hex');
  return ALL_ZERO.test(id) ? '' : id;
}

function wrongType(name: string, expected: string, value: unknown): DecodeError {
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return new DecodeError(`${name} must be ${expected}, got ${got}`);
}
