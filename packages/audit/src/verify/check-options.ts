import type { VerifyOptions } from './report.ts';

const isList = (value: unknown): boolean => Array.isArray(value);
const isFunction = (value: unknown): boolean => typeof value === 'function';
const hasRead = (value: unknown): boolean => isFunction((value as { read?: unknown } | null)?.read);

const RULES: { readonly [option in keyof VerifyOptions]-?: readonly [string, (value: unknown) => boolean] } = {
  source: ['an object with read(path)', hasRead],
  keys: ['a list of keys of readPublicKey', isKeys],
  retiredKeys: ['a list of keys of readPublicKey', isKeys],
  primitives: ['nodePrimitives or the like', (value) => typeof value === 'object' && value !== null],
  earlier: ['a list of checkpoints as bytes', (value) => isList(value) && (value as unknown[]).every(isBytes)],
  onProgress: ['a function', isFunction],
  entryChecker: ['an object with check(job)', (value) => isFunction((value as { check?: unknown } | null)?.check)],
  onEntry: ['a function', isFunction],
};

/**
 * Throws a TypeError for an option that is unknown or wrong: a misspelt `earlier` would be a check that is not made. By
 * hand, because the verifier imports nothing.
 */
export function checkVerifyOptions(options: VerifyOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('verifyTrail options: expected an object');
  for (const key of ['source', 'keys', 'primitives', ...Object.keys(options)]) {
    const rule = Object.hasOwn(RULES, key) ? RULES[key as keyof VerifyOptions] : null;
    if (rule === null)
      throw new TypeError(`verifyTrail.${key}: no such option (there are: ${Object.keys(RULES).join(', ')})`);
    const value = options[key as keyof VerifyOptions];
    const isLeftOut = value === undefined && !['source', 'keys', 'primitives'].includes(key);
    if (!isLeftOut && !rule[1](value)) throw new TypeError(`verifyTrail.${key}: expected ${rule[0]}`);
  }
}

function isKeys(value: unknown): boolean {
  return isList(value) && (value as { bytes?: unknown }[]).every((key) => isBytes(key?.bytes));
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array;
}
