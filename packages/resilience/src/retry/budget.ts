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
  return toPurse(options);
}

/** `saved`: what there is at the start. */
function toPurse(options: RetryBudgetOptions, saved: number = NEVER): RetryBudget {
  checkOptions('createRetryBudget', options, rules);
  const { ratio = 0.1, reserve = 10 } = options;
  let tokens = Math.min(saved, reserve);
  return {
    get tokens() {
      return tokens;
    },
    deposit() {
      // Below the limit only: in a healthy service this is one comparison.
      if (tokens < reserve) tokens = Math.min(tokens + ratio, reserve);
    },
    withdraw() {
      if (tokens < 1) return false;
      tokens--;
      return true;
    },
  };
}

const purse: Rule = /* @__PURE__ */ having('a budget', 'withdraw', 'deposit');

/** What the option `budget` of a policy may be. */
export const budgetRule: Rule = [
  `false, options of a budget, or ${purse[0]}`,
  (v) => v === false || purse[1](v) || (record[1](v) && !('withdraw' in (v as object))),
];

/**
 * The budget that the option `budget` of a policy asks for. `before`, which was made by the option `was`, stays when the
 * option stays, so that those who share it go on doing so; another of the policy's own goes on with what was left.
 */
export function toBudget(budget: BudgetOption, before?: RetryBudget, was?: BudgetOption): RetryBudget | undefined {
  if (budget === false) return undefined;
  if ('withdraw' in budget) return budget;
  const { ratio, reserve } = budget;
  const stays = was && !('withdraw' in was) && was.ratio === ratio && was.reserve === reserve;
  return stays ? before : toPurse(budget, before?.tokens);
}

type BudgetOption = RetryBudgetOptions | RetryBudget | false;
