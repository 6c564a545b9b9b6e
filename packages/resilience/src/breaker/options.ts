import type { Classify } from '@breakwater/errors';
import type { Clock, Random } from '../clock.ts';
import { callable, durationMs, having, number, oneOf, whole } from '../options.ts';
import type { Kind } from '../policy-base.ts';
import type { CallWindow, RateOptions } from './window.ts';

export interface BreakerOptions extends RateOptions {
  /** Default `breaker`. */
  readonly name?: string | undefined;
  /** Opens after this many failures in a row. Default 5, or none when a `window` is given. */
  readonly consecutiveFailures?: number | undefined;
  /** Opens by rate: over the last calls, `countWindow(100)`, or the last milliseconds, `timeWindow(10_000)`. */
  readonly window?: CallWindow | undefined;
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

export const DEFAULT_OPEN_MS = 30_000;

/** What `createBreaker` says of its options. */
export const kind: Kind<BreakerOptions> = {
  kind: 'breaker',
  rules: {
    consecutiveFailures: whole(1),
    window: having('a countWindow or timeWindow', 'start'),
    openMs: durationMs,
    openGrowth: number(1),
    jitter: number(0, 1),
    probes: whole(1),
    successThreshold: whole(1),
    probeTimeoutMs: durationMs,
    expected: callable,
    failureResult: callable,
    mode: oneOf('enforce', 'observe'),
    classify: callable,
  },
  more: (options) => ({ ...options?.window?.rules, maxOpenMs: number(options?.openMs ?? DEFAULT_OPEN_MS) }),
  check: (options) => options.window?.check(options),
};
