/**
 * Just enough of ClickHouse's lexical rules to tell statements apart, to find where the data of an INSERT begins, and
 * to see the `{name:Type}` parameters. It never decides what a query means; the engine does.
 */

export type Statement =
  | { readonly kind: 'select'; readonly end: number; readonly params: ReadonlySet<string> }
  | { readonly kind: 'command'; readonly end: number; readonly params: ReadonlySet<string> }
  | {
      readonly kind: 'insert';
      readonly params: ReadonlySet<string>;
      /** Where `FROM INFILE` may be put: before SETTINGS, else before FORMAT or VALUES. */
      readonly sourceAt: number;
      /** Where FORMAT or VALUES begins. */
      readonly headEnd: number;
      readonly format: string;
      /** Where the inline data begins, after FORMAT NAME or VALUES and one line break. */
      readonly dataAt: number;
      /** `input('structure')` in `INSERT … SELECT … FROM input(…) FORMAT …`. */
      readonly input: { readonly start: number; readonly end: number; readonly structure: string } | undefined;
    };

/** A statement that is refused before the engine sees it. `clickhouseCode` is the code a ClickHouse server would give. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly code = 'STATEMENT_REFUSED';
  readonly clickhouseCode: number;
  readonly type: string;

  constructor(clickhouseCode: number, type: string, message: string) {
    super(message);
    this.clickhouseCode = clickhouseCode;
    this.type = type;
  }
}

export interface Token {
  readonly type: 'word' | 'string' | 'quoted' | 'number' | 'param' | 'punctuation' | 'end';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const SELECT_WORDS = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', 'FROM']);

/**
 * Classifies one statement. `sql` may hold arbitrary bytes after the head of an INSERT (pass it decoded as latin1 to
 * keep byte offsets). Throws {@link StatementError} on an empty text, on more than one statement, on an unterminated
 * string or comment, and on `INTO OUTFILE`.
 */
export function parseStatement(sql: string): Statement {
  const params = new Set<string>();
  const first = skipOpening(sql);
  const word = first.text.toUpperCase();
  if (first.type === 'end') {
    throw new StatementError(62, 'SYNTAX_ERROR', 'Empty query');
  }
  if (word === 'INSERT') {
    const insert = parseInsert(sql, first.end, params);
    if (insert !== undefined) {
      return insert;
    }
  }
  const end = scanToEnd(sql, first.end, params);
  return { kind: SELECT_WORDS.has(word) ? 'select' : 'command', end, params };
}

/** The first token that is not an opening parenthesis: `(SELECT 1)` is a SELECT. */
function skipOpening(sql: string): Token {
  let token = nextToken(sql, 0);
  while (token.text === '(') {
    token = nextToken(sql, token.end);
  }
  return token;
}

/** Undefined where the INSERT brings no data of its own (`INSERT … SELECT`). */
function parseInsert(sql: string, from: number, params: Set<string>): Statement | undefined {
  let depth = 0;
  let settingsAt = -1;
  let selects = false;
  let input: { start: number; end: number; structure: string } | undefined;
  for (let token = nextToken(sql, from); token.type !== 'end'; token = nextToken(sql, token.end)) {
    if (token.type === 'param') {
      params.add(token.text);
    } else if (token.type === 'punctuation') {
      depth += token.text === '(' ? 1 : token.text === ')' ? -1 : 0;
      if (token.text === ';') {
        return undefined; // scanToEnd judges what follows
      }
    } else if (token.type === 'word') {
      const word = token.text.toUpperCase();
      if (word === 'INPUT') {
        input = inputCall(sql, token) ?? input;
      } else if (depth === 0 && word === 'SETTINGS') {
        settingsAt = token.start;
      } else if (depth === 0 && (word === 'SELECT' || word === 'WITH')) {
        selects = true;
      } else if (depth === 0 && (word === 'INFILE' || word === 'WATCH')) {
        return undefined;
      } else if (depth === 0 && (word === 'FORMAT' || word === 'VALUES')) {
        if (selects && input === undefined) {
          return undefined;
        }
        return insertWithData(sql, token, word, settingsAt, input, params);
      }
    }
  }
  return undefined;
}

function insertWithData(
  sql: string,
  token: Token,
  word: string,
  settingsAt: number,
  input: { start: number; end: number; structure: string } | undefined,
  params: Set<string>,
): Statement {
  let format = 'Values';
  let dataAt = token.end;
  if (word === 'FORMAT') {
    const name = nextToken(sql, token.end);
    if (name.type !== 'word') {
      throw new StatementError(62, 'SYNTAX_ERROR', 'Syntax error: a format name was expected after FORMAT');
    }
    format = name.text;
    // Exactly as the server reads it: spaces, then at most one line break, then the data.
    dataAt = name.end;
    while (sql[dataAt] === ' ' || sql[dataAt] === '\t' || sql[dataAt] === '\r') {
      dataAt++;
    }
    if (sql[dataAt] === ';') {
      dataAt++;
    }
    if (sql[dataAt] === '\n') {
      dataAt++;
    }
  }
  const sourceAt = settingsAt >= 0 ? settingsAt : token.start;
  return { kind: 'insert', params, sourceAt, headEnd: token.start, format, dataAt, input };
}

function inputCall(sql: string, word: Token): { start: number; end: number; structure: string } | undefined {
  const open = nextToken(sql, word.end);
  const structure = nextToken(sql, open.end);
  const close = nextToken(sql, structure.end);
  return open.text === '(' && structure.type === 'string' && close.text === ')'
    ? { start: word.start, end: close.end, structure: structure.text }
    : undefined;
}

/** Where the one statement ends, trailing semicolons and comments left out. */
function scanToEnd(sql: string, from: number, params: Set<string>): number {
  let end = from;
  let closed = false;
  let previous = '';
  for (let token = nextToken(sql, from); token.type !== 'end'; token = nextToken(sql, token.end)) {
    if (token.text === ';' && token.type === 'punctuation') {
      closed = true;
      continue;
    }
    if (closed) {
      throw new StatementError(62, 'SYNTAX_ERROR', 'Multi-statements are not allowed');
    }
    if (token.type === 'param') {
      params.add(token.text);
    }
    const word = token.type === 'word' ? token.text.toUpperCase() : '';
    if (previous === 'INTO' && word === 'OUTFILE') {
      throw new StatementError(1, 'UNSUPPORTED_METHOD', 'INTO OUTFILE is not allowed');
    }
    previous = word;
    end = token.end;
  }
  return end;
}

const WORD = /[A-Za-z_][A-Za-z0-9_$]*/y;
const NUMBER = /[0-9][A-Za-z0-9_.]*/y;
const BLANK = /(?:\s|--[^\n]*|#[ !][^\n]*)+/y;
const PARAM = /\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*:/y;
const HEREDOC = /\$[A-Za-z0-9_]*\$/y;

/** The token at or after `from`, blanks and comments skipped. A `param` token's text is the parameter's name. */
export function nextToken(sql: string, from: number): Token {
  const start = skipBlank(sql, from);
  if (start >= sql.length) {
    return { type: 'end', text: '', start, end: start };
  }
  const char = sql[start] as string;
  if (char === "'" || char === '"' || char === '`') {
    const end = endOfQuoted(sql, start, char);
    return { type: char === "'" ? 'string' : 'quoted', text: sql.slice(start, end), start, end };
  }
  if (char === '{') {
    const name = match(PARAM, sql, start)?.[1];
    const close = sql.indexOf('}', start);
    if (name !== undefined && close > 0) {
      return { type: 'param', text: name, start, end: close + 1 };
    }
  }
  if (char === '$') {
    const tag = match(HEREDOC, sql, start)?.[0];
    const close = tag === undefined ? -1 : sql.indexOf(tag, start + tag.length);
    if (tag !== undefined && close > 0) {
      return { type: 'string', text: sql.slice(start, close + tag.length), start, end: close + tag.length };
    }
  }
  const word = match(WORD, sql, start)?.[0];
  if (word !== undefined) {
    return { type: 'word', text: word, start, end: start + word.length };
  }
  const number = match(NUMBER, sql, start)?.[0];
  if (number !== undefined) {
    return { type: 'number', text: number, start, end: start + number.length };
  }
  return { type: 'punctuation', text: char, start, end: start + 1 };
}

function match(pattern: RegExp, sql: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(sql);
}

function skipBlank(sql: string, from: number): number {
  let at = from;
  for (;;) {
    at += match(BLANK, sql, at)?.[0].length ?? 0;
    if (!sql.startsWith('/*', at)) {
      return at;
    }
    const close = sql.indexOf('*/', at + 2);
    if (close < 0) {
      throw new StatementError(62, 'SYNTAX_ERROR', 'Syntax error: unterminated comment');
    }
    at = close + 2;
  }
}

function endOfQuoted(sql: string, start: number, quote: string): number {
  for (let at = start + 1; at < sql.length; at++) {
    const char = sql[at];
    if (char === '\\') {
      at++;
    } else if (char === quote) {
      if (sql[at + 1] !== quote) {
        return at + 1;
      }
      at++;
    }
  }
  throw new StatementError(62, 'SYNTAX_ERROR', 'Syntax error: unterminated quotation');
}
