import { OptionError } from '@breakwater/errors';
import { number, type Rule } from '@breakwater/errors/options';

/** An object with these methods; `what` says which kind of object has them. */
export function having(what: string, ...methods: readonly string[]): Rule {
  return [
    what,
    (v) =>
      (typeof v === 'object' || typeof v === 'function') &&
      v !== null &&
      methods.every((method) => typeof (v as Record<string, unknown>)[method] === 'function'),
  ];
}

export const clockRule: Rule = having(
  'a clock (now, wallNow, setTimer, clearTimer, defer)',
  ...['now', 'wallNow', 'setTimer', 'clearTimer', 'defer'],
);
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
export function checkItems(at: string, items: unknown, [expected, accepts]: Rule): void {
  if (!Array.isArray(items)) throw new OptionError(at, items, 'a list');
  for (const [index, item] of items.entries())
    if (!accepts(item)) throw new OptionError(`${at}[${index}]`, item, expected);
}

/** Throws `OptionError` for an argument that is no option. */
export function checkArgument(at: string, value: unknown, [expected, accepts]: Rule): void {
  if (!accepts(value)) throw new OptionError(at, value, expected);
}
