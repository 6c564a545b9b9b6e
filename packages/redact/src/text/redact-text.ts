import { createScan, type Engine, type Hit, type RuleRef, resetScan, type Scan } from '../engine.ts';
import { applyHits } from '../replace.ts';
import type { Finding } from '../types.ts';
import { addBase64Hits } from './base64.ts';
import { DIGIT, isIn, UPPER } from './chars.ts';
import { escapeControls } from './injection.ts';
import { BUDGET_MARKER } from './marker.ts';
import { scanText } from './scan.ts';
import { addViewHits } from './view.ts';

/** Rounds until a text no longer changes. Two are usual; a text that still changes after these is masked whole. */
const MAX_ROUNDS = 6;

export const BUDGET_REF: RuleRef = { detector: 'budget', rule: 'budget', action: 'mask' };

/** What one pass found. */
export interface Findings {
  readonly hits: readonly Hit[];
  readonly controls: boolean;
}

const CLEAN: Findings = { hits: [], controls: false };

/** Reused, so that a clean text allocates nothing; no code of the caller runs during a pass. */
let scratch: Scan | undefined;

/** One pass: the text itself, its escapes decoded, and one level of base64. Nothing is allocated for a clean text. */
export function findIn(engine: Engine, text: string): Findings {
  scratch ??= createScan(engine);
  const scan = scratch;
  resetScan(scan, engine);
  scanText(text, scan);
  if (scan.escapes) addViewHits(scan, text);
  addBase64Hits(scan, text);
  if (scan.hits === undefined) return scan.controls ? { hits: [], controls: true } : CLEAN;
  return { hits: merge(scan.hits), controls: scan.controls };
}

/** In order, without overlaps: overlapping hits become one, named after the one that begins first. */
function merge(hits: Hit[]): Hit[] {
  hits.sort((a, b) => a.start - b.start || b.end - a.end);
  const result: Hit[] = [];
  for (const hit of hits) {
    const last = result.at(-1);
    if (last !== undefined && hit.start < last.end) last.end = Math.max(last.end, hit.end);
    else result.push(hit);
  }
  return result;
}

/**
 * The text redacted until another pass would change nothing, which makes redaction idempotent by construction. Text
 * past `budget` UTF-8 bytes is masked unread, cut at white space so that no secret is halved.
 */
export function redactText(
  engine: Engine,
  text: string,
  budget: number,
  keepLineBreaks: boolean,
  onHit?: (ref: RuleRef, at: number, encoding: Finding['encoding']) => void,
): string {
  let current = text;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const fitting = cut(current, budget);
    const { hits, controls } = findIn(engine, fitting);
    if (onHit !== undefined && round === 0) {
      for (const hit of hits) onHit(hit.ref, hit.start, hit.encoding);
      if (fitting.length !== current.length) onHit(BUDGET_REF, fitting.length, undefined);
    }
    let result = hits.length === 0 ? fitting : applyHits(engine, fitting, hits);
    if (controls) result = escapeControls(result, keepLineBreaks);
    if (fitting.length !== current.length) result += BUDGET_MARKER;
    if (result === current) return current;
    if (hits.length === 0 && !controls && fitting.length === current.length) return current;
    current = result;
  }
  return BUDGET_MARKER;
}

/** The longest beginning of the text that fits the budget with its marker, ending at white space where there is some. */
function cut(text: string, budget: number): string {
  if (text.length * 3 <= budget) return text;
  if (text.length <= budget && Buffer.byteLength(text) <= budget) return text;
  let bytes = BUDGET_MARKER.length;
  let end = 0;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
    if (bytes > budget) break;
  }
  for (let index = end; index > 0 && end - index < 1024; index--) {
    // Behind a digit or capital the white space may lie within a card number or an IBAN.
    if (text.charCodeAt(index) <= 32 && !isIn(text, index - 1, DIGIT | UPPER)) return text.slice(0, index + 1);
  }
  return text.slice(0, Math.max(0, end - 1024));
}
