import { isDate, isMap, isSet } from 'node:util/types';
import { isErrorLike } from './error-like.ts';
import { MAX_NAME } from './keys.ts';
import { toJsonString } from './text.ts';
import type { Writer } from './writer.ts';

/** A redactor's copy, which has no accessors, no cycles and bounded depth, to JSON. '' for what JSON has nothing for. */
export function clean(writer: Writer, value: unknown): string {
  if (--writer.nodes < 0) return '"[too many values]"';
  switch (typeof value) {
    case 'string':
      return writer.cut(value);
    case 'number':
      return Number.isFinite(value) ? `${value}` : `"${value}"`;
    case 'boolean':
      return `${value}`;
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? `${value}` : `"${value}"`;
    case 'object':
      return value === null ? 'null' : cleanObject(writer, value);
    default:
      return '';
  }
}

function cleanObject(writer: Writer, value: object): string {
  const items = (list: readonly unknown[]): string =>
    `[${list.map((item) => clean(writer, item) || 'null').join(',')}]`;
  if (Array.isArray(value)) return items(value);
  if (isDate(value)) return dateText(value);
  if (isErrorLike(value)) return writer.exceptions.nested(value);
  if (isSet(value)) return items([...value]);
  // The redactor lets only those through that are text.
  if (value instanceof Uint8Array) return writer.cut(Buffer.from(value).toString());
  const entries: [unknown, unknown][] = isMap(value) ? [...value] : Object.entries(value);
  if (entries.some(([key]) => typeof key !== 'string')) return items(entries);
  const used = new Set<string>();
  let json = '';
  for (const [name, item] of entries as [string, unknown][]) {
    const text = clean(writer, item);
    if (text === '') continue;
    json += `${json === '' ? '' : ','}${toJsonString(unused(used, shorten(name).toWellFormed()))}:${text}`;
  }
  return `{${json}}`;
}

export function shorten(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
}

/** `name`, numbered if `used` has it already, and from now on in `used`. */
export function unused(used: Set<string>, name: string): string {
  let key = name;
  for (let number = 2; used.has(key); number++) key = `${name}#${number}`;
  used.add(key);
  return key;
}

export function dateText(value: Date): string {
  const ms = Date.prototype.getTime.call(value);
  return Number.isNaN(ms) ? '"Invalid Date"' : `"${new Date(ms).toISOString()}"`;
}
