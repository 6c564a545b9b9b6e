import { ALL, andOf, notOf, orOf, type Query, type Signal } from './ast.ts';
import { isKeyword } from './escape.ts';
import { parseFieldName, parseTest } from './parse-field.ts';
import { type Bare, createScanner, QuerySyntaxError, type Scanner } from './scanner.ts';
import { wellFormed } from './text.ts';

/** Longest query, in UTF-16 units. */
export const MAX_QUERY_LENGTH = 4096;
/** Deepest nesting of parentheses and negations. */
export const MAX_QUERY_DEPTH = 32;
/** Most words, phrases and field tests in one query. */
export const MAX_QUERY_TERMS = 256;

export type ParseResult =
  | { readonly ok: true; readonly query: Query }
  | {
      readonly ok: false;
      /** Where the fault is, in UTF-16 units from the start of the text. */
      readonly position: number;
      /** One sentence for the person who wrote the query. */
      readonly message: string;
      /** The whole query with this fault mended; absent where there is no one way to mend it. */
      readonly suggestion?: string;
    };

/**
 * Reads a query. The language is described in docs/query-language.md.
 *
 * With a `signal`, names that are built-in fields only of the other signal are attributes, and their values are not
 * checked. Takes time in proportion to the length of the text; never throws for any text.
 */
export function parseQuery(text: string, signal?: Signal): ParseResult {
  if (text.length > MAX_QUERY_LENGTH) {
    const message = `The query is longer than ${MAX_QUERY_LENGTH} characters.`;
    return { ok: false, position: MAX_QUERY_LENGTH, message };
  }
  try {
    return { ok: true, query: createParser(createScanner(wellFormed(text)), signal).parse() };
  } catch (error) {
    if (!(error instanceof QuerySyntaxError)) throw error;
    const { position, message, suggestion } = error;
    return { ok: false, position, message, ...(suggestion !== undefined && { suggestion }) };
  }
}

function createParser(scanner: Scanner, signal: Signal | undefined): { parse(): Query } {
  let terms = 0;

  function parse(): Query {
    scanner.skipSpace();
    if (scanner.atEnd()) return ALL;
    const query = parseOr(0);
    if (scanner.peek() === ')') {
      const at = scanner.position;
      const mended = scanner.text.slice(0, at) + scanner.text.slice(at + 1);
      throw new QuerySyntaxError(at, 'This parenthesis was never opened.', mended);
    }
    return query;
  }

  function parseOr(depth: number): Query {
    const alternatives = [parseAnd(depth)];
    while (takeKeyword('OR')) {
      expectTerm('OR');
      alternatives.push(parseAnd(depth));
    }
    return orOf(alternatives);
  }

  function parseAnd(depth: number): Query {
    const all = [parseUnary(depth)];
    for (;;) {
      scanner.skipSpace();
      if (takeKeyword('AND')) {
        expectTerm('AND');
      } else if (scanner.atEnd() || scanner.peek() === ')' || scanner.keywordAhead('OR')) {
        return all.length === 1 ? all[0]! : andOf(all);
      }
      all.push(parseUnary(depth));
    }
  }

  function parseUnary(depth: number): Query {
    scanner.skipSpace();
    if (depth > MAX_QUERY_DEPTH) {
      throw new QuerySyntaxError(scanner.position, `Nested more than ${MAX_QUERY_DEPTH} deep.`);
    }
    if (takeKeyword('NOT')) {
      expectTerm('NOT');
      return notOf(parseUnary(depth + 1));
    }
    if (scanner.peek() === '-') {
      scanner.position++;
      if (scanner.atEnd() || /[\s)]/.test(scanner.peek())) {
        const at = scanner.position - 1;
        const mended = `${scanner.text.slice(0, at)}\\${scanner.text.slice(at)}`;
        throw new QuerySyntaxError(at, 'The minus excludes what follows it, and nothing does.', mended);
      }
      return notOf(parseUnary(depth + 1));
    }
    const start = scanner.position;
    if (scanner.take('(')) return parseGroup(start, depth);
    return parseTerm();
  }

  function parseGroup(start: number, depth: number): Query {
    scanner.skipSpace();
    if (scanner.peek() === ')') throw new QuerySyntaxError(start, 'These parentheses are empty.');
    const query = parseOr(depth + 1);
    scanner.skipSpace();
    if (!scanner.take(')')) {
      throw new QuerySyntaxError(start, 'This parenthesis is never closed.', `${scanner.text})`);
    }
    return query;
  }

  function parseTerm(): Query {
    countTerm();
    const start = scanner.position;
    if (scanner.peek() === '"') {
      const text = scanner.quoted();
      if (scanner.take(':')) {
        return parseTest(scanner, parseFieldName(scanner, { text, quoted: true, start }, signal), signal, countTerm);
      }
      if (text === '') throw new QuerySyntaxError(start, 'These quotes are empty.');
      return { kind: 'text', test: { op: 'text', mode: 'phrase', text } };
    }
    const bare = scanner.bare(':');
    if (!bare.escaped && isKeyword(scanner.text.slice(bare.start, bare.end)) && scanner.peek() !== ':') {
      throw misplacedKeyword(bare);
    }
    const next = scanner.peek();
    // A pasted address is a word, not a field called `http`.
    if (next === ':' && !scanner.text.startsWith('://', scanner.position)) {
      if (bare.parts.length > 1) {
        throw new QuerySyntaxError(start, 'The name of a field cannot have a star in it.');
      }
      scanner.position++;
      const name = { text: bare.parts[0]!, quoted: bare.escaped, start };
      return parseTest(scanner, parseFieldName(scanner, name, signal), signal, countTerm);
    }
    if (next !== ':') return wordOf(bare);
    scanner.position = start;
    return wordOf(scanner.bare(''));
  }

  function wordOf(bare: Bare): Query {
    const [text = '', ...rest] = bare.parts;
    if (bare.parts.every((part) => part === '')) return ALL;
    if (rest.length === 0) return { kind: 'text', test: { op: 'text', mode: 'word', text } };
    if (rest.every((part) => part === '')) return { kind: 'text', test: { op: 'text', mode: 'prefix', text } };
    const longest = bare.parts.reduce((best, part) => (part.length > best.length ? part : best));
    const quoted = `"${longest.replace(/["\\]/g, '\\$&')}"`;
    throw new QuerySyntaxError(
      bare.start,
      'In free text a star can only stand at the end of a word; quoted text matches anywhere.',
      scanner.text.slice(0, bare.start) + quoted + scanner.text.slice(bare.end),
    );
  }

  function countTerm(): void {
    if (++terms > MAX_QUERY_TERMS) {
      throw new QuerySyntaxError(scanner.position, `The query has more than ${MAX_QUERY_TERMS} terms.`);
    }
  }

  function takeKeyword(keyword: string): boolean {
    scanner.skipSpace();
    return scanner.takeKeyword(keyword);
  }

  function expectTerm(keyword: string): void {
    const at = scanner.position - keyword.length;
    scanner.skipSpace();
    if (!scanner.atEnd() && scanner.peek() !== ')') return;
    const before = scanner.text.slice(0, at).trimEnd();
    const mended = before + scanner.text.slice(scanner.position);
    throw new QuerySyntaxError(at, `Nothing follows this ${keyword}.`, before === '' ? undefined : mended);
  }

  function misplacedKeyword(bare: Bare): QuerySyntaxError {
    const keyword = scanner.text.slice(bare.start, bare.end);
    const mended = `${scanner.text.slice(0, bare.start)}\\${scanner.text.slice(bare.start)}`;
    const message = `${keyword} stands between two terms; to look for the word itself, write \\${keyword}.`;
    return new QuerySyntaxError(bare.start, message, mended);
  }

  return { parse };
}
