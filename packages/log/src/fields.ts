import { shorten, unused } from './clean.ts';
import type { ContextCell } from './context.ts';
import type { LineParts } from './core.ts';
import { isErrorLike } from './error-like.ts';
import { toJsonString } from './text.ts';
import type { Writer } from './writer.ts';

const NOTHING: ReadonlyMap<string, string> = new Map();
const MAX_FIELDS = 1000;

/**
 * A record's attributes name by name, for fields that need care: names that are taken, changed or met twice, values that
 * harm who reads them. `extra` is what the logger itself has to say. Never throws.
 */
export function writeCarefully(
  writer: Writer,
  fields: object,
  extra: string,
  hasError: boolean,
  parts: LineParts,
  cell: ContextCell | undefined,
): string {
  writer.begin();
  const context = cell?.names ?? NOTHING;
  const entries = new Map<string, string>([...context, ...parts.bound, ...context]);
  const own = new Set<string>();
  let exception = '';
  const listed = keysOf(fields);
  if (listed === undefined) entries.set('breakwater.log.unreadable_fields', 'true');
  else if (listed.length > MAX_FIELDS) entries.set('breakwater.log.omitted_fields', `${listed.length - MAX_FIELDS}`);
  for (const name of listed?.slice(0, MAX_FIELDS) ?? []) {
    const info = writer.keys.get(name);
    const item = readOwn(fields, name);
    if (info.holdsError && !hasError && exception === '' && isErrorLike(item)) {
      exception = writer.exceptions.attributes(item as object);
      continue;
    }
    const text = writer.safely(name, item);
    if (text === '') continue;
    let target = info.dirty ? safeName(writer, name) : name;
    if (context.get(target) === text) continue;
    if (info.reserved || context.has(target)) target = `field.${target}`;
    entries.set(unused(own, target), text);
  }
  return [toMembers(entries), extra, exception].filter(Boolean).join(',');
}

/** `"name":text,…` */
export function toMembers(entries: Iterable<readonly [string, string]>): string {
  return Array.from(entries, ([name, text]) => `${toJsonString(name)}:${text}`).join(',');
}

/** What `child` binds, as JSON under final names, on top of what is bound `above`. */
export function bindFields(
  writer: Writer,
  above: ReadonlyMap<string, string>,
  fields: object,
): ReadonlyMap<string, string> {
  const bound = new Map(above);
  writer.begin();
  for (const name of keysOf(fields)?.slice(0, MAX_FIELDS) ?? []) {
    const info = writer.keys.get(name);
    const text = writer.safely(name, readOwn(fields, name));
    if (text === '') continue;
    const target = info.dirty ? safeName(writer, name) : name;
    const final = info.reserved ? `field.${target}` : target;
    writer.keys.watch(final);
    bound.set(final, text);
  }
  return bound;
}

function safeName(writer: Writer, name: string): string {
  const cut = shorten(name);
  return (writer.redactor?.string(cut) ?? cut).toWellFormed();
}

function keysOf(fields: object): string[] | undefined {
  try {
    return Object.keys(fields);
  } catch {
    // A proxy whose traps throw: nothing of it can be listed.
    return undefined;
  }
}

function readOwn(fields: object, name: string): unknown {
  try {
    return Reflect.get(fields, name);
  } catch {
    return '[Unreadable]';
  }
}
