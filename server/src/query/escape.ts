import type { Literal } from './ast.ts';

/** Text in quotes. */
export function printQuoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A value behind a colon. */
export function printLiteral({ text, quoted }: Literal): string {
  return quoted ? printQuoted(text) : printBareValue(text);
}

/** An unquoted value behind a colon: `//`, a comparison or a bracket at its start would be read as something else. */
export function printBareValue(text: string): string {
  const escaped = escapeBare(text);
  return /^(?:[<>=[{]|\/\/)/.test(escaped) ? `\\${escaped}` : escaped;
}

/** An unquoted word: no keyword, no negation at its start, no colon that would end a field's name. */
export function printBareWord(text: string): string {
  const escaped = escapeBare(text).replace(/:/g, '\\:');
  return /^-/.test(escaped) || isKeyword(escaped) ? `\\${escaped}` : escaped;
}

/** A bound of a range: as a value, and the closing bracket would end it. */
export function printBound(bound: Literal | null): string {
  if (bound === null) return '*';
  if (bound.quoted) return printQuoted(bound.text);
  const escaped = escapeBare(bound.text).replace(/[\]}]/g, '\\$&');
  return escaped === 'TO' ? '\\TO' : escaped;
}

export function isKeyword(text: string): boolean {
  return text === 'AND' || text === 'OR' || text === 'NOT';
}

function escapeBare(text: string): string {
  return text.replace(/[\s()"\\*]/gu, '\\$&');
}
