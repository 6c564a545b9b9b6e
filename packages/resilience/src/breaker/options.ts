import { type Classify, OptionError } from '@breakwater/errors';
import { type Clock, type Random, systemClock } from '../clock.ts';
import { classifierOf, toMeaning } from '../failure.ts';
import {
  callable,
  checkOptions,
  commonRules,
  durationMs,
  number,
  oneOf,
  type Rule,
  record,
  share,
  whole,
} from '../options.ts';

/** What is remembered to compute rates from. */
export type WindowOptions =
  | { readonly calls: number; readonly durationMs?: never }
  | { readonly durationMs: number; readonly calls?: never };

export interface BreakerOptions {
  /** Default `breaker`. */
  readonly name?: string | undefined;
  /** Opens after this many failures in a row. Default 5, or none when a `window` is given. */
  readonly consecutiveFailures?: number | undefined;
  /** Opens by rate over the last `calls`, or over the last `durationMs` milliseconds. */
  readonly window?: WindowOptions | undefined;
  /** Share of failed calls in the window that opens. Default 0.5. */
  readonly failureRate?: number | undefined;
  /** Share of slow calls in the window that opens; needs `slowCallMs`. Default: none. */
  readonly slowCallRate?: number | undefined;
  /** A call that takes at least this long is slow, whether it succeeds or fails. */
  readonly slowCallMs?: number | undefined;
  /** Calls the window must hold before a rate means anything. Default 10, at most `window.calls`. */
  readonly minimumCalls?: number | undefined;
  /** How long it stays open before it lets probes through. Default 30 000. */
  readonly openMs?: number | undefined;
  /** Each time a probe fails, the open time is multiplied by this, up to `maxOpenMs`. Default 2. */
  readonly openGrowth?: number | undefined;
  /** Default ten times `openMs`. */
  readonly maxOpenMs?: number | undefined;
  /** The open time is lengthened by a random share of itself up to this, so that a fleet does not probe in step. Default 0.1. */
  readonly jitter?: number | undefined;
  /** Most probes in flight while half-open. Default 1. */
  readonly probes?: number | undefined;
  /** Probes that must succeed, none failing, to close. Default 1. */
  readonly successThreshold?: number | undefined;
  /** A probe that has not ended by then counts as failed. Default 30 000. */
  readonly probeTimeoutMs?: number | undefined;
  /**
   * Which errors are expected of an unwell dependency and counted. `true`: counts as a failure; `false`: the dependency
   * answered as it should, counts as a success; `undefined`: says nothing, ignored. Not asked about refusals of other
   * policies and cancelled calls, which are ignored. Default: by `classify`.
   */
  readonly expected?: ((error: unknown) => boolean | undefined) | undefined;
  /** Which results count as failures: `(response) => response.status >= 500`. Default: none. */
  readonly failureResult?: ((result: unknown) => boolean) | undefined;
  /** `observe`: counts and tells, refuses nothing (metrics only). Default `enforce`. */
  readonly mode?: 'enforce' | 'observe' | undefined;
  /** Reads errors for the default of `expected`. Default: `classify` of `@breakwater/errors`. */
  readonly classify?: Classify | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** Options with defaults filled in. */
export interface BreakerSettings {
  readonly consecutiveFailures: number;
  readonly window: WindowOptions | undefined;
  readonly failureRate: number;
  readonly slowCallRate: number;
  readonly slowCallMs: number;
  readonly minimumCalls: number;
  readonly openMs: number;
  readonly openGrowth: number;
  readonly maxOpenMs: number;
  readonly jitter: number;
  readonly probes: number;
  readonly successThreshold: number;
  readonly probeTimeoutMs: number;
  readonly expected: (error: unknown) => boolean | undefined;
  readonly failureResult: ((result: unknown) => boolean) | undefined;
  readonly enforce: boolean;
  /** Durations matter. */
  readonly timed: boolean;
  /** A success need only reset the count of failures in a row. */
  readonly plain: boolean;
}

const rules: Record<string, Rule> = {
  consecutiveFailures: whole(1),
  window: record,
  failureRate: share,
  slowCallRate: share,
  slowCallMs: durationMs,
  minimumCalls: whole(1),
  openMs: durationMs,
  openGrowth: number(1),
  maxOpenMs: durationMs,
  jitter: number(0, 1),
  probes: whole(1),
  successThreshold: whole(1),
  probeTimeoutMs: durationMs,
  expected: callable,
  failureResult: callable,
  mode: oneOf('enforce', 'observe'),
  classify: callable,
};
const windowRules: Record<string, Rule> = { calls: whole(1, 1_000_000), durationMs };

function toExpected(classify: Classify): (error: unknown) => boolean | undefined {
  return (error) => {
    const { health } = toMeaning(error, classify);
    return health === 'unknown' ? undefined : health === 'failed';
  };
}

const defaultExpected = toExpected(classifierOf(systemClock));

/** Checks the options and fills in the defaults. */
export function toSettings(options: BreakerOptions): BreakerSettings {
  const at = 'createBreaker';
  checkOptions(at, options, rules);
  // Thousands of breakers with the same few own options are common (one per host): they share their settings.
  const own = Object.keys(options).some((key) => !(key in commonRules));
  if (!own && defaults !== undefined) return defaults;
  const { window, openMs = 30_000, slowCallRate, slowCallMs, openGrowth = 2 } = options;
  const maxOpenMs = options.maxOpenMs ?? 10 * openMs;
  if (maxOpenMs < openMs) throw new OptionError(`${at}.maxOpenMs`, maxOpenMs, `at least openMs (${openMs})`);
  if ((slowCallRate === undefined) !== (slowCallMs === undefined)) {
    throw new OptionError(`${at}.slowCallMs`, slowCallMs, 'both slowCallRate and slowCallMs, or neither');
  }
  if (window === undefined) {
    for (const option of ['failureRate', 'slowCallRate', 'minimumCalls'] as const) {
      if (options[option] !== undefined)
        throw new OptionError(`${at}.${option}`, options[option], 'a window beside it');
    }
  } else {
    checkOptions(`${at}.window`, window, windowRules);
    if ((window.calls === undefined) === (window.durationMs === undefined)) {
      throw new OptionError(`${at}.window`, window, 'either calls or durationMs');
    }
  }
  const minimumCalls = options.minimumCalls ?? Math.min(10, window?.calls ?? 10);
  if (minimumCalls > (window?.calls ?? minimumCalls)) {
    throw new OptionError(`${at}.minimumCalls`, minimumCalls, `at most window.calls (${window!.calls})`);
  }
  const settings: BreakerSettings = {
    consecutiveFailures: options.consecutiveFailures ?? (window === undefined ? 5 : Number.POSITIVE_INFINITY),
    window,
    failureRate: options.failureRate ?? 0.5,
    slowCallRate: slowCallRate ?? Number.POSITIVE_INFINITY,
    slowCallMs: slowCallMs ?? Number.POSITIVE_INFINITY,
    minimumCalls,
    openMs,
    openGrowth,
    maxOpenMs,
    jitter: options.jitter ?? 0.1,
    probes: options.probes ?? 1,
    successThreshold: options.successThreshold ?? 1,
    probeTimeoutMs: options.probeTimeoutMs ?? 30_000,
    expected: options.expected ?? (options.classify === undefined ? defaultExpected : toExpected(options.classify)),
    failureResult: options.failureResult,
    enforce: options.mode !== 'observe',
    timed: slowCallMs !== undefined,
    plain: window === undefined && options.failureResult === undefined,
  };
  if (!own) defaults = settings;
  return settings;
}

let defaults: BreakerSettings | undefined;
