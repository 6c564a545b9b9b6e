import { firstWordOf, readPath } from './inspect.ts';
import { OptionError } from './misuse.ts';
import { checkOptions, either, flag, type Rule as OptionRule, oneOf, record, text, whole } from './options.ts';
import type { Conditions, Expected, Rule, RulePack, VerdictChanges } from './pack.ts';
import type { ReasonData } from './reasons.ts';
import { CATEGORIES, STRENGTHS, type Strength } from './taxonomy.ts';

/** One value of a thrown value's chain, with what rules look at most read once. */
export interface Facts {
  readonly value: unknown;
  readonly name: string | undefined;
  readonly className: string | undefined;
  readonly status: number | undefined;
}

/** Decides whether a condition on one path holds. */
interface Check {
  readonly key: string;
  readonly path: readonly string[];
  readonly exact: ReadonlySet<unknown>;
  readonly prefixes: readonly string[];
}

/** A rule ready to be applied. */
export interface CompiledRule {
  readonly id: string;
  readonly domain: string;
  readonly reason: string;
  readonly data: ReasonData;
  readonly but: VerdictChanges;
  readonly strength: Strength;
  /** Among the values of a chain the higher wins: strength first, then the number of conditions. */
  readonly score: number;
  /** Among the rules for one value the higher wins. A known message with a class name is more specific than the class name alone, though weaker evidence. */
  readonly rank: number;
  readonly checks: readonly Check[];
  readonly markers: readonly (readonly Check[])[];
  readonly code: string | undefined;
  readonly codePath: readonly string[] | undefined;
}

interface Bucket {
  readonly key: string;
  readonly exact: Map<unknown, CompiledRule[]>;
  readonly prefixes: Map<number, Map<string, CompiledRule[]>>;
}

/** All rules, found by the value of the first key each has in `PRIMARY_KEYS`. */
export interface RuleIndex {
  readonly buckets: readonly Bucket[];
  /** User rules without such a key: looked at one by one. */
  readonly others: readonly CompiledRule[];
}

/** Keys by which rules are found, in order of preference. */
export const PRIMARY_KEYS: readonly string[] = [
  'code',
  'errcode',
  'errorCode',
  'sqlState',
  'number',
  'type',
  'word',
  'status',
  'message',
  'name',
  'errno',
];

const SPECIAL = ['name', 'status', 'word'];
const RULE: Readonly<Record<keyof Rule, OptionRule>> = {
  when: record,
  is: text,
  but: record,
  code: text,
  codeAt: text,
};
const CHANGES: Readonly<Record<keyof VerdictChanges, OptionRule>> = {
  category: oneOf(...CATEGORIES),
  retryable: flag,
  outcome: oneOf('not-applied', 'rolled-back', 'unknown'),
  unit: oneOf('request', 'transaction', 'commit'),
  httpStatus: either(whole(400, 599), oneOf('same')),
  alert: flag,
  countsForBreaker: flag,
  cancelled: flag,
  exposeMessage: flag,
  confidence: oneOf('high', 'medium', 'low'),
};

/** Compiles a pack's rules. Throws `OptionError` naming the rule for a mistake in it. `forced` overrides the strength. */
export function compilePack(
  pack: RulePack,
  reasons: Readonly<Record<string, ReasonData>>,
  forced?: Strength,
): CompiledRule[] {
  const markers = (pack.markers ?? []).map((marker) => toChecks(marker, `${pack.domain}.markers`));
  return pack.rules.map((rule, index) =>
    compileRule(rule, pack, markers, reasons, `${pack.domain}.rules[${index}]`, forced),
  );
}

function compileRule(
  rule: Rule,
  pack: RulePack,
  markers: readonly (readonly Check[])[],
  reasons: Readonly<Record<string, ReasonData>>,
  at: string,
  forced: Strength | undefined,
): CompiledRule {
  checkOptions(at, rule, RULE, ['when', 'is']);
  const data = Object.hasOwn(reasons, rule.is) ? reasons[rule.is] : undefined;
  if (data === undefined) throw new OptionError(`${at}.is`, rule.is, 'the name of a reason');
  if (rule.but !== undefined) checkOptions(`${at}.but`, rule.but, CHANGES);
  const checks = toChecks(rule.when, `${at}.when`);
  const strength = forced ?? strengthOf(checks, pack);
  const score = STRENGTHS.indexOf(strength) * 100 + checks.length * 2 + (markers.length > 0 ? 1 : 0);
  return {
    id: `${pack.domain}/${rule.is}`,
    domain: pack.domain,
    reason: rule.is,
    data,
    but: rule.but ?? {},
    strength,
    score,
    rank: strength === 'known-message' ? score + 100 : score,
    checks,
    markers,
    code: rule.code,
    codePath: rule.codeAt?.split('.') ?? codePathOf(checks, strength),
  };
}

function toChecks(conditions: Conditions, at: string): Check[] {
  if (typeof conditions !== 'object' || conditions === null) throw new OptionError(at, conditions, 'conditions');
  const entries = Object.entries(conditions);
  if (entries.length === 0) throw new OptionError(at, conditions, 'at least one condition');
  return entries.map(([key, expected]) => {
    const list = (Array.isArray(expected) ? expected : [expected]) as readonly Expected[];
    for (const value of list) {
      if (!['string', 'number', 'boolean'].includes(typeof value)) {
        throw new OptionError(`${at}.${key}`, value, 'a string, a number, a boolean, or a list of them');
      }
    }
    const isPrefix = (value: Expected): value is string => typeof value === 'string' && value.endsWith('*');
    return {
      key,
      path: key.split('.'),
      exact: new Set(list.filter((value) => !isPrefix(value))),
      prefixes: list.filter(isPrefix).map((value) => value.slice(0, -1)),
    };
  });
}

function strengthOf(checks: readonly Check[], pack: RulePack): Strength {
  const keys = checks.map((check) => check.key);
  if (keys.some((key) => key !== 'name' && key !== 'status' && key !== 'message'))
    return pack.strength ?? 'vendor-code';
  if (pack.nameIsCode === true && keys.includes('name')) return 'vendor-code';
  if (keys.includes('status')) return pack.strength ?? 'http-status';
  return keys.includes('message') ? 'known-message' : 'class-name';
}

function codePathOf(checks: readonly Check[], strength: Strength): readonly string[] | undefined {
  if (checks.some((check) => check.key === 'code')) return ['code'];
  const vendor = checks.findLast(
    (check) =>
      !SPECIAL.includes(check.key) &&
      check.key !== 'message' &&
      ![...check.exact].some((value) => typeof value === 'boolean'),
  );
  if (vendor !== undefined) return vendor.path;
  if (checks.some((check) => check.key === 'word')) return ['word'];
  return strength === 'vendor-code' && checks.some((check) => check.key === 'name') ? ['name'] : undefined;
}

/** Sorts rules into the index. Throws `OptionError` for a pack's rule that has none of the primary keys. */
export function indexRules(rules: readonly CompiledRule[]): RuleIndex {
  const buckets = PRIMARY_KEYS.map((key): Bucket => ({ key, exact: new Map(), prefixes: new Map() }));
  const others: CompiledRule[] = [];
  for (const rule of rules) {
    const bucket = buckets.find(({ key }) =>
      rule.checks.some((check) => check.key === key && !check.prefixes.includes('')),
    );
    if (bucket === undefined) {
      if (rule.strength !== 'user-rule')
        throw new OptionError(
          rule.id,
          rule.checks.map((check) => check.key).join(),
          `one of ${PRIMARY_KEYS.join(', ')}`,
        );
      others.push(rule);
      continue;
    }
    const check = rule.checks.find(({ key }) => key === bucket.key)!;
    for (const value of check.exact) add(bucket.exact, value, rule);
    for (const prefix of check.prefixes) {
      const ofLength = bucket.prefixes.get(prefix.length) ?? new Map<string, CompiledRule[]>();
      bucket.prefixes.set(prefix.length, ofLength);
      add(ofLength, prefix, rule);
    }
  }
  for (const { exact, prefixes } of buckets) {
    for (const map of [exact, ...prefixes.values()])
      for (const list of map.values()) list.sort((a, b) => b.rank - a.rank);
  }
  return { buckets: buckets.filter(({ exact, prefixes }) => exact.size + prefixes.size > 0), others };
}

function add(map: Map<unknown, CompiledRule[]>, key: unknown, rule: CompiledRule): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [rule]);
  else list.push(rule);
}

/** The best rule for one value, or `undefined`. */
export function findRule(index: RuleIndex, facts: Facts): CompiledRule | undefined {
  let best: CompiledRule | undefined;
  for (const bucket of index.buckets) {
    const value = valueAt(facts, bucket.key);
    // The class may be a subclass whose `name` is its base's, so it is asked first.
    if (bucket.key === 'name' && facts.className !== value && facts.className !== undefined) {
      best = bestOf(best, findInBucket(bucket, facts.className, facts));
    }
    if (value !== undefined) best = bestOf(best, findInBucket(bucket, value, facts));
  }
  for (const rule of index.others) if (holds(rule, facts)) best = bestOf(best, rule);
  return best;
}

function bestOf(a: CompiledRule | undefined, b: CompiledRule | undefined): CompiledRule | undefined {
  return b === undefined || (a !== undefined && a.rank >= b.rank) ? a : b;
}

function findInBucket(bucket: Bucket, value: unknown, facts: Facts): CompiledRule | undefined {
  const exact = bucket.exact.get(value);
  let found = exact === undefined ? undefined : firstThatHolds(exact, facts);
  if (found !== undefined || typeof value !== 'string') return found;
  for (const [length, map] of bucket.prefixes) {
    if (value.length < length) continue;
    const list = map.get(value.slice(0, length));
    if (list !== undefined) found = bestOf(found, firstThatHolds(list, facts));
  }
  return found;
}

function firstThatHolds(rules: readonly CompiledRule[], facts: Facts): CompiledRule | undefined {
  for (const rule of rules) if (holds(rule, facts)) return rule;
  return undefined;
}

function holds(rule: CompiledRule, facts: Facts): boolean {
  if (rule.markers.length > 0 && !rule.markers.some((marker) => allHold(marker, facts))) return false;
  return allHold(rule.checks, facts);
}

function allHold(checks: readonly Check[], facts: Facts): boolean {
  for (const check of checks) {
    const value = check.path.length > 1 ? readPath(facts.value, check.path) : valueAt(facts, check.key);
    if (passes(check, value)) continue;
    if (check.key !== 'name' || facts.className === undefined || !passes(check, facts.className)) return false;
  }
  return true;
}

function passes(check: Check, value: unknown): boolean {
  if (value === undefined) return false;
  if (check.exact.has(value)) return true;
  for (const prefix of check.prefixes) {
    if (prefix === '' || (typeof value === 'string' && value.startsWith(prefix))) return true;
  }
  return false;
}

/** The value a condition's key stands for. */
export function valueAt(facts: Facts, key: string): unknown {
  switch (key) {
    case 'name':
      return facts.name;
    case 'status':
      return facts.status;
    case 'word':
      return firstWordOf(facts.value);
    default:
      return readPath(facts.value, [key]);
  }
}
