import { DETECTORS } from './data/detectors.ts';
import type { CompiledKey, RuleRef } from './engine.ts';
import { RedactConfigError } from './errors.ts';
import {
  type CompiledPath,
  compilePaths,
  type PathRuleCompiled,
  parsePath,
  pathsOverlap,
  specificity,
} from './path.ts';
import { type CompiledPattern, compilePattern } from './text/pattern.ts';
import type { Action, DetectorName, Rule } from './types.ts';

const ACTIONS: readonly Action[] = ['mask', 'drop', 'last4', 'pseudonym', 'keep'];

/** Rules of yours, checked. */
export interface CompiledRules {
  readonly keys: readonly (readonly [term: string, key: CompiledKey])[];
  readonly patterns: readonly { readonly pattern: CompiledPattern; readonly ref: RuleRef }[];
  readonly paths: CompiledPath | undefined;
  readonly detectors: ReadonlyMap<DetectorName, Action>;
  /** Every action asked for. */
  readonly actions: readonly Action[];
}

/**
 * Checks and compiles rules. Two rules of one kind that can match the same thing with different actions, neither being
 * more specific, are refused: which would win must never depend on their order.
 */
export function compileRules(rules: readonly Rule[]): CompiledRules {
  const keys = new Map<string, CompiledKey>();
  const patterns = new Map<string, { pattern: CompiledPattern; ref: RuleRef }>();
  const paths: PathRuleCompiled[] = [];
  const detectors = new Map<DetectorName, Action>();
  for (const [index, rule] of rules.entries()) {
    const kind = kindOf(rule, index);
    if (!ACTIONS.includes(rule.action))
      throw invalid(`rules[${index}].action must be one of ${ACTIONS.join(', ')}, not ${JSON.stringify(rule.action)}`);
    const label = 'name' in rule && rule.name !== undefined ? { label: rule.name } : {};
    const ref: RuleRef = { detector: 'custom', rule: `custom/${nameOf(rule, index)}`, action: rule.action, ...label };
    if (kind === 'key' && 'key' in rule) {
      const term = termOf(rule.key, index);
      refuseOther(keys.get(term.replaceAll(' ', '')), ref, `key ${JSON.stringify(rule.key)}`);
      keys.set(term.replaceAll(' ', ''), {
        ...ref,
        strength: 'strong',
        glued: false,
        whole: true,
        ...{ term },
      } as CompiledKey & { term: string });
    } else if (kind === 'pattern' && 'pattern' in rule) {
      const pattern = compilePattern(rule.pattern);
      refuseOther(patterns.get(pattern.prefix)?.ref, ref, `patterns that begin with ${JSON.stringify(pattern.prefix)}`);
      patterns.set(pattern.prefix === rule.pattern ? rule.pattern : `${pattern.prefix}`, { pattern, ref });
    } else if (kind === 'path' && 'path' in rule) {
      const compiled = { source: rule.path, segments: parsePath(rule.path), ref };
      for (const other of paths) refuseOverlap(other, compiled);
      paths.push(compiled);
    } else if ('detector' in rule) {
      if (!DETECTORS.some((known) => known.name === rule.detector))
        throw invalid(`rules[${index}].detector ${JSON.stringify(rule.detector)} is unknown`);
      const known = detectors.get(rule.detector);
      if (known !== undefined && known !== rule.action)
        throw ambiguous(`detector ${rule.detector} has actions ${known} and ${rule.action}`);
      detectors.set(rule.detector, rule.action);
    }
  }
  return {
    keys: [...keys.values()].map((key) => [(key as CompiledKey & { term: string }).term, key] as const),
    patterns: [...patterns.values()],
    paths: paths.length === 0 ? undefined : compilePaths(paths),
    detectors,
    actions: rules.map((rule) => rule.action),
  };
}

function invalid(message: string): RedactConfigError {
  return new RedactConfigError('REDACT_INVALID_OPTION', message);
}

function ambiguous(message: string): RedactConfigError {
  return new RedactConfigError('REDACT_AMBIGUOUS_RULES', message);
}

function kindOf(rule: Rule, index: number): 'key' | 'path' | 'pattern' | 'detector' {
  const kinds = (['key', 'path', 'pattern', 'detector'] as const).filter(
    (kind) => rule !== null && typeof rule === 'object' && kind in rule,
  );
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1)
    throw invalid(`rules[${index}] must have exactly one of key, path, pattern, detector`);
  if (typeof (rule as unknown as Record<string, unknown>)[kind] !== 'string')
    throw invalid(`rules[${index}].${kind} must be a string`);
  return kind;
}

function nameOf(rule: Rule, index: number): string {
  const name = 'name' in rule ? rule.name : undefined;
  if (name === undefined)
    return 'key' in rule ? rule.key : 'path' in rule ? rule.path : 'pattern' in rule ? rule.pattern : 'detector';
  if (!/^[a-z][a-z-]{0,31}$/.test(name))
    throw invalid(`rules[${index}].name ${JSON.stringify(name)} must be 1 to 32 of a-z and -`);
  return name;
}

/** `customerRef`, `Customer-Ref` and `customer ref` are one term. */
function termOf(key: string, index: number): string {
  const words = key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[ _.-]+/)
    .filter((word) => word !== '');
  if (words.length === 0 || words.length > 8 || !words.every((word) => /^[a-z0-9]+$/.test(word))) {
    throw invalid(`rules[${index}].key ${JSON.stringify(key)} must be one to eight words of letters and digits`);
  }
  return words.join(' ');
}

function refuseOther(known: RuleRef | undefined, added: RuleRef, what: string): void {
  if (known !== undefined && known.action !== added.action)
    throw ambiguous(`${what} has actions ${known.action} and ${added.action}`);
}

function refuseOverlap(a: PathRuleCompiled, b: PathRuleCompiled): void {
  if (
    a.ref.action === b.ref.action ||
    specificity(a.segments) !== specificity(b.segments) ||
    !pathsOverlap(a.segments, b.segments)
  )
    return;
  throw ambiguous(
    `paths ${JSON.stringify(a.source)} (${a.ref.action}) and ${JSON.stringify(b.source)} (${b.ref.action}) match the same places`,
  );
}
