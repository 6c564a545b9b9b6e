import { callable, checkOptions as check, type Rule, text } from '@breakwater/errors/options';

// All modules of this package take the rules of their options from here.
export { OptionError } from '@breakwater/errors';
export {
  callable,
  delayMs,
  durationMs,
  either,
  flag,
  number,
  oneOf,
  type Rule,
  record,
  share,
  text,
  whole,
} from '@breakwater/errors/options';

/** The options every policy has. */
export const commonRules: Record<string, Rule> = {
  name: text,
  clock: ['a clock (now, wallNow, setTimer, clearTimer, defer)', isClock],
  random: callable,
};

/** `checkOptions` of `@breakwater/errors/options`; the options every policy has are among the rules. */
export function checkOptions(
  policy: string,
  options: unknown,
  rules: Record<string, Rule>,
  required?: readonly string[],
): void {
  check(policy, options, { ...commonRules, ...rules }, required);
}

function isClock(value: unknown): boolean {
  return ['now', 'wallNow', 'setTimer', 'clearTimer', 'defer'].every(
    (method) => typeof (value as Record<string, unknown> | null)?.[method] === 'function',
  );
}
