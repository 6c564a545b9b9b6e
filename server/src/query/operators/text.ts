import type { TextTest } from '../ast.ts';
import { printBareValue, printQuoted } from '../escape.ts';
import type { SqlParams } from '../sql-params.ts';
import { asciiLower, isToken, likePattern, tokensOf, wellFormed } from '../text.ts';
import { NEVER_SQL, never, type TestOperator } from './operator.ts';

/** The engine refuses a longer list of tokens; a few suffice to choose the granules to read. */
const MAX_INDEX_TOKENS = 16;

/**
 * Text somewhere in a longer text, ASCII letter case aside. A word made of letters and digits only matches whole words;
 * a prefix of that kind matches their beginnings. A phrase, and any word with other characters in it, matches as written
 * at any place.
 */
export const text: TestOperator<TextTest> = {
  print: (test) => {
    if (test.mode === 'phrase') return printQuoted(test.text);
    return test.mode === 'prefix' ? `${printBareValue(test.text)}*` : printBareValue(test.text);
  },

  toSql: (test, target, params) => {
    if (target.type !== 'text') return NEVER_SQL;
    const wanted = asciiLower(test.text);
    const haystack = `lower(${target.column})`;
    if (test.mode === 'phrase' || !isToken(wanted)) return substringSql(haystack, wanted, params);
    if (test.mode === 'word') return `hasToken(${haystack}, ${params.add('String', wanted)})`;
    const begins = `arrayExists(t -> startsWith(t, ${params.add('String', wanted)}), tokens(${haystack}, 'splitByNonAlpha'))`;
    return `(${haystack} LIKE ${params.add('String', likePattern(['', wanted, '']))} AND ${begins})`;
  },

  matcher: (test, target) => {
    if (target.type !== 'text') return never;
    const wanted = asciiLower(test.text);
    const matches =
      test.mode === 'phrase' || !isToken(wanted)
        ? (haystack: string) => haystack.includes(wanted)
        : (haystack: string) => hasToken(haystack, wanted, test.mode === 'prefix');
    return (record) => matches(asciiLower(wellFormed(target.read(record))));
  },
};

function substringSql(haystack: string, wanted: string, params: SqlParams): string {
  const contains = `${haystack} LIKE ${params.add('String', likePattern(['', wanted, '']))}`;
  const whole = wholeTokens(wanted);
  if (whole.length === 0) return contains;
  return `(hasAllTokens(${haystack}, ${params.add('Array(String)', whole)}) AND ${contains})`;
}

/** Tokens that are tokens of every text around `wanted`: those with a separator on both sides. */
function wholeTokens(wanted: string): string[] {
  const tokens = tokensOf(wanted);
  if (tokens.length > 0 && wanted.startsWith(tokens[0]!)) tokens.shift();
  if (tokens.length > 0 && wanted.endsWith(tokens.at(-1)!)) tokens.pop();
  return [...new Set(tokens)].slice(0, MAX_INDEX_TOKENS);
}

function hasToken(haystack: string, token: string, asPrefix: boolean): boolean {
  for (let at = haystack.indexOf(token); at >= 0; at = haystack.indexOf(token, at + 1)) {
    const startsToken = at === 0 || !isToken(haystack[at - 1]!);
    const end = at + token.length;
    if (startsToken && (asPrefix || end === haystack.length || !isToken(haystack[end]!))) return true;
  }
  return false;
}
