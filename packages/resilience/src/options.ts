import { OptionError } from '@breakwater/errors';

/** What an option must be, in words that complete "expected …", and the test for it. */
export type Rule = readonly [expected: string, accepts: (value: unknown) => boolean];

/** A finite number in [min, max]; `open` shuts `min` itself out. */
export function number(min: number, max: number = Number.POSITIVE_INFINITY, open = false): Rule {
  return [
    `a finite number ${open ? 'above' : 'of at least'} ${min}${Number.isFinite(max) ? ` and at most ${max}` : ''}`,
    (v) => Number.isFinite(v) && (v as number) <= max && (open ? (v as number) > min : (v as number) >= min),
  ];
}

/** A whole number in [min, max]. */
export function whole(min: number, max?: number): Rule {
  const [expected, accepts] = number(min, max);
  return [expected.replace('finite', 'whole'), (v) => Number.isSafeInteger(v) && accepts(v)];
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
 * Throws `OptionError` of `@breakwater/errors` for an unknown key (and lists what exists) and for a value its rule refuses.
 */
export function checkOptions(
  policy: string,
  options: unknown,
  rules: Record<string, Rule>,
  required: readonly string[] = [],
): void {
  if (!record[1](options)) throw new OptionError(`${policy} options`, options, 'an object');
  const known: Record<string, Rule> = { ...commonRules, ...rules };
  for (const key of [...required, ...Object.keys(options as object)]) {
    const value = (options as Record<string, unknown>)[key];
    const [expected, accepts] = Object.hasOwn(known, key)
      ? known[key]!
      : ([`no such option (there are ${Object.keys(known).join(', ')})`] as const);
    if (value === undefined ? !accepts || required.includes(key) : !accepts?.(value)) {
      throw new OptionError(`${policy}.${key}`, value, expected);
    }
  }
}

function isClock(value: unknown): boolean {
  return ['now', 'wallNow', 'setTimer', 'clearTimer', 'defer'].every(
    (method) => typeof (value as Record<string, unknown> | null)?.[method] === 'function',
  );
}
