import { OptionError } from '@breakwater/errors/core';
import { callable, checkOptions, number, type Rule, whole } from '@breakwater/errors/options';
import type { LogContext } from './context.ts';
import { LEVELS, type Level, SEVERITY, toLevel } from './level.ts';

/** What a sampler is asked about. */
export interface SampleQuestion {
  readonly severity: number;
  readonly message: string;
  readonly eventName: string | undefined;
  /** The context of the work, with the trace ids the record will have: the logger's option `trace` goes first. */
  readonly context: LogContext | undefined;
  readonly nowMs: number;
  /** How many records this one stands for already, where a sampler before this one has kept it for others. Default 1. */
  readonly standsFor?: number | undefined;
}

/**
 * Decides on one record: 0 drops it, 1 keeps it, a rate between keeps it and is written into it as
 * `breakwater.log.sample_rate`, so that `1 / rate` records stand for it. Must not throw. Dropped records are counted as
 * `sampled`.
 */
export type Sampler = (question: SampleQuestion) => number;

type Random = () => number;

const rateRule = /* @__PURE__ */ number(0, 1);
const countRule = /* @__PURE__ */ number(0, Number.MAX_SAFE_INTEGER, true);
const levelRules = /* @__PURE__ */ Object.fromEntries(LEVELS.map((level) => [level, rateRule]));
const perKeyRules = { perSecond: countRule, key: callable, maxKeys: /* @__PURE__ */ whole(1) };

function check(name: string, [expected, accepts]: Rule, value: unknown): void {
  if (!accepts(value)) throw new OptionError(name, value, expected);
}

/** Keeps `rate` of the records; warnings and errors always. */
export function sampleByRate(rate: number, random: Random = Math.random): Sampler {
  check('sampleByRate rate', rateRule, rate);
  check('sampleByRate random', callable, random);
  return ({ severity }) => (severity >= SEVERITY.warn ? 1 : random() < rate ? rate : 0);
}

/** A rate for each level; a level without one is kept. */
export function sampleByLevel(rates: Readonly<Partial<Record<Level, number>>>, random: Random = Math.random): Sampler {
  checkOptions('sampleByLevel', rates, levelRules);
  check('sampleByLevel random', callable, random);
  return ({ severity }) => {
    const rate = rates[toLevel(severity)] ?? 1;
    return rate === 1 || random() < rate ? rate : 0;
  };
}

export interface PerKeyOptions {
  /** Records of one key that are kept in each second. */
  readonly perSecond: number;
  /** Default: event name or message. */
  readonly key?: ((question: SampleQuestion) => string) | undefined;
  /** Keys told apart in one second; the rest share one. Default 1000. */
  readonly maxKeys?: number | undefined;
}

/**
 * The first records of each key in each second; errors always. The next one of a key that was held back stands for those as
 * well: its rate says so, and the count can be restored.
 */
export function limitPerKey(options: PerKeyOptions): Sampler {
  checkOptions('limitPerKey', options, perKeyRules, ['perSecond']);
  const { perSecond, key = ({ eventName, message }: SampleQuestion) => eventName ?? message, maxKeys = 1000 } = options;
  const seen = new Map<string, { count: number; heldBack: number }>();
  let second = Number.NaN;

  /** A new second: what was held back is still owed, by its key or, where too many owe, by the one they share. */
  function begin(): void {
    for (const [name, entry] of seen) {
      if (entry.heldBack === 0) seen.delete(name);
      else entry.count = 0;
    }
    for (const [name, { heldBack }] of seen) {
      if (seen.size <= maxKeys / 2) break;
      if (name === '') continue;
      seen.delete(name);
      const shared = seen.get('') ?? { count: 0, heldBack: 0 };
      shared.heldBack += heldBack;
      seen.set('', shared);
    }
  }

  return (question) => {
    if (question.severity >= SEVERITY.error) return 1;
    const now = Math.floor(question.nowMs / 1000);
    if (now !== second) {
      second = now;
      begin();
    }
    const wanted = key(question);
    const name = seen.size >= maxKeys && !seen.has(wanted) ? '' : wanted;
    let entry = seen.get(name);
    if (entry === undefined) {
      entry = { count: 0, heldBack: 0 };
      seen.set(name, entry);
    }
    entry.count++;
    const { standsFor = 1 } = question;
    if (entry.count > perSecond) {
      entry.heldBack += standsFor;
      return 0;
    }
    const rate = standsFor / (standsFor + entry.heldBack);
    entry.heldBack = 0;
    return rate;
  };
}

/**
 * Follows the trace's own decision, so that a trace has all its records or none: the sampled flag where there is one,
 * else `rate` of the trace ids by their last 56 bits (W3C Trace Context, level 2). Without a trace, and for warnings
 * and errors: kept.
 */
export function sampleByTrace(rate = 1): Sampler {
  check('sampleByTrace rate', rateRule, rate);
  return ({ severity, context }) => {
    if (severity >= SEVERITY.warn || typeof context?.traceId !== 'string') return 1;
    if (context.traceFlags !== undefined) return (context.traceFlags & 1) === 1 ? 1 : 0;
    const value = Number.parseInt(context.traceId.slice(-14), 16) / 2 ** 56;
    return value >= 1 - rate ? rate : 0;
  };
}

/**
 * At most about `perSecond` records: the rate of each second follows from the one before. Errors always. What was held back
 * because the budget of a second was spent is in the rate of the next record.
 */
export function sampleToBudget(perSecond: number, random: Random = Math.random): Sampler {
  check('sampleToBudget perSecond', countRule, perSecond);
  check('sampleToBudget random', callable, random);
  let second = Number.NaN;
  let seen = 0;
  let kept = 0;
  let rate = 1;
  let heldBack = 0;
  return ({ severity, nowMs, standsFor = 1 }) => {
    const now = Math.floor(nowMs / 1000);
    if (now !== second) {
      rate = seen === 0 || now !== second + 1 ? 1 : Math.min(1, perSecond / seen);
      second = now;
      seen = 0;
      kept = 0;
    }
    seen++;
    if (severity >= SEVERITY.error) return 1;
    // The first second of a burst has no rate from before: the budget itself is its end.
    if (kept >= perSecond) {
      heldBack += standsFor;
      return 0;
    }
    if (rate < 1 && random() >= rate) return 0;
    kept++;
    const whole = standsFor / (standsFor / rate + heldBack);
    heldBack = 0;
    return whole;
  };
}

/**
 * Asks all, in this order; the record's rate is the product, and one 0 drops it. Put `limitPerKey` and `sampleToBudget` last:
 * what they hold back is in the rate of the next record they keep, and a sampler after them that drops it drops that too.
 */
export function sampleAll(...samplers: readonly Sampler[]): Sampler {
  for (const sampler of samplers) check('sampleAll sampler', callable, sampler);
  return (question) => {
    let rate = 1;
    for (const sampler of samplers) {
      rate *= sampler(rate === 1 ? question : { ...question, standsFor: 1 / rate });
      if (rate === 0) return 0;
    }
    return rate;
  };
}
