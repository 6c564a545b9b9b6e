import {
  callable,
  checkOptions as checkExactly,
  delayMs,
  durationMs,
  either,
  flag,
  having,
  number,
  oneOf,
  type Rule,
  record,
  share,
  text,
  whole,
} from '@breakwater/errors/options';

// All modules of this package take the rules of their options from here.
export { OptionError } from '@breakwater/errors';
export {
  callable,
  checkExactly,
  delayMs,
  durationMs,
  either,
  flag,
  having,
  number,
  oneOf,
  type Rule,
  record,
  share,
  text,
  whole,
};

/** The options every policy has. */
export const commonRules: Record<string, Rule> = {
  name: text,
  clock: /* @__PURE__ */ having('a clock', 'now', 'wallNow', 'setTimer', 'clearTimer', 'defer'),
  random: callable,
};

/** `checkOptions` of `@breakwater/errors/options`; the options every policy has are among the rules. */
export function checkOptions(
  policy: string,
  options: unknown,
  rules: Record<string, Rule>,
  required?: readonly string[],
): void {
  checkExactly(policy, options, { ...commonRules, ...rules }, required);
}
