import { type Mistake, showValue } from './config-error.ts';
import { SETTING_NAMES, SETTINGS, UNSUPPORTED } from './settings.ts';

/** Variable that names the JSON file. */
export const FILE_VARIABLE = 'BREAKWATER_CONFIG';

/** Names among `given` that are not `known`. */
export function unknownKeys(source: string, given: object, known: readonly string[], mistakes: Mistake[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const near = known.find((candidate) => isNear(candidate.toLowerCase(), key.toLowerCase()));
    const expected = `a known name${near === undefined ? '' : `, perhaps ${near}`}`;
    mistakes.push({ source, name: showValue(key, false), expected, shown: 'an unknown name' });
  }
}

/**
 * Variables that have no effect though somebody thought so. Other programs have variables of these prefixes too, so
 * only those are refused that nearly are one of ours.
 */
export function idleVariables(env: Readonly<Record<string, string | undefined>>, mistakes: Mistake[]): void {
  const refuse = (name: string, expected: string, shown: string): void => {
    mistakes.push({ source: 'environment', name, expected, shown });
  };
  const known = [FILE_VARIABLE, ...SETTING_NAMES.flatMap((name) => SETTINGS[name].env)];
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || text === '' || known.includes(variable)) continue;
    if (UNSUPPORTED.includes(variable))
      refuse(variable, `no such variable: declarative configuration is not read (${FILE_VARIABLE} names a file)`, 'it');
    if (!/^(?:BREAKWATER|OTEL)_/.test(variable)) continue;
    const near = known.find((candidate) => isNear(candidate, variable));
    if (near !== undefined) refuse(variable, `a known name, perhaps ${near}`, 'an unknown name');
  }
}

/** At most two letters inserted, left out or replaced (Levenshtein distance). */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 2) return false;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]! <= 2;
}
