import { checkValue, having, number, type Rule } from '@breakwater/errors/options';

export const clockRule: Rule = having('a clock', 'now', 'wallNow', 'setTimer', 'clearTimer', 'defer');
export const loggerRule: Rule = having('a logger', 'log');
export const edgeRule: Rule = having('an edge of createEdge', 'open');
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Milliseconds above 0 that a timer can count. */
export const timerMs: Rule = number(0, MAX_TIMER_MS, true);
/** Milliseconds of 0 or more that a timer can count. */
export const waitMs: Rule = number(0, MAX_TIMER_MS);
/** For an option whose items are checked one by one. */
export const list: Rule = ['a list', Array.isArray];

/** Throws `OptionError` for what is no list, and for an item that `rule` refuses, naming the one at fault: `at[2]`. */
export function checkItems(at: string, items: unknown, rule: Rule): void {
  checkValue(at, items, list);
  for (const [index, item] of (items as readonly unknown[]).entries()) checkValue(`${at}[${index}]`, item, rule);
}
