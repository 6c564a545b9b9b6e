import { createScan, type Scan } from '../engine.ts';
import { BASE64, BASE64URL, EQUALS, skip, table } from './chars.ts';
import { scanText } from './scan.ts';
import { addViewHits } from './view.ts';

/** Shorter runs cannot hold a secret worth the work. */
const MIN_RUN = 24;
const SET: number = BASE64 | BASE64URL;

/**
 * Looks one level into base64. Runs are found by looking at every 24th character only; a run is decoded when its first
 * twelve bytes are printable, which hashes, ids and paths fail.
 */
export function addBase64Hits(scan: Scan, text: string): void {
  let probe = MIN_RUN - 1;
  let from = 0;
  while (probe < text.length) {
    let start = probe + 1;
    while (start > from) {
      const code = text.charCodeAt(start - 1);
      if (code > 127 || (table[code]! & SET) === 0) break;
      start--;
    }
    if (probe - start < MIN_RUN - 1) {
      from = start;
      probe = start + MIN_RUN - 1;
      continue;
    }
    const end = skip(text, probe, SET, text.length);
    if (isPrintableStart(text, start)) inspect(scan, text, start, skip(text, end, EQUALS, end + 2));
    from = end;
    probe = end + MIN_RUN;
  }
}

function sextet(code: number): number {
  if (code >= 65 && code <= 90) return code - 65;
  if (code >= 97 && code <= 122) return code - 71;
  if (code >= 48 && code <= 57) return code + 4;
  return code === 43 || code === 45 ? 62 : 63;
}

function isPrintableStart(text: string, start: number): boolean {
  for (let index = start; index < start + 16; index += 4) {
    const bits =
      (sextet(text.charCodeAt(index)) << 18) |
      (sextet(text.charCodeAt(index + 1)) << 12) |
      (sextet(text.charCodeAt(index + 2)) << 6) |
      sextet(text.charCodeAt(index + 3));
    if (!isPrintable(bits >> 16) || !isPrintable((bits >> 8) & 255) || !isPrintable(bits & 255)) return false;
  }
  return true;
}

function isPrintable(byte: number): boolean {
  return (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9;
}

function inspect(scan: Scan, text: string, start: number, end: number): void {
  const inner = createScan(scan.engine);
  const decoded = Buffer.from(text.slice(start, end), 'base64').toString('latin1');
  scanText(decoded, inner);
  if (inner.escapes) addViewHits(inner, decoded);
  const first = inner.hits?.[0];
  if (first === undefined) return;
  scan.hits ??= [];
  scan.hits.push({ start, end, ref: first.ref, encoding: 'base64' });
}
