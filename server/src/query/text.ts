/**
 * Text as the store compares it: tokens and letter case the way the text index on `logs.body` has them
 * (`splitByNonAlpha` over `lower(body)`), order by UTF-8 bytes. Only ASCII letters are folded.
 */

/** Lower-cases A to Z and nothing else, as ClickHouse's `lower` does. */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * The tokens of a text: runs of ASCII letters, ASCII digits and everything beyond ASCII. What stands between them
 * (spaces, punctuation, control characters) separates.
 */
export function tokensOf(text: string): string[] {
  return text.match(TOKENS) ?? [];
}

/** Whether the whole text is one token. */
export function isToken(text: string): boolean {
  return ONE_TOKEN.test(text);
}

const TOKENS = /[0-9A-Za-z\u0080-\u{10ffff}]+/gu;
const ONE_TOKEN = /^[0-9A-Za-z\u0080-\u{10ffff}]+$/u;

/** Compares two texts by their UTF-8 bytes: negative, 0 or positive. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The text as UTF-8 stores it: an unpaired surrogate becomes U+FFFD. */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** Whether `text` is the parts in this order with anything between them, the first at its start, the last at its end. */
export function matchesParts(text: string, parts: readonly string[]): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}

/** The parts as a pattern for SQL `LIKE`. */
export function likePattern(parts: readonly string[]): string {
  return parts.map((part) => part.replace(/[\\%_]/g, '\\$&')).join('%');
}
