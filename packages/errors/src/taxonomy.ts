/**
 * How to respond to a failure. Where two fit, the earlier one wins:
 *
 * - `business`: a working system refused, by a rule of its domain. Tell the user.
 * - `permanent`: this request, unchanged, can never succeed: invalid input, a bug, cancelled by the caller.
 * - `systemic`: infrastructure or configuration is broken for everyone. Fall back, alert.
 * - `transient`: clears within the time scale of a back-off. Retry.
 */
export type Category = 'business' | 'permanent' | 'systemic' | 'transient';

/** The four categories in order of precedence. */
export const CATEGORIES: readonly Category[] = ['business', 'permanent', 'systemic', 'transient'];

/**
 * What is known about the effect of the failed request.
 *
 * - `not-applied`: it had none.
 * - `rolled-back`: it had one, and it was undone as a whole.
 * - `unknown`: it may have taken effect. Only idempotent work may be repeated.
 */
export type Outcome = 'not-applied' | 'rolled-back' | 'unknown';

/** What has to be repeated: the one request, the whole transaction, or only the commit. */
export type Unit = 'request' | 'transaction' | 'commit';

/** How far to trust a verdict. */
export type Confidence = 'high' | 'medium' | 'low';

/** Kinds of evidence from weakest to strongest. Free text is not among them. */
export const STRENGTHS: readonly Strength[] = [
  'none',
  'known-message',
  'class-name',
  'system-code',
  'http-status',
  'vendor-code',
  'user-rule',
  'hint',
];

/** The kind of evidence behind a verdict. */
export type Strength =
  | 'none'
  | 'known-message'
  | 'class-name'
  | 'system-code'
  | 'http-status'
  | 'vendor-code'
  | 'user-rule'
  | 'hint';

/** Where a verdict comes from. */
export interface Evidence {
  /** The strongest kind of evidence found. */
  readonly strength: Strength;
  /** The rule that matched, `domain/reason`, or `none`. */
  readonly rule: string;
  /** Path from the thrown value to the value the rule matched: `''` is the value itself, else `cause.errors[0]`. */
  readonly at: string;
}

/** What `classify` says about a failure. */
export interface Verdict {
  readonly category: Category;
  /** The same request, sent later by a machine, may succeed without a human and without a change of code. */
  readonly retryable: boolean;
  readonly outcome: Outcome;
  readonly unit: Unit;
  /** How long the other side asked to wait, in milliseconds; `undefined` when it did not say. Never negative. */
  readonly retryAfterMs: number | undefined;
  /** A name from the table of reasons (`reasons`): log field, metric label and test expectation. */
  readonly reason: string;
  /** The most specific identifier known: own code, vendor code, system code, `HTTP_503`, else the reason in upper case. */
  readonly code: string;
  /** The rule pack that recognised the failure: `postgres`, `stripe`, `node-network`, …; `app` for own errors, `unknown` for none. */
  readonly domain: string;
  readonly confidence: Confidence;
  readonly evidence: Evidence;
  /** The status a service should answer its own caller with when this failure ends the request. */
  readonly httpStatus: number;
  /** Whether the error's own message was written for end users. False unless the source promises it. */
  readonly exposeMessage: boolean;
  /** Whether a single occurrence is worth a person's attention. */
  readonly alert: boolean;
  /** Whether the failure says something about the health of what was called. */
  readonly countsForBreaker: boolean;
  /** Whether the caller itself gave up. */
  readonly cancelled: boolean;
}

/** True for one of the four category names. */
export function isCategory(value: unknown): value is Category {
  return typeof value === 'string' && (CATEGORIES as readonly string[]).includes(value);
}
