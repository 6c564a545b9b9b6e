import { addHit, type RuleRef, type Scan } from '../engine.ts';
import { RedactConfigError } from '../errors.ts';
import { ALNUM, ALPHA, BASE64, BASE64URL, bits, DIGIT, EQUALS, HEX_LETTER, isIn, LOWER, UPPER, WORD } from './chars.ts';

/** One piece of a pattern: literal characters, or a number of characters of a class. */
export type Piece =
  | { readonly literal: string }
  | { readonly set: number; readonly least: number; readonly most: number };

export interface CompiledPattern {
  readonly source: string;
  /** The literal characters it begins with. */
  readonly prefix: string;
  readonly pieces: readonly Piece[];
  /** No match begins behind one of these: else every part of a long run would be tried again. */
  readonly notAfter: number;
}

const CLASSES: Readonly<Record<string, number>> = {
  digit: DIGIT,
  hex: DIGIT | HEX_LETTER,
  upper: UPPER,
  lower: LOWER,
  alpha: ALPHA,
  alnum: ALNUM,
  base64: BASE64 | EQUALS,
  base64url: BASE64URL,
  word: WORD,
};

const MAX_REPEAT = 4096;

/**
 * Compiles a pattern and refuses one that would need backtracking: a class of open count must not be followed by
 * anything that could belong to it.
 */
export function compilePattern(source: string): CompiledPattern {
  const pieces = parse(source);
  const first = pieces[0];
  if (first === undefined || !('literal' in first) || first.literal.length < 2) {
    throw invalid(source, 'it must begin with at least two literal characters');
  }
  if (first.literal.toLowerCase().startsWith('[redacted')) throw invalid(source, 'it would match the markers');
  for (const [index, piece] of pieces.entries()) {
    const next = pieces[index + 1];
    if ('literal' in piece || piece.least === piece.most || next === undefined) continue;
    const clash = 'literal' in next ? isIn(next.literal, 0, piece.set) : (next.set & piece.set) !== 0;
    if (clash) throw invalid(source, `what follows piece ${index + 1} could also belong to it; give it a fixed count`);
  }
  let notAfter = isIn(first.literal, 0, ALNUM) ? ALNUM : 0;
  for (const piece of pieces) if (!('literal' in piece)) notAfter |= piece.set;
  return { source, prefix: first.literal, pieces: pieces.slice(1), notAfter };
}

function invalid(source: string, why: string): RedactConfigError {
  return new RedactConfigError('REDACT_INVALID_PATTERN', `rule pattern ${JSON.stringify(source)}: ${why}`);
}

function parse(source: string): Piece[] {
  const pieces: Piece[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') pieces.push({ literal });
    literal = '';
  };
  for (let index = 0; index < source.length; index++) {
    const code = source.charCodeAt(index);
    if (code < 32 || code > 126) throw invalid(source, 'only printable ASCII is allowed');
    if (source[index] !== '{') literal += source[index];
    else if (source[index + 1] === '{') {
      literal += '{';
      index++;
    } else {
      const close = source.indexOf('}', index);
      if (close === -1) throw invalid(source, 'a brace is not closed');
      flush();
      pieces.push(parseClass(source, source.slice(index + 1, close)));
      index = close;
    }
  }
  flush();
  return pieces;
}

function parseClass(source: string, body: string): Piece {
  const [name = '', count = '1'] = body.split(':');
  const set = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  if (set === undefined) throw invalid(source, `unknown class ${JSON.stringify(name)}`);
  const match = /^(\d{1,4})(?:(\+)|-(\d{1,4}))?$/.exec(count);
  if (match === null) throw invalid(source, `count ${JSON.stringify(count)} is none of n, n-m, n+`);
  const least = Number(match[1]);
  const most = match[2] !== undefined ? MAX_REPEAT : match[3] !== undefined ? Number(match[3]) : least;
  if (most < least || most === 0 || most > MAX_REPEAT)
    throw invalid(source, `count ${JSON.stringify(count)} is empty or above ${MAX_REPEAT}`);
  return { set, least, most };
}

/** The prefix begins at `start`: follows the pieces. Returns where to go on, or -1. */
export function onPattern(scan: Scan, text: string, start: number, pattern: CompiledPattern, ref: RuleRef): number {
  if (isIn(text, start - 1, pattern.notAfter) || !text.startsWith(pattern.prefix, start)) return -1;
  let index = start + pattern.prefix.length;
  for (const piece of pattern.pieces) {
    if ('literal' in piece) {
      if (!text.startsWith(piece.literal, index)) return -1;
      index += piece.literal.length;
      continue;
    }
    const from = index;
    while (index - from < piece.most && (bits(text, index) & piece.set) !== 0) index++;
    if (index - from < piece.least) return -1;
  }
  if (isIn(text, index - 1, ALNUM) && isIn(text, index, ALNUM)) return -1;
  return addHit(scan, text, start, index, ref);
}
