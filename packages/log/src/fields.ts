import { shorten, unused } from './clean.ts';
import { type Names, NO_NAMES } from './context.ts';
import { isErrorLike } from './error-like.ts';
import { RESERVED } from './keys.ts';
import { toJsonString } from './text.ts';
import type { Writer } from './writer.ts';

const MAX_FIELDS = 1000;

/**
 * A record's attributes name by name, for fields that need care: names that are taken, changed or met twice, values that
 * harm who reads them. `extra` is what the logger itself has to say. Never throws.
 */
export function writeCarefully(
  writer: Writer,
  fields: object,
  extra: string,
  bound: Names,
  context: Names,
  error: unknown,
): string {
  writer.begin();
  const entries = new Map([...context, ...bound, ...context]);
  const exception = addFields(writer, fields, entries, context, error);
  return join(join(toMembers(entries), extra), exception);
}

/** What `child` binds, as JSON under final names, on top of what is bound `above`. */
export function bindFields(writer: Writer, above: Names, fields: object): Names {
  const bound = new Map(above);
  writer.begin();
  // An error that is bound is a field as any other.
  addFields(writer, fields, bound, NO_NAMES, true);
  return bound;
}

/** Members one after the other; either may be ''. */
export function join(first: string, second: string): string {
  if (first === '') return second;
  return second === '' ? first : `${first},${second}`;
}

/** `"name":text,…` */
export function toMembers(entries: Iterable<readonly [string, string]>): string {
  return Array.from(entries, ([name, text]) => `${toJsonString(name)}:${text}`).join(',');
}

/** Gives back what the first error becomes where the record has none yet; '' for none. */
function addFields(
  writer: Writer,
  fields: object,
  entries: Map<string, string>,
  context: Names,
  error: unknown,
): string {
  const names = keysOf(fields);
  if (names === undefined) entries.set('breakwater.log.unreadable_fields', 'true');
  else if (names.length > MAX_FIELDS) entries.set('breakwater.log.omitted_fields', `${names.length - MAX_FIELDS}`);
  const own = new Set<string>();
  let label = '';
  let exception = '';
  for (const name of names?.slice(0, MAX_FIELDS) ?? []) {
    const { kind } = writer.keys.get(name);
    const item = readOwn(fields, name);
    if (kind === 'error' && error === undefined && exception === '' && isErrorLike(item)) {
      exception = writer.exceptions.attributes(item as object);
      continue;
    }
    const text = writer.safely(name, item, kind === 'labelled' ? label : '');
    if (kind === 'label' && typeof item === 'string') label = item;
    if (text === '') continue;
    let target = kind === 'dirty' ? writer.redactor.string(shorten(name)).toWellFormed() : name;
    if (context.get(target) === text) continue;
    if (RESERVED.test(target) || context.has(target)) target = `field.${target}`;
    entries.set(unused(own, target), text);
  }
  return exception;
}

function keysOf(fields: object | string): string[] | undefined {
  try {
    // A text in their place, which has a name for each of its characters.
    return typeof fields === 'string' ? [] : Object.keys(fields);
  } catch {
    // A proxy whose traps throw: nothing of it can be listed.
    return undefined;
  }
}

/** A property, whatever its getter does. */
export function readOwn(fields: object | undefined, name: string): unknown {
  try {
    return fields !== undefined && Object.hasOwn(fields, name) ? Reflect.get(fields, name) : undefined;
  } catch {
    return '[Unreadable]';
  }
}
