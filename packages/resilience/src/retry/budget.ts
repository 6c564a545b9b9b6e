import { checkOptions, having, number, type Rule, record, whole } from '../options.ts';
import { NEVER } from '../policy.ts';

export interface RetryBudgetOptions {
  /** Extra calls allowed per successful call. Default 0.1. */
  readonly ratio?: number | undefined;
  /** Extra calls that can be saved up, and what there is at the start. Default 10. */
  readonly reserve?: number | undefined;
}

/**
 * A common purse for calls made beyond the first: retries and hedges. Each success pays in `ratio`, each extra call takes
 * 1 out. When everything fails nothing is paid in, so at most `reserve` extra calls are made in the whole outage: the
 * load stays that of a service without retries. When little fails, there is enough for every retry.
 */
export interface RetryBudget {
  /** What is left. */
  readonly tokens: number;
  /** A call succeeded. */
  deposit(): void;
  /** Takes out one extra call; false when there is none. */
  withdraw(): boolean;
}

const rules: Record<string, Rule> = { ratio: number(0, 1), reserve: whole(0) };

/** Makes a budget, to be shared by the policies that draw on one dependency. Throws `OptionError` on bad options. */
export function createRetryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  return new Purse().accept(options);
}

/** A budget that is given its options, perhaps again. */
export class Purse implements RetryBudget {
  tokens: number = NEVER;
  #ratio = 0;
  #reserve = 0;

  /** Keeps the balance, but not more than the new reserve. */
  accept(options: RetryBudgetOptions): this {
    checkOptions('createRetryBudget', options, rules);
    const { ratio = 0.1, reserve = 10 } = options;
    this.#ratio = ratio;
    this.#reserve = reserve;
    this.tokens = Math.min(this.tokens, reserve);
    return this;
  }
  deposit(): void {
    // Below the limit only: in a healthy service this is one comparison.
    if (this.tokens < this.#reserve) this.tokens = Math.min(this.tokens + this.#ratio, this.#reserve);
  }
  withdraw(): boolean {
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}

const foreign: Rule = /* @__PURE__ */ having('a budget', 'withdraw', 'deposit');

/** What the option `budget` of a policy may be. */
export const budgetRule: Rule = [
  `false, options of a budget, or ${foreign[0]}`,
  (v) => v === false || foreign[1](v) || (record[1](v) && !('withdraw' in (v as object))),
];

/** The budget that the option `budget` of a policy asks for; by options, it is the policy's `own`, with these. */
export function toBudget(
  budget: RetryBudgetOptions | RetryBudget | false,
  own: Purse = new Purse(),
): RetryBudget | undefined {
  if (budget === false) return undefined;
  return 'withdraw' in budget ? budget : own.accept(budget);
}
