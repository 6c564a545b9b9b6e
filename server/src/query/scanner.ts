import type { Literal } from './ast.ts';

/** Why a text is not a query. Thrown inside the parser only; {@link parseQuery} answers it as a value. */
export class QuerySyntaxError extends Error {
  override readonly name = 'QuerySyntaxError';
  readonly code = 'QUERY_SYNTAX';
  readonly position: number;
  /** The whole query with this fault mended. */
  readonly suggestion: string | undefined;

  constructor(position: number, message: string, suggestion?: string) {
    super(message);
    this.position = position;
    this.suggestion = suggestion;
  }
}

/** A run of characters without quotes. `parts` are the texts between its stars, one more than there are stars. */
export interface Bare {
  readonly parts: readonly string[];
  readonly start: number;
  readonly end: number;
  /** Whether a backslash was used: such a word is no keyword. */
  readonly escaped: boolean;
}

/** Reads the pieces of a query from left to right, each character once. */
export interface Scanner {
  readonly text: string;
  position: number;
  /** The character at the position, '' at the end. */
  peek(): string;
  /** Passes `expected` and answers true if it stands at the position. */
  take(expected: string): boolean;
  /** As `take`, but of a keyword, which ends at a space, a quote, a parenthesis or the end. */
  takeKeyword(keyword: string): boolean;
  keywordAhead(keyword: string): boolean;
  skipSpace(): void;
  atEnd(): boolean;
  /** A text in quotes; the position is at the opening one. */
  quoted(): string;
  /** Up to white space, a quote, a parenthesis or one of `stops`. Empty where one of them comes first. */
  bare(stops: string): Bare;
}

export function createScanner(text: string): Scanner {
  const scanner: Scanner = {
    text,
    position: 0,
    peek: () => text[scanner.position] ?? '',
    atEnd: () => scanner.position >= text.length,
    take: (expected) => {
      if (!text.startsWith(expected, scanner.position)) return false;
      scanner.position += expected.length;
      return true;
    },
    keywordAhead: (keyword) => {
      if (!text.startsWith(keyword, scanner.position)) return false;
      const next = text[scanner.position + keyword.length];
      return next === undefined || '()"'.includes(next) || isSpace(next);
    },
    takeKeyword: (keyword) => scanner.keywordAhead(keyword) && scanner.take(keyword),
    skipSpace: () => {
      while (!scanner.atEnd() && isSpace(scanner.peek())) scanner.position++;
    },
    quoted: () => {
      const start = scanner.position;
      const pieces: string[] = [];
      let from = start + 1;
      for (let at = from; at < text.length; at++) {
        if (text[at] === '"') {
          pieces.push(text.slice(from, at));
          scanner.position = at + 1;
          return pieces.join('');
        }
        // Only these two are escapes: paths and patterns keep their backslashes.
        if (text[at] === '\\' && (text[at + 1] === '"' || text[at + 1] === '\\')) {
          pieces.push(text.slice(from, at));
          from = at + 1;
          at++;
        }
      }
      const mended = text.endsWith('\\') ? `${text}\\"` : `${text}"`;
      throw new QuerySyntaxError(start, 'This quote is never closed.', mended);
    },
    bare: (stops) => {
      const start = scanner.position;
      const parts: string[] = [];
      const pieces: string[] = [];
      let escaped = false;
      let from = start;
      let at = start;
      for (; at < text.length; at++) {
        const character = text[at]!;
        if (character === '\\') {
          if (at + 1 >= text.length) {
            throw new QuerySyntaxError(at, 'Nothing follows this backslash.', `${text}\\`);
          }
          pieces.push(text.slice(from, at));
          from = at + 1;
          at++;
          escaped = true;
        } else if (character === '*') {
          parts.push(pieces.splice(0).join('') + text.slice(from, at));
          from = at + 1;
        } else if (isSpace(character) || '()"'.includes(character) || stops.includes(character)) {
          break;
        }
      }
      parts.push(pieces.join('') + text.slice(from, at));
      scanner.position = at;
      return { parts, start, end: at, escaped };
    },
  };
  return scanner;
}

export function isSpace(character: string): boolean {
  return /^\s$/.test(character);
}

/** The literal a bare run stands for; undefined if it has a star. */
export function literalOf(bare: Bare): Literal | undefined {
  return bare.parts.length === 1 ? { text: bare.parts[0]!, quoted: false } : undefined;
}
