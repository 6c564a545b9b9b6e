import { OptionError } from './misuse.ts';

/**
 * What an option must be, in words that complete "expected …", and the test for it. `isSecret`: a text that is refused
 * may be a password, a key, or an address that holds one, and no message shows it.
 */
export type Rule = readonly [expected: string, accepts: (value: unknown) => boolean, isSecret?: boolean | undefined];

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
export const durationMs: Rule = /* @__PURE__ */ number(0, Number.POSITIVE_INFINITY, true);
/** Finite milliseconds of 0 or more. */
export const delayMs: Rule = /* @__PURE__ */ number(0);
/** A share in (0, 1]. */
export const share: Rule = /* @__PURE__ */ number(0, 1, true);
export const callable: Rule = ['a function', (v) => typeof v === 'function'];
export const flag: Rule = ['true or false', (v) => typeof v === 'boolean'];
export const text: Rule = ['a string that is not empty', (v) => typeof v === 'string' && v !== ''];
/** An object. A text in its place is not shown: it may be an address with a password. */
export const record: Rule = ['an object', (v) => typeof v === 'object' && v !== null, true];

/** An object or function with these methods, which the message lists after `what`. A text in its place is not shown. */
export function having(what: string, ...methods: readonly string[]): Rule {
  return [
    `${what} (${methods.join(', ')})`,
    (v) =>
      (record[1](v) || callable[1](v)) &&
      methods.every((method) => callable[1]((v as Record<string, unknown>)[method])),
    true,
  ];
}

/** One of a few fixed values. */
export function oneOf(...values: readonly unknown[]): Rule {
  return [`one of ${values.map((v) => JSON.stringify(v)).join(', ')}`, (v) => values.includes(v)];
}

/** A list whose items all pass `rule`. */
export function listOf(rule: Rule): Rule {
  return [`a list, each item ${rule[0]}`, (v) => Array.isArray(v) && v.every((item) => rule[1](item)), rule[2]];
}

/** What either rule accepts. Secret when both are. */
export function either(a: Rule, b: Rule): Rule {
  return [`${a[0]}, or ${b[0]}`, (v) => a[1](v) || b[1](v), a[2] && b[2]];
}

/** The same rule, for a secret: a text that it refuses is not shown. */
export function secret([expected, accepts]: Rule): Rule {
  return [expected, accepts, true];
}

/** Throws `OptionError` for a value that the rule refuses. `at` is what the caller wrote: `createPool.hosts[2]`. */
export function checkValue(at: string, value: unknown, [expected, accepts, isSecret]: Rule): void {
  if (accepts(value)) return;
  if (isSecret && typeof value === 'string')
    throw new OptionError(at, `expected ${expected}, got a string (not shown)`);
  throw new OptionError(at, value, expected);
}

/**
 * Checks the options of a public function against its rules. An absent or `undefined` option passes, unless it is
 * `required`: it takes its default. `at` is what the caller wrote: `createRetry` makes `createRetry.maxAttempts`.
 * Throws `OptionError` for an unknown key (and lists what exists) and for a value its rule refuses.
 */
export function checkOptions(
  at: string,
  options: unknown,
  rules: Readonly<Record<string, Rule>>,
  required: readonly string[] = [],
): void {
  checkValue(`${at} options`, options, record);
  for (const key of [...required, ...Object.keys(options as object)]) {
    const value = (options as Record<string, unknown>)[key];
    if (!Object.hasOwn(rules, key))
      throw new OptionError(`${at}.${key}`, `no such option (there are: ${Object.keys(rules).join(', ')})`);
    if (value !== undefined || required.includes(key)) checkValue(`${at}.${key}`, value, rules[key]!);
  }
}
