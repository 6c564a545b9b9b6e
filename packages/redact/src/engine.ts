import type { Strength } from './data/keys.ts';
import type { TokenFormat } from './data/tokens.ts';
import type { CompiledPath } from './path.ts';
import type { Automaton } from './text/automaton.ts';
import { DIGIT, isIn, SPACE, skip } from './text/chars.ts';
import type { CompiledPattern } from './text/pattern.ts';
import type { Action, DetectorName, Finding } from './types.ts';

/** What a hit is reported as. */
export interface RuleRef {
  readonly detector: Finding['detector'];
  readonly rule: string;
  readonly action: Action;
  /** Name in markers, when it is not the detector's. */
  readonly label?: string;
}

export interface CompiledKey extends RuleRef {
  readonly strength: Strength;
  readonly glued: boolean;
  /** The whole name must be this term, not only its end. */
  readonly whole: boolean;
}

export type Trigger =
  | 'digit'
  | 'at'
  | 'plus'
  | 'control'
  | 'percent'
  | 'entity'
  | 'backslash'
  | 'scheme'
  | 'pem'
  | 'jwt'
  | 'marker'
  | 'ipv6';

/** One literal of the automaton. */
export type Literal =
  | { readonly kind: 'trigger'; readonly trigger: Trigger }
  | { readonly kind: 'key'; readonly length: number; readonly key: CompiledKey }
  | { readonly kind: 'scheme'; readonly length: number; readonly key: CompiledKey }
  | { readonly kind: 'token'; readonly format: TokenFormat; readonly ref: RuleRef }
  | { readonly kind: 'pattern'; readonly pattern: CompiledPattern; readonly ref: RuleRef };

/** A compiled set of options: immutable, shared by every call of one redactor. */
export interface Engine {
  readonly automaton: Automaton<Literal>;
  /** Detectors that are on. */
  readonly actions: ReadonlyMap<DetectorName, Action>;
  /** References made so far, by rule. */
  readonly refs: Map<string, RuleRef>;
  readonly paths: CompiledPath | undefined;
  /** No rule takes a plain word or a UUID by what it is. */
  readonly leavesWords: boolean;
  readonly keepLineBreaks: boolean;
  readonly maxBytes: number;
  readonly maxDepth: number;
  readonly maxNodes: number;
  /** Digests a value under the key of that id; undefined when no keys were given. */
  readonly pseudonym: ((detector: string, value: string, keyId?: string) => string) | undefined;
  readonly pseudonymKeyIds: readonly string[];
}

/** One match in a text. */
export interface Hit {
  start: number;
  end: number;
  readonly ref: RuleRef;
  encoding: Finding['encoding'];
}

/** The state of one pass over one text. */
export interface Scan {
  engine: Engine;
  hits: Hit[] | undefined;
  /** End of the last hit or of the last exempted region: no hit begins before it. */
  floor: number;
  /** End of the last card number, for the security code that may follow it. */
  cardEnd: number;
  /** End of the last bare value that a medium name refused. */
  plainEnd: number;
  /** End of the last bare value that a weak name refused. */
  dullEnd: number;
  /** Percent, HTML or backslash escapes were seen: a decoded view is worth a pass. */
  escapes: boolean;
  /** Control characters were seen. */
  controls: boolean;
  /** Whether the text begins as JSON does; undefined until somebody asks. */
  json: boolean | undefined;
  /** Per character set: where the last run measured begins and ends, so that no run is measured twice. */
  readonly runs: Int32Array;
  runsUsed: boolean;
}

export function createScan(engine: Engine): Scan {
  return {
    engine,
    hits: undefined,
    floor: 0,
    cardEnd: -1,
    plainEnd: 0,
    dullEnd: 0,
    escapes: false,
    controls: false,
    json: undefined,
    runs: new Int32Array(18).fill(-1),
    runsUsed: false,
  };
}

/** Makes a scan ready for another text. */
export function resetScan(scan: Scan, engine: Engine): void {
  scan.engine = engine;
  scan.hits = undefined;
  scan.floor = 0;
  scan.cardEnd = -1;
  scan.plainEnd = 0;
  scan.dullEnd = 0;
  scan.escapes = false;
  scan.controls = false;
  scan.json = undefined;
  if (scan.runsUsed) scan.runs.fill(-1);
  scan.runsUsed = false;
}

/** True when a bare `"` in the text only ever opens or closes a JSON string. */
export function isJsonScan(scan: Scan, text: string): boolean {
  scan.json ??= startsAsJson(text);
  return scan.json;
}

/** True when the text begins with brackets and then with what JSON allows there. */
export function startsAsJson(text: string): boolean {
  let index = skip(text, 0, SPACE, 64);
  const first = text.charCodeAt(index);
  if (first !== 123 && first !== 91) return false;
  let last = first;
  for (let code = first; index < 64 && (code === 123 || code === 91); code = text.charCodeAt(index)) {
    last = code;
    index = skip(text, index + 1, SPACE, index + 64);
  }
  const char = text.charAt(index);
  return char === '"' || char === '}' || (last === 91 && (isIn(text, index, DIGIT) || '-tfn]'.includes(char)));
}

/** End of the run of characters of a set that holds `from`; `slot` numbers the set. Amortised constant. */
export function runEnd(scan: Scan, text: string, from: number, set: number, slot: number): number {
  const { runs } = scan;
  if (from >= runs[slot * 2]! && from < runs[slot * 2 + 1]!) return runs[slot * 2 + 1]!;
  const end = skip(text, from, set, text.length);
  scan.runsUsed = true;
  runs[slot * 2] = from;
  runs[slot * 2 + 1] = end;
  return end;
}

/**
 * Records a match of a built-in detector that is on, and keeps it from cutting a backslash escape in two, which would
 * make JSON text invalid. Returns where to go on.
 */
export function addHit(scan: Scan, text: string, start: number, end: number, ref: RuleRef): number {
  const from = Math.max(scan.floor, afterEscape(text, start));
  const to = beforeEscape(text, end);
  if (to > from) {
    scan.floor = to;
    if (ref.action !== 'keep') {
      scan.hits ??= [];
      scan.hits.push({ start: from, end: to, ref, encoding: undefined });
    }
  }
  return end;
}

/** The reference of a rule of a detector, or undefined when the detector is off. */
export function refOf(scan: Scan, detector: DetectorName, rule: string): RuleRef | undefined {
  const action = scan.engine.actions.get(detector);
  if (action === undefined) return undefined;
  let ref = scan.engine.refs.get(rule);
  if (ref === undefined) {
    ref = { detector, rule, action };
    scan.engine.refs.set(rule, ref);
  }
  return ref;
}

function oddBackslashes(text: string, index: number): boolean {
  let count = 0;
  while (index - count > 0 && text.charCodeAt(index - count - 1) === 92 && count < 256) count++;
  return (count & 1) === 1;
}

/** First index at or after `index` that is not inside a backslash escape. */
function afterEscape(text: string, index: number): number {
  if (index > 0 && text.charCodeAt(index - 1) === 92 && oddBackslashes(text, index)) {
    return text.charCodeAt(index) === 117 ? index + 5 : index + 1;
  }
  const sequence = unicodeEscapeAround(text, index);
  return sequence === -1 ? index : sequence + 6;
}

/** Last index at or before `index` that is not inside a backslash escape. */
function beforeEscape(text: string, index: number): number {
  if (index > 0 && text.charCodeAt(index - 1) === 92 && oddBackslashes(text, index)) return index - 1;
  return unicodeEscapeAround(text, index) === -1 ? index : unicodeEscapeAround(text, index);
}

/** Start of a `\uXXXX` that holds `index` strictly inside, or -1. */
function unicodeEscapeAround(text: string, index: number): number {
  for (let start = index - 2; start > index - 6 && start >= 0; start--) {
    if (text.charCodeAt(start) === 92) {
      return text.charCodeAt(start + 1) === 117 && oddBackslashes(text, start + 1) ? start : -1;
    }
  }
  return -1;
}
