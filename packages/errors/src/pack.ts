import type { ReasonData } from './reasons.ts';
import type { Confidence, Strength } from './taxonomy.ts';

/** A value a condition compares with: exactly, or as a beginning when it ends in `*`. `'*'` alone: any value but `undefined`. */
export type Expected = string | number | boolean;

/**
 * What must hold of a thrown value, all of it. Keys are property paths (`syscall`, `response.data.code`,
 * `details.0.issue`), values are what is expected there, one or any of a list. Three keys are read specially:
 *
 * - `name`: the error's `name` or the name of its class;
 * - `status`: the HTTP status, wherever the library keeps it (`status`, `statusCode`, `response.status`,
 *   `$metadata.httpStatusCode`, `output.statusCode`);
 * - `word`: the first word of the message, where a protocol defines it as the error code (Redis).
 *
 * At least one of `code`, `errcode`, `errorCode`, `sqlState`, `number`, `type`, `word`, `status`, `message`, `name` and `errno` must
 * be among them: rules are found by these. (A user rule may do without.)
 */
export type Conditions = Readonly<Record<string, Expected | readonly Expected[]>>;

/** The parts of a verdict a rule may change. */
export type VerdictChanges = Partial<Omit<ReasonData, 'meaning' | 'httpStatus'>> & {
  /** A status, or `same` to pass on the one observed. */
  readonly httpStatus?: number | 'same';
  readonly confidence?: Confidence;
};

/** Maps what a library throws to a reason. */
export interface Rule {
  readonly when: Conditions;
  /** The name of a reason. */
  readonly is: string;
  /** What differs from the reason's own data. */
  readonly but?: VerdictChanges;
  /** The verdict's `code`. Default: the value of `code`, else of the last condition on a vendor field. */
  readonly code?: string;
  /** Path of the verdict's `code` where it is not among the conditions. */
  readonly codeAt?: string;
}

/** The rules of one domain. */
export interface RulePack {
  /** Lower-case name; becomes `verdict.domain`. */
  readonly domain: string;
  /** What the pack covers, for people. */
  readonly title: string;
  /** The documents the rules come from. */
  readonly sources: readonly string[];
  /** What marks an error as one of this domain; any one of them. Default: the rules' own conditions are enough. */
  readonly markers?: readonly Conditions[];
  /** The class name is the vendor's error code (AWS). Default false. */
  readonly nameIsCode?: boolean;
  /** Strength of rules that look at a code. Default `vendor-code`. */
  readonly strength?: Strength;
  readonly rules: readonly Rule[];
}

/** The words of a text: long lists of codes stay readable. */
export function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
