import type { RuleRef } from './engine.ts';
import { RedactConfigError } from './errors.ts';

/** One segment of a path rule: a name, any one segment, or any number of them. */
export type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'deep' };

export interface PathRuleCompiled {
  readonly source: string;
  readonly segments: readonly Segment[];
  readonly ref: RuleRef;
}

/** A set of path rules as a machine; states are made as they are met and kept. */
export interface CompiledPath {
  readonly start: PathState;
  step(state: PathState, segment: string): PathState;
}

/** Where in each rule a walk has got to. */
export interface PathState {
  /** The most specific rule that matches here. */
  readonly ref: RuleRef | undefined;
  /** No rule can match here or below. */
  readonly dead: boolean;
  readonly positions: readonly (readonly [rule: number, segment: number])[];
  readonly next: Map<string, PathState>;
}

/** Parses `user.cards[*].number`, `headers["x-key"]`, `**.email`. */
export function parsePath(source: string): Segment[] {
  const segments: Segment[] = [];
  const fail = (why: string): never => {
    throw new RedactConfigError('REDACT_INVALID_PATH', `rule path ${JSON.stringify(source)}: ${why}`);
  };
  let index = 0;
  while (index < source.length) {
    if (source[index] === '[') {
      const quote = source[index + 1];
      const quoted = quote === '"' || quote === "'";
      const close = quoted ? source.indexOf(`${quote}]`, index + 2) : source.indexOf(']', index);
      if (close === -1) fail('a bracket is not closed');
      const name = source.slice(index + (quoted ? 2 : 1), close);
      segments.push(!quoted && name === '*' ? { kind: 'any' } : { kind: 'name', name });
      index = close + (quoted ? 2 : 1);
      if (source[index] === '.' && index + 1 < source.length) index++;
      continue;
    }
    let end = index;
    while (end < source.length && source[end] !== '.' && source[end] !== '[') end++;
    const name = source.slice(index, end);
    if (name === '') fail('a segment is empty');
    segments.push(name === '**' ? { kind: 'deep' } : name === '*' ? { kind: 'any' } : { kind: 'name', name });
    index = source[end] === '.' ? end + 1 : end;
    if (source[end] === '.' && index === source.length) fail('a segment is empty');
  }
  if (segments.length === 0) fail('it is empty');
  if (segments.at(-1)?.kind === 'deep') fail('it ends with **, which matches everything');
  return segments;
}

/** True when some path matches both. */
export function pathsOverlap(a: readonly Segment[], b: readonly Segment[], i = 0, j = 0): boolean {
  const first = a[i];
  const second = b[j];
  if (first === undefined && second === undefined) return true;
  if (first?.kind === 'deep')
    return pathsOverlap(a, b, i + 1, j) || (second !== undefined && pathsOverlap(a, b, i, j + 1));
  if (second?.kind === 'deep')
    return pathsOverlap(a, b, i, j + 1) || (first !== undefined && pathsOverlap(a, b, i + 1, j));
  if (first === undefined || second === undefined) return false;
  if (first.kind === 'name' && second.kind === 'name' && first.name !== second.name) return false;
  return pathsOverlap(a, b, i + 1, j + 1);
}

/** More named segments, then fewer `**`, is more specific. */
export function specificity(segments: readonly Segment[]): number {
  let score = 0;
  for (const segment of segments) score += segment.kind === 'name' ? 100 : segment.kind === 'any' ? 1 : 0;
  return score;
}

const MAX_CACHED_SEGMENTS = 1024;

export function compilePaths(rules: readonly PathRuleCompiled[]): CompiledPath {
  const known = new Map<string, PathState>();
  const stateOf = (positions: (readonly [number, number])[]): PathState => {
    const closed = close(rules, positions);
    const id = closed.map(([rule, segment]) => `${rule}:${segment}`).join(' ');
    let state = known.get(id);
    if (state === undefined) {
      state = { ref: bestOf(rules, closed), dead: closed.length === 0, positions: closed, next: new Map() };
      known.set(id, state);
    }
    return state;
  };
  return {
    start: stateOf(rules.map((_, rule) => [rule, 0] as const)),
    step(state, segment) {
      const cached = state.next.get(segment);
      if (cached !== undefined) return cached;
      const moved: (readonly [number, number])[] = [];
      for (const [rule, at] of state.positions) {
        const expected = rules[rule]!.segments[at];
        if (expected === undefined) continue;
        if (expected.kind === 'deep') moved.push([rule, at]);
        else if (expected.kind === 'any' || expected.name === segment) moved.push([rule, at + 1]);
      }
      const result = stateOf(moved);
      if (state.next.size < MAX_CACHED_SEGMENTS) state.next.set(segment, result);
      return result;
    },
  };
}

/** Adds the positions that a `**` reaches without a step. */
function close(
  rules: readonly PathRuleCompiled[],
  positions: (readonly [number, number])[],
): (readonly [number, number])[] {
  const result = new Map<string, readonly [number, number]>();
  for (const [rule, start] of positions) {
    for (let at = start; ; at++) {
      result.set(`${rule}:${at}`, [rule, at]);
      if (rules[rule]!.segments[at]?.kind !== 'deep') break;
    }
  }
  return [...result.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

function bestOf(
  rules: readonly PathRuleCompiled[],
  positions: readonly (readonly [number, number])[],
): RuleRef | undefined {
  let best: PathRuleCompiled | undefined;
  for (const [rule, at] of positions) {
    const candidate = rules[rule]!;
    if (at !== candidate.segments.length) continue;
    if (best === undefined || specificity(candidate.segments) > specificity(best.segments)) best = candidate;
  }
  return best?.ref;
}
