import { createScan, isJsonScan, type Scan } from '../engine.ts';
import { DIGIT, HEX_LETTER, isIn } from './chars.ts';
import { scanText } from './scan.ts';

const ENTITIES: readonly (readonly [name: string, char: string])[] = [
  ['quot;', '"'],
  ['amp;', '&'],
  ['lt;', '<'],
  ['gt;', '>'],
  ['apos;', "'"],
  ['nbsp;', ' '],
  ['commat;', '@'],
  ['colon;', ':'],
  ['equals;', '='],
];

/** A decoded text and, for each of its characters, where in the source it begins; one more entry for the end. */
interface View {
  readonly text: string;
  readonly starts: Int32Array;
}

/** Scans the text with one level of percent, HTML and backslash escapes decoded, and adds what is found there. */
export function addViewHits(scan: Scan, text: string): void {
  const json = isJsonScan(scan, text);
  const view = decode(text, json);
  const inner = createScan(scan.engine);
  inner.json = json;
  scanText(view.text, inner);
  if (inner.hits === undefined) return;
  scan.hits ??= [];
  for (const hit of inner.hits) {
    scan.hits.push({ start: view.starts[hit.start]!, end: view.starts[hit.end]!, ref: hit.ref, encoding: 'escaped' });
  }
}

/** In JSON, quotes that were escaped become `'`, so that a bare `"` still ends a string. */
function decode(text: string, json: boolean): View {
  const starts = new Int32Array(text.length + 1);
  const codes = new Uint16Array(text.length);
  let length = 0;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    const size = code === 37 || code === 38 || code === 92 ? escapeSize(text, index, code) : 0;
    starts[length] = index;
    if (size === 0) {
      codes[length++] = code;
      index++;
      continue;
    }
    const decoded = decodedCode(text, index, size, code);
    codes[length++] = json && decoded === 34 ? 39 : decoded;
    index += size;
  }
  starts[length] = text.length;
  return { text: Buffer.from(codes.buffer, 0, length * 2).toString('utf16le'), starts };
}

function isHex(text: string, from: number, count: number): boolean {
  for (let index = from; index < from + count; index++) if (!isIn(text, index, DIGIT | HEX_LETTER)) return false;
  return true;
}

/** Length of the escape that begins at `index`, or 0. */
function escapeSize(text: string, index: number, code: number): number {
  if (code === 37) return isHex(text, index + 1, 2) ? 3 : 0;
  if (code === 92) {
    const next = text.charCodeAt(index + 1);
    if (next === 117) return isHex(text, index + 2, 4) ? 6 : 0;
    return next === 120 && isHex(text, index + 2, 2) ? 4 : 0;
  }
  if (text.charCodeAt(index + 1) === 35) {
    const semicolon = nearSemicolon(text, index);
    return semicolon > index + 2 && semicolon - index <= 8 && referenceValue(text, index, semicolon) > 0
      ? semicolon + 1 - index
      : 0;
  }
  const entity = ENTITIES.find(([name]) => text.startsWith(name, index + 1));
  return entity === undefined ? 0 : entity[0].length + 1;
}

/** The number in `&#64;` or `&#x40;`, or 0. */
function referenceValue(text: string, index: number, semicolon: number): number {
  const hex = text.charCodeAt(index + 2) === 120 || text.charCodeAt(index + 2) === 88;
  const start = hex ? index + 3 : index + 2;
  let value = 0;
  for (let at = start; at < semicolon; at++) {
    if (!isIn(text, at, hex ? DIGIT | HEX_LETTER : DIGIT)) return 0;
    value = value * (hex ? 16 : 10) + Number.parseInt(text[at]!, 16);
  }
  return start < semicolon && value < 0x10000 ? value : 0;
}

/** One UTF-16 code unit, so that positions map one to one. */
function decodedCode(text: string, index: number, size: number, code: number): number {
  if (code === 37) return hexValue(text, index + 1, 2);
  if (code === 92) return hexValue(text, index + 2, size - 2);
  if (text.charCodeAt(index + 1) === 35) return referenceValue(text, index, index + size - 1);
  return ENTITIES.find(([name]) => text.startsWith(name, index + 1))![1].charCodeAt(0);
}

function hexValue(text: string, from: number, count: number): number {
  let value = 0;
  for (let index = from; index < from + count; index++) {
    const code = text.charCodeAt(index);
    value = value * 16 + (code < 58 ? code - 48 : (code | 32) - 87);
  }
  return value;
}

/** The `;` within eight characters, or -1. */
function nearSemicolon(text: string, index: number): number {
  for (let at = index + 3; at <= index + 8; at++) if (text.charCodeAt(at) === 59) return at;
  return -1;
}
