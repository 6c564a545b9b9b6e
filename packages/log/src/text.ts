/**
 * Characters that JSON or a terminal must not meet as they are: controls, quote, backslash, DEL and C1, bidirectional
 * and invisible formatting, line separators, byte order mark, surrogates (looked at one by one).
 */
const SPECIAL = /[\0-\x1f"\\\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]/;
const HIDDEN = /[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function toEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Text as a JSON string with its quotes. Whatever could forge a line, move a terminal's cursor or reorder what is read
 * is written as an escape, so nothing is lost; a lone surrogate, which UTF-8 has no bytes for, becomes U+FFFD.
 */
export function toJsonString(text: string): string {
  if (!SPECIAL.test(text)) return `"${text}"`;
  return JSON.stringify(text.toWellFormed()).replace(HIDDEN, toEscape);
}

/** The result of a short check, made once per text of 16 or fewer characters. */
const PLAIN = new Uint8Array(128);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._/-') PLAIN[char.charCodeAt(0)] = 1;
for (const char of '0123456789') PLAIN[char.charCodeAt(0)] = 2;

/**
 * True for words such as `GET`, `/orders/17` or `user_42`: at most 16 letters, digits and `._/-`, fewer than six digits.
 * No built-in detector of `@breakwater/redact` but `ip` takes such a text (a property test holds this), nor does JSON
 * escape it.
 */
export function isPlainWord(text: string): boolean {
  const { length } = text;
  if (length > 16) return false;
  let digits = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 127) return false;
    const kind = PLAIN[code]!;
    if (kind === 0) return false;
    digits += kind;
  }
  return digits - length < 6;
}

/** The same text in one piece. A text put together with `+` is a tree, which every line it goes into would walk again. */
export function toFlat(text: string): string {
  return Buffer.from(text).toString();
}
