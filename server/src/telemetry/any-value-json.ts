/**
 * Attribute values in their OTLP/JSON form, and as text.
 *
 * The JSON form is lossless: the field name keeps the OpenTelemetry type, 64-bit integers are decimal strings, bytes
 * are base64, and the doubles JSON has no number for are the strings the protobuf JSON mapping uses.
 */
import type { AnyValue, KeyValue } from '../api/types.ts';
import type { Attributes, AttributeValue } from './records.ts';

/** The OTLP/JSON form of a value. `null` (an AnyValue that is not set) becomes `{}`. */
export function toAnyValueJson(value: AttributeValue): AnyValue {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return { intValue: value.toString() };
    case 'number':
      return { doubleValue: Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity') };
    default:
      if (value === null) return {};
      if (value instanceof Uint8Array) return { bytesValue: toBase64(value) };
      if (value instanceof Map) return { kvlistValue: { values: toKeyValues(value) } };
      return { arrayValue: { values: (value as readonly AttributeValue[]).map(toAnyValueJson) } };
  }
}

/** Attributes as OTLP/JSON key-value pairs, in the order of the map. */
export function toKeyValues(attributes: Attributes): KeyValue[] {
  const pairs: KeyValue[] = [];
  for (const [key, value] of attributes) pairs.push({ key, value: toAnyValueJson(value) });
  return pairs;
}

/**
 * The value of an AnyValue in its OTLP/JSON form; the inverse of {@link toAnyValueJson}.
 *
 * Also reads what JSON written by others holds: an `intValue` as a number, a `doubleValue` as a decimal string, and an
 * absent `values` list. An object without a known field, `null` and `undefined` are the value that is not set.
 * Throws a TypeError naming the field where a value does not have the type of its field.
 */
export function fromAnyValueJson(json: unknown): AttributeValue {
  if (json === null || json === undefined) return null;
  if (typeof json !== 'object') throw new TypeError(`AnyValue must be an object, got ${typeof json}`);
  const any = json as Record<string, unknown>;
  if (isSet(any['stringValue'])) return expectType(any['stringValue'], 'string', 'stringValue');
  if (isSet(any['boolValue'])) return expectType(any['boolValue'], 'boolean', 'boolValue');
  if (isSet(any['intValue'])) return toInteger(any['intValue']);
  if (isSet(any['doubleValue'])) return toDouble(any['doubleValue']);
  if (isSet(any['bytesValue'])) {
    return new Uint8Array(Buffer.from(expectType(any['bytesValue'], 'string', 'bytesValue'), 'base64'));
  }
  if (isSet(any['arrayValue'])) return valuesOf(any['arrayValue'], 'arrayValue').map(fromAnyValueJson);
  if (isSet(any['kvlistValue'])) return fromKeyValuesJson(valuesOf(any['kvlistValue'], 'kvlistValue'));
  return null;
}

/** The attributes of a list of OTLP/JSON key-value pairs; the inverse of {@link toKeyValues}. Throws as {@link fromAnyValueJson} does. */
export function fromKeyValuesJson(pairs: readonly unknown[]): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const pair of pairs) {
    if (typeof pair !== 'object' || pair === null) throw new TypeError('KeyValue must be an object');
    const { key, value } = pair as { key?: unknown; value?: unknown };
    attributes.set(isSet(key) ? expectType(key, 'string', 'key') : '', fromAnyValueJson(value));
  }
  return attributes;
}

/**
 * The value as text for people and for text search: strings as they are, numbers and booleans as JavaScript prints
 * them, bytes as base64, the value that is not set as '', arrays and maps as plain JSON without type wrappers
 * (`{"retries":3,"tags":["a"]}`, 64-bit integers with all their digits).
 */
export function attributeText(value: AttributeValue): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'object':
      if (value === null) return '';
      return value instanceof Uint8Array ? toBase64(value) : plainJson(value);
    default:
      return String(value);
  }
}

function plainJson(value: AttributeValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"${value}"`;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return `"${toBase64(value)}"`;
  if (value instanceof Map) {
    return `{${Array.from(value, ([key, item]) => `${JSON.stringify(key)}:${plainJson(item)}`).join(',')}}`;
  }
  return `[${(value as readonly AttributeValue[]).map(plainJson).join(',')}]`;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

interface TypeNames {
  string: string;
  boolean: boolean;
}

function expectType<T extends keyof TypeNames>(value: unknown, type: T, field: string): TypeNames[T] {
  if (typeof value !== type) throw new TypeError(`${field} must be a ${type}, got ${typeof value}`);
  return value as TypeNames[T];
}

function toInteger(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  throw new TypeError('intValue must be an integer');
}

function toDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN') return Number.NaN;
  if (typeof value === 'string' && value.trim() !== '') {
    const double = Number(value);
    if (!Number.isNaN(double)) return double;
  }
  throw new TypeError('doubleValue must be a number');
}

function valuesOf(list: unknown, field: string): readonly unknown[] {
  if (typeof list !== 'object' || list === null) throw new TypeError(`${field} must be an object`);
  const { values } = list as { values?: unknown };
  if (!isSet(values)) return [];
  if (!Array.isArray(values)) throw new TypeError(`${field}.values must be an array`);
  return values;
}
