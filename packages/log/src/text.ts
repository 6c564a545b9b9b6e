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

/**
 * The same text in a piece of its own. One put together with `+` is a tree, which every line it goes into would walk again;
 * one cut out of another keeps that in memory.
 */
export function toFlat(text: string): string {
  return Buffer.from(text).toString();
}
