/**
 * Characters of a text that show nothing, or change how the rest is shown: controls, bidirectional controls,
 * zero-width and other ignorable characters (Unicode Technical Report 36, "Unicode Security Considerations"). A sender
 * can hide words with them or turn a text around, so the page shows each by its number.
 */

export type TextPart =
  | { kind: 'text'; text: string }
  /** Hidden characters in a row. `codes` is what is shown of them, `names` says it in words. */
  | { kind: 'hidden'; text: string; codes: string; names: string };

const HIDDEN = /(?![\t\n])[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\uFFF9-\uFFFB]/u;
const EACH_HIDDEN = new RegExp(HIDDEN, 'gu');
/** A run of more is told by its first ones and their number. */
const MAX_CODES = 3;
/** Of one text. What comes after is told in plain text, so that a text of millions of them does not stop the page. */
const MAX_RUNS = 500;

const JOINING =
  /[\p{sc=Arabic}\p{sc=Syriac}\p{sc=Nko}\p{sc=Mongolian}\p{sc=Devanagari}\p{sc=Bengali}\p{sc=Gurmukhi}\p{sc=Gujarati}\p{sc=Oriya}\p{sc=Tamil}\p{sc=Telugu}\p{sc=Kannada}\p{sc=Malayalam}\p{sc=Sinhala}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const BEFORE_JOINER = /[\p{Extended_Pictographic}\p{Emoji_Modifier}]|\uFE0F/u;

const NAMES: Readonly<Record<number, string>> = {
  0: 'null',
  8: 'backspace',
  13: 'carriage return',
  27: 'escape',
  127: 'delete',
  173: 'soft hyphen',
  1564: 'Arabic letter mark',
  8203: 'zero width space',
  8204: 'zero width non-joiner',
  8205: 'zero width joiner',
  8206: 'left-to-right mark',
  8207: 'right-to-left mark',
  8232: 'line separator',
  8233: 'paragraph separator',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'end of embedding or override',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  8288: 'word joiner',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'end of isolate',
  65279: 'byte order mark',
};

/** The parts of a text, whose texts joined are that text. Most texts are one part. */
export function splitHidden(text: string): TextPart[] {
  if (!HIDDEN.test(text)) return text === '' ? [] : [{ kind: 'text', text }];
  const parts: TextPart[] = [];
  let shownTo = 0;
  let runs = 0;
  for (const { from, to } of hiddenRuns(text)) {
    if (runs === MAX_RUNS) {
      parts.push({ kind: 'text', text: visibleText(text.slice(shownTo)) });
      return parts;
    }
    runs += 1;
    if (from > shownTo) parts.push({ kind: 'text', text: text.slice(shownTo, from) });
    parts.push(hiddenPart(text.slice(from, to)));
    shownTo = to;
  }
  if (shownTo < text.length) parts.push({ kind: 'text', text: text.slice(shownTo) });
  return parts;
}

/** The text with `[U+202E]` in the place of hidden characters: for tooltips, titles and labels, which hold text only. */
export function visibleText(text: string): string {
  if (!HIDDEN.test(text)) return text;
  let visible = '';
  let shownTo = 0;
  for (const { from, to } of hiddenRuns(text)) {
    visible += `${text.slice(shownTo, from)}[${codesOf(text.slice(from, to))}]`;
    shownTo = to;
  }
  return visible + text.slice(shownTo);
}

/** `U+202E (right-to-left override), U+200B (zero width space) +2`, undefined where there are none. */
export function hiddenIn(text: string): string | undefined {
  if (!HIDDEN.test(text)) return undefined;
  const codes = new Set<number>();
  for (const { from, to } of hiddenRuns(text)) {
    for (const character of text.slice(from, to)) codes.add(character.codePointAt(0) ?? 0);
  }
  const told = [...codes].slice(0, MAX_CODES).map((code) => `${codeOf(code)} (${nameOf(code)})`);
  if (told.length === 0) return undefined;
  return `${told.join(', ')}${codes.size > MAX_CODES ? ` +${codes.size - MAX_CODES}` : ''}`;
}

function* hiddenRuns(text: string): Generator<{ from: number; to: number }> {
  let run: { from: number; to: number } | undefined;
  for (const { 0: character, index } of text.matchAll(EACH_HIDDEN)) {
    if (isWanted(text, character, index)) continue;
    if (run?.to === index) {
      run.to = index + character.length;
      continue;
    }
    if (run) yield run;
    run = { from: index, to: index + character.length };
  }
  if (run) yield run;
}

/** Whether the writing itself needs the character where it stands: between joined letters, in an emoji, in CRLF. */
function isWanted(text: string, character: string, index: number): boolean {
  const code = character.codePointAt(0) ?? 0;
  const before = lastCharacter(text, index);
  const after = String.fromCodePoint(text.codePointAt(index + character.length) ?? 0);
  if (code === 0x0d) return after === '\n';
  if (code === 0x200c) return JOINING.test(before) && JOINING.test(after);
  if (code === 0x200d) {
    return (
      (JOINING.test(before) && JOINING.test(after)) ||
      (BEFORE_JOINER.test(before) && /\p{Extended_Pictographic}/u.test(after))
    );
  }
  if (code >= 0xfe00 && code <= 0xfe0f) return /[\p{Emoji}\p{L}\p{Sm}]/u.test(before);
  if (code >= 0xe0100 && code <= 0xe01ef) return /\p{Ideographic}/u.test(before);
  return false;
}

function lastCharacter(text: string, end: number): string {
  const isPair = /[\uDC00-\uDFFF]/.test(text.charAt(end - 1));
  return String.fromCodePoint(text.codePointAt(end - (isPair ? 2 : 1)) ?? 0);
}

function hiddenPart(text: string): TextPart {
  const codes = [...new Set([...text].map((character) => character.codePointAt(0) ?? 0))];
  const names = codes.slice(0, MAX_CODES).map(nameOf);
  return { kind: 'hidden', text, codes: codesOf(text), names: [...new Set(names)].join(', ') };
}

/** `U+202E`, `U+202E U+2066`, `U+200B ×3`, `U+200B U+200C U+200D +7`. */
function codesOf(text: string): string {
  const characters = [...text];
  const codes = characters.map((character) => codeOf(character.codePointAt(0) ?? 0));
  const [first] = codes;
  if (codes.length > 1 && codes.every((code) => code === first)) return `${first} ×${codes.length}`;
  const shown = codes.slice(0, MAX_CODES).join(' ');
  return codes.length > MAX_CODES ? `${shown} +${codes.length - MAX_CODES}` : shown;
}

function nameOf(code: number): string {
  return NAMES[code] ?? (code < 0xa0 ? 'control' : 'invisible');
}

function codeOf(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
