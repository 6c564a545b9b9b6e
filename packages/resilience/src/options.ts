import { OptionError } from '@breakwater/errors';

/** What an option must be, in words that complete "expected …", and the test for it. */
export type Rule = readonly [expected: string, accepts: (value: unknown) => boolean];

/** A whole number in [min, max]. */
export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER): Rule {
  const upper = max === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${max}`;
  return [
    `a whole number of at least ${min}${upper}`,
    (v) => Number.isInteger(v) && (v as number) >= min && (v as number) <= max,
  ];
}

/** A finite number in [min, max]; `open` shuts `min` itself out. */
export function number(min: number, max: number = Number.POSITIVE_INFINITY, open = false): Rule {
  const lower = open ? `above ${min}` : `of at least ${min}`;
  const upper = max === Number.POSITIVE_INFINITY ? '' : ` and at most ${max}`;
  return [
    `a finite number ${lower}${upper}`,
    (v) => Number.isFinite(v) && (v as number) <= max && (open ? (v as number) > min : (v as number) >= min),
  ];
}

/** Finite milliseconds above 0. */
export const durationMs: Rule = number(0, Number.POSITIVE_INFINITY, true);
/** Finite milliseconds of 0 or more. */
export const delayMs: Rule = number(0);
/** A share in (0, 1]. */
export const share: Rule = number(0, 1, true);
export const callable: Rule = ['a function', (v) => typeof v === 'function'];
export const flag: Rule = ['true or false', (v) => typeof v === 'boolean'];
export const text: Rule = ['a string that is not empty', (v) => typeof v === 'string' && v !== ''];
export const record: Rule = ['an object', (v) => typeof v === 'object' && v !== null];

/** One of a few fixed values. */
export function oneOf(...values: readonly unknown[]): Rule {
  return [`one of ${values.map((v) => JSON.stringify(v)).join(', ')}`, (v) => values.includes(v)];
}

/** What either rule accepts. */
export function either(a: Rule, b: Rule): Rule {
  return [`${a[0]}, or ${b[0]}`, (v) => a[1](v) || b[1](v)];
}

/** The options every policy has. */
export const commonRules: Record<string, Rule> = {
  name: text,
  clock: ['a clock (now, wallNow, setTimer, clearTimer, defer)', isClock],
  random: callable,
};

/**
 * Checks the options of a policy against its rules. An absent or `undefined` option passes: it takes its default.
 * Throws `OptionError` of `@breakwater/errors` for an unknown key (`known` lists what exists) and for a value its rule refuses.
 */
export function checkOptions(
  policy: string,
  options: unknown,
  rules: Record<string, Rule>,
  required: readonly string[] = [],
): void {
  if (typeof options !== 'object' || options === null) throw new OptionError(`${policy} options`, options, 'an object');
  for (const key of Object.keys(options)) {
    const value = (options as Record<string, unknown>)[key];
    const rule = Object.hasOwn(rules, key)
      ? rules[key]
      : Object.hasOwn(commonRules, key)
        ? commonRules[key]
        : undefined;
    if (rule === undefined) {
      const known = [...Object.keys(rules), ...Object.keys(commonRules)].join(', ');
      throw new OptionError(`${policy}.${key}`, value, `no such option (there are ${known})`);
    }
    if (value !== undefined && !rule[1](value)) throw new OptionError(`${policy}.${key}`, value, rule[0]);
  }
  for (const key of required) {
    if ((options as Record<string, unknown>)[key] === undefined) {
      throw new OptionError(`${policy}.${key}`, undefined, rules[key]![0]);
    }
  }
}

function isClock(value: unknown): boolean {
  const clock = value as Record<string, unknown> | null;
  if (typeof clock !== 'object' || clock === null) return false;
  return ['now', 'wallNow', 'setTimer', 'clearTimer', 'defer'].every((method) => typeof clock[method] === 'function');
}
