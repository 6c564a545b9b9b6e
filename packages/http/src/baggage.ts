import type { Rule } from '@breakwater/errors/options';
import { checkItems } from './options.ts';

const MAX_MEMBERS = 64;
const MAX_BYTES = 8192;
const KEY = /^[!#$%&'*+.^_`|~\w-]{1,256}$/;
// Printable ASCII without blank, quotation mark, comma, semicolon and backslash.
const VALUE = /^[!#-+\--:<-[\]-~]*$/;
const keyRule: Rule = [
  'a key of letters, digits and . _ - and the like',
  (v) => typeof v === 'string' && KEY.test(v) && v !== '__proto__',
];

/** The keys of an allow-list. Throws `OptionError` for one that is no key of W3C Baggage. */
export function toBaggageKeys(option: string, keys: readonly string[] | undefined): ReadonlySet<string> {
  if (keys === undefined) return new Set();
  checkItems(option, keys, keyRule);
  return new Set(keys);
}

/**
 * The allowed entries of a `baggage` field (W3C Baggage), decoded; `undefined` when there is none. Only the first 64 members
 * and 8192 characters are looked at, a member that is cut off there or malformed is left out, properties are not kept; of
 * members with the same key the last counts. Never throws.
 */
export function parseBaggage(
  field: string | undefined,
  allowed: ReadonlySet<string>,
): Readonly<Record<string, string>> | undefined {
  if (field === undefined || allowed.size === 0) return undefined;
  const text = field.length <= MAX_BYTES ? field : field.slice(0, Math.max(0, field.lastIndexOf(',', MAX_BYTES)));
  let entries: Record<string, string> | undefined;
  for (const member of text.split(',', MAX_MEMBERS)) {
    const [pair = ''] = member.split(';', 1);
    const cut = pair.indexOf('=');
    if (cut === -1) continue;
    const key = pair.slice(0, cut).trim();
    const value = pair.slice(cut + 1).trim();
    if (!allowed.has(key) || !VALUE.test(value)) continue;
    entries ??= {};
    entries[key] = decode(value);
  }
  return entries;
}

/** A `baggage` field of the allowed entries within the same limits; `undefined` when there is none. */
export function toBaggage(
  entries: Readonly<Record<string, string>> | undefined,
  allowed: ReadonlySet<string>,
): string | undefined {
  if (entries === undefined) return undefined;
  let field = '';
  let members = 0;
  for (const key of allowed) {
    const value: unknown = Object.hasOwn(entries, key) ? entries[key] : undefined;
    if (typeof value !== 'string') continue;
    const member = `${field === '' ? '' : ','}${key}=${encodeURIComponent(value.toWellFormed())}`;
    // One that does not fit is left out whole, and a smaller one after it may fit.
    if (members === MAX_MEMBERS || field.length + member.length > MAX_BYTES) continue;
    field += member;
    members++;
  }
  return field === '' ? undefined : field;
}

// Bytes that are no UTF-8 become U+FFFD, as the specification has it; a `%` without two digits stays.
function decode(value: string): string {
  if (!value.includes('%')) return value;
  const bytes = value.replace(/%([\da-f]{2})/gi, (_whole, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
