import { ERROR_BRAND } from './brand.ts';
import {
  type CompiledRule,
  compilePack,
  type Facts,
  findRule,
  indexRules,
  type RuleIndex,
  valueAt,
} from './compile.ts';
import { type Hint, readHint } from './hints.ts';
import { classNameOf, headersOf, readPath, statusOf } from './inspect.ts';
import { callable, checkOptions, listOf, type Rule as OptionRule, record } from './options.ts';
import type { Rule, RulePack } from './pack.ts';
import { packs as defaultPacks } from './packs.ts';
import { isNativeError, readList, readNumber, readProperty, readString } from './read.ts';
import { reasons as builtInReasons, type ReasonData } from './reasons.ts';
import { retryAfterFromHeaders } from './retry-after.ts';
import { CATEGORIES, type Confidence, isCategory, type Outcome, type Strength, type Verdict } from './taxonomy.ts';

/** Options of `createClassifier`. */
export interface ClassifierOptions {
  /** Rules of the application. Stronger than any pack; where two fit, the more specific one, then the first. */
  readonly rules?: readonly Rule[];
  /** Further reasons for those rules, by name. A built-in name replaces the built-in reason. */
  readonly reasons?: Readonly<Record<string, ReasonData>>;
  /** The rule packs. Default: all of `packs`. */
  readonly packs?: readonly RulePack[];
  /** The current time in milliseconds since 1970, for `Retry-After` dates. Default `Date.now`. */
  readonly now?: () => number;
}

/** Classifies anything that was thrown. Never throws, never calls user code but getters, ends in bounded time. */
export type Classify = (thrown: unknown) => Verdict;

/** Properties in which libraries keep the error they wrap, in the order they are followed. */
export const WRAPPER_KEYS: readonly string[] = [
  'cause',
  'original',
  'parent',
  'driverError',
  'originalError',
  'innerError',
  'nativeError',
  'error',
  'reason',
  'err',
  'lastError',
];
/** How deep wrappers are followed. */
export const MAX_DEPTH = 8;
/** How many values are looked at in one classification. */
export const MAX_NODES = 32;

interface Found {
  readonly score: number;
  readonly rule: CompiledRule | undefined;
  readonly facts: Facts;
  readonly at: string;
}

interface Walk {
  readonly index: RuleIndex;
  readonly seen: unknown[];
  best: Found | undefined;
  hint: Hint | undefined;
  hintAt: string;
  /** The facts of the first value that carries response headers. */
  answered: Facts | undefined;
  own: unknown;
  ownAt: string;
}

const CONFIDENCE: Readonly<Record<Strength, Confidence>> = {
  none: 'low',
  'known-message': 'low',
  'class-name': 'medium',
  'system-code': 'high',
  'http-status': 'medium',
  'vendor-code': 'high',
  'user-rule': 'high',
  hint: 'high',
};

const OPTIONS: Readonly<Record<keyof ClassifierOptions, OptionRule>> = {
  rules: listOf(record),
  reasons: record,
  packs: listOf(record),
  now: callable,
};

/**
 * Makes a classifier. Throws `OptionError` for a wrong option, and for a rule with an unknown key, an unknown reason or
 * no condition.
 */
export function createClassifier(options: ClassifierOptions = {}): Classify {
  checkOptions('createClassifier', options, OPTIONS);
  const reasons: Readonly<Record<string, ReasonData>> = { ...builtInReasons, ...options.reasons };
  const now = options.now ?? Date.now;
  const user = {
    domain: 'user',
    title: 'Rules of the application',
    sources: [],
    rules: options.rules ?? [],
  };
  const index = indexRules([
    ...compilePack(user, reasons, 'user-rule'),
    ...(options.packs ?? defaultPacks).flatMap((pack) => compilePack(pack, reasons)),
  ]);
  return (thrown) => {
    const walk: Walk = {
      index,
      seen: [],
      best: undefined,
      hint: undefined,
      hintAt: '',
      answered: undefined,
      own: undefined,
      ownAt: '',
    };
    visit(walk, thrown, '', 0);
    return toVerdict(walk, thrown, reasons, now);
  };
}

/** Classifies with the built-in rules only; see `createClassifier` for rules of your own. */
export function classify(thrown: unknown): Verdict {
  standard ??= createClassifier();
  return standard(thrown);
}

let standard: Classify | undefined;

function visit(walk: Walk, value: unknown, at: string, depth: number): void {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return;
  if (walk.seen.length >= MAX_NODES || walk.seen.includes(value)) return;
  walk.seen.push(value);
  if (readProperty(value, ERROR_BRAND) === true && isCategory(readProperty(value, 'category'))) {
    walk.own ??= value;
    if (walk.own === value) walk.ownAt = at;
    return;
  }
  const facts: Facts = {
    value,
    name: readString(value, 'name'),
    className: classNameOf(value),
    status: statusOf(value),
  };
  const rule = findRule(walk.index, facts);
  if (rule !== undefined && (walk.best === undefined || rule.score > walk.best.score)) {
    walk.best = { score: rule.score, rule, facts, at };
  }
  if (walk.hint === undefined) {
    walk.hint = readHint(value, facts.name, facts.status);
    walk.hintAt = at;
  }
  if (walk.answered === undefined && headersOf(value) !== undefined) walk.answered = facts;
  if (depth < MAX_DEPTH) visitWrapped(walk, value, at, depth);
}

function visitWrapped(walk: Walk, value: unknown, at: string, depth: number): void {
  for (const key of WRAPPER_KEYS) {
    const inner = readProperty(value, key);
    if (typeof inner !== 'object' || inner === null || !looksLikeError(inner, key)) continue;
    visit(walk, inner, at === '' ? key : `${at}.${key}`, depth + 1);
    if (walk.own !== undefined) return;
  }
  const errors = readList(value, 'errors', MAX_NODES)?.items;
  if (errors !== undefined && errors.length > 0) visitGroup(walk, errors, at, depth);
}

// `error` and `reason` often hold a text or a response body; there only a real Error is followed.
function looksLikeError(value: object, key: string): boolean {
  if (isNativeError(value)) return true;
  return key !== 'error' && key !== 'reason' && typeof readProperty(value, 'message') === 'string';
}

/**
 * A group (`AggregateError`) fails as its worst member does, in the order of the categories: repeating helps only where
 * it helps every member. A code on the group itself (Node's happy eyeballs sets one) is better evidence and wins.
 */
function visitGroup(walk: Walk, errors: readonly unknown[], at: string, depth: number): void {
  const own = walk.best?.score ?? 0;
  let worst: Walk | undefined;
  for (let i = 0; i < errors.length && walk.seen.length < MAX_NODES; i++) {
    const member = errors[i];
    if (!isNativeError(member)) continue;
    const part: Walk = { ...walk, best: undefined, hint: undefined, answered: undefined, own: undefined };
    visit(part, member, `${at === '' ? '' : `${at}.`}errors[${i}]`, depth + 1);
    if (worst === undefined || gravity(part) < gravity(worst)) worst = part;
  }
  if (worst === undefined) return;
  if (worst.own !== undefined) {
    walk.own = worst.own;
    walk.ownAt = worst.ownAt;
  } else if ((worst.best?.score ?? 0) > own || own < FROM_SYSTEM_CODE) {
    walk.best = worst.best;
    walk.hint = worst.hint;
    walk.hintAt = worst.hintAt;
    walk.answered ??= worst.answered;
  }
}

const FROM_SYSTEM_CODE = 300;

function gravity(walk: Walk): number {
  const category =
    walk.own !== undefined
      ? readProperty(walk.own, 'category')
      : (walk.best?.rule?.but.category ?? walk.best?.rule?.data.category);
  if (walk.hint !== undefined) return walk.hint.retryable ? 3.5 : 1;
  return category === undefined ? 1 : CATEGORIES.indexOf(category as never);
}

function toVerdict(
  walk: Walk,
  thrown: unknown,
  reasons: Readonly<Record<string, ReasonData>>,
  now: () => number,
): Verdict {
  if (walk.own !== undefined) return toOwnVerdict(walk.own, walk.ownAt);
  const { best, hint } = walk;
  const rule = best?.rule;
  const fallback =
    rule !== undefined
      ? undefined
      : hint !== undefined
        ? hint.retryable
          ? 'retry-advised'
          : 'retry-refused'
        : nameless(thrown);
  const reason = rule?.reason ?? fallback!;
  const data = rule?.data ?? reasons[reason]!;
  const but = rule?.but;
  const status = best?.facts.status;
  const strength: Strength = hint !== undefined ? 'hint' : (rule?.strength ?? 'none');
  let category = but?.category ?? data.category;
  let retryable = but?.retryable ?? data.retryable;
  if (hint !== undefined) {
    if (hint.retryable && !retryable && category !== 'systemic') category = 'transient';
    retryable = hint.retryable;
  }
  const httpStatus = but?.httpStatus ?? data.httpStatus;
  const answered = walk.answered;
  return {
    category,
    retryable,
    outcome: hint?.outcome ?? but?.outcome ?? data.outcome,
    unit: hint?.unit ?? but?.unit ?? data.unit,
    retryAfterMs:
      hint?.retryAfterMs ??
      (answered === undefined ? undefined : retryAfterFromHeaders(headersOf(answered.value), now())),
    reason,
    code: codeOf(rule, best?.facts, reason, thrown),
    domain: rule?.domain ?? hint?.domain ?? 'unknown',
    confidence: hint !== undefined ? 'high' : (but?.confidence ?? CONFIDENCE[strength]),
    evidence: {
      strength,
      rule: hint?.rule ?? rule?.id ?? 'none',
      at: (hint !== undefined ? walk.hintAt : best?.at) ?? '',
    },
    httpStatus: httpStatus === 'same' ? (status ?? data.httpStatus) : httpStatus,
    exposeMessage: but?.exposeMessage ?? data.exposeMessage,
    alert: hint?.retryable === true ? false : (but?.alert ?? data.alert),
    countsForBreaker: but?.countsForBreaker ?? data.countsForBreaker,
    cancelled: but?.cancelled ?? data.cancelled,
  };
}

/** Why nothing is known: not an error, or one that cannot be read. */
function nameless(thrown: unknown): 'unknown' | 'not-an-error' | 'unreadable' {
  if (thrown === null || (typeof thrown !== 'object' && typeof thrown !== 'function')) return 'not-an-error';
  let readable = true;
  try {
    Reflect.getPrototypeOf(thrown);
  } catch {
    // Only a revoked or hostile proxy refuses this.
    readable = false;
  }
  if (!readable) return 'unreadable';
  return isNativeError(thrown) ? 'unknown' : 'not-an-error';
}

const CODE_SHAPE = /^[\w.$:/-]{1,64}$/;
const UNKNOWN_CODE_SHAPE = /^[A-Z][A-Z0-9_]{0,63}$/;

function codeOf(rule: CompiledRule | undefined, facts: Facts | undefined, reason: string, thrown: unknown): string {
  if (rule?.code !== undefined) return rule.code;
  if (rule?.codePath !== undefined && facts !== undefined) {
    const { codePath } = rule;
    const value = codePath.length === 1 ? valueAt(facts, codePath[0]!) : readPath(facts.value, codePath);
    if (typeof value === 'string' && CODE_SHAPE.test(value)) return value;
    if (typeof value === 'number' && Number.isFinite(value))
      return `${rule.domain.toUpperCase().replaceAll('-', '_')}_${value}`;
  }
  if (rule !== undefined && rule.strength === 'http-status' && facts?.status !== undefined)
    return `HTTP_${facts.status}`;
  const own = rule === undefined ? readString(thrown, 'code') : undefined;
  return own !== undefined && UNKNOWN_CODE_SHAPE.test(own) ? own : reason.toUpperCase().replaceAll('-', '_');
}

// An error of this library says all of it itself; what it wraps is history.
function toOwnVerdict(error: unknown, at: string): Verdict {
  const definition = readProperty(error, 'definition');
  const category = readProperty(error, 'category') as Verdict['category'];
  const code = readString(error, 'code') ?? 'UNKNOWN';
  const status = readNumber(error, 'status') ?? 500;
  const wait = readNumber(error, 'retryAfterMs');
  return {
    category,
    retryable: readProperty(error, 'retryable') === true,
    outcome: (readString(error, 'outcome') as Outcome | undefined) ?? 'unknown',
    unit: 'request',
    retryAfterMs: wait === undefined ? undefined : Math.max(0, wait),
    reason: code.toLowerCase().replaceAll('_', '-'),
    code,
    domain: 'app',
    confidence: 'high',
    evidence: { strength: 'hint', rule: `app/${code}`, at },
    httpStatus: status,
    exposeMessage: false,
    alert: readProperty(definition, 'alert') === true,
    countsForBreaker: category === 'transient' || category === 'systemic',
    cancelled: false,
  };
}
