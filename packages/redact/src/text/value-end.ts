import { ALNUM, bits, DASH, DIGIT, DOT, isIn, QUOTE, SPACE, skip, UNDERSCORE, UPPER } from './chars.ts';
import { markerEnd } from './marker.ts';

/** End of a quoted value: the same quote behind the same number of backslashes, or the end of the line or text. */
export function quotedEnd(text: string, quoteIndex: number, slashes: number, json: boolean, limit: number): number {
  const quote = text.charCodeAt(quoteIndex);
  const end = Math.min(limit, text.length);
  const period = slashes === 0 ? 2 : slashes + 1;
  let run = 0;
  for (let index = quoteIndex + 1; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === 92) {
      run++;
      continue;
    }
    if (code === quote && run % (slashes === 0 ? period : 2 * period) === slashes % (2 * period))
      return index - slashes;
    // A quote of an outer level ends everything inside it.
    if (code === quote && (run < slashes || (slashes > 0 && (run & 1) === 0))) return index - run;
    if (json && code === 34 && (run & 1) === 0) return index - run;
    if (code === 10) return index;
    run = 0;
  }
  return end;
}

/** End of a JSON object or array, strings respected; the end of the text, or of the string around it, when it is cut off. */
export function balancedEnd(text: string, start: number, bare: boolean): number {
  let depth = 0;
  let inString = false;
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 92 && (bare ? inString : text.charCodeAt(index + 1) !== 34)) index++;
    else if (code === 34 && !bare && text.charCodeAt(index - 1) !== 92) return index;
    else if (code === 34) inString = !inString;
    else if (inString) continue;
    else if (code === 123 || code === 91) depth++;
    else if (code === 125 || code === 93) {
      depth--;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}

/** End of a value without quotes: white space, quote, `& ; < >`, or a bracket or comma that ends something. */
export function bareEnd(text: string, start: number, assigned: boolean): number {
  const end = text.length;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    const marker = code === 91 ? markerEnd(text, index) : -1;
    if (marker !== -1) return index === start ? marker : trimEnd(text, start, index);
    if (isIn(text, index, SPACE | QUOTE) || code === 38 || code === 59 || code === 60 || code === 62)
      return trimEnd(text, start, index);
    if (code === 44 && (!isIn(text, index + 1, ALNUM) || startsPair(text, index + 1) || !assigned))
      return trimEnd(text, start, index);
    if ((code === 41 || code === 93 || code === 125) && !isIn(text, index + 1, ALNUM))
      return trimEnd(text, start, index);
    if (code === 92 && isEscapedBreak(text, index)) return trimEnd(text, start, index);
    if (code === 0x2028 || code === 0x2029 || code === 0xa0) return index;
  }
  return trimEnd(text, start, end);
}

function isEscapedBreak(text: string, index: number): boolean {
  const next = text.charCodeAt(index + 1);
  return next === 110 || next === 114 || next === 116 || next === 34 || next === 39;
}

/** The backslash of a closing `\"` and the full stop of a sentence are not part of the value. */
function trimEnd(text: string, start: number, end: number): number {
  let index = end;
  while (index > start && text.charCodeAt(index - 1) === 92) index--;
  if (index - 1 > start && text.charCodeAt(index - 1) === 46) index--;
  return index;
}

/** `name=` or `name:` within 32 characters */
export function startsPair(text: string, index: number): boolean {
  const end = skip(text, index, ALNUM | UNDERSCORE | DASH | DOT | SPACE, index + 32);
  const code = text.charCodeAt(end);
  return code === 61 || code === 58 || (code === 34 && text.charCodeAt(end + 1) === 58);
}

/** End of a number written in groups: digits, letters of ids, and single spaces, dashes, dots, slashes, brackets. */
export function numberEnd(text: string, start: number, loose: boolean): number {
  let index = start;
  let end = start;
  while (index < text.length && index - start < 48) {
    const code = text.charCodeAt(index);
    const kind = bits(text, index);
    if ((kind & DIGIT) !== 0 || (!loose && (kind & UPPER) !== 0)) end = index + 1;
    else if (loose && (kind & UPPER) !== 0 && index - start < 2) end = index + 1;
    else if (code === 32 || code === 45 || code === 46 || code === 47 || code === 40 || code === 41 || code === 43) {
      if (code === 32 && text.charCodeAt(index + 1) === 32) break;
    } else break;
    index++;
  }
  return end;
}
