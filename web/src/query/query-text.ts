/** Building and changing query texts (the language is the server's, docs/query-language.md) without parsing them fully. */

/** Built-in fields of either signal, and their other names: an attribute of such a name is written `attr.NAME`. */
const BUILT_IN = new Set([
  ...[
    'service',
    'environment',
    'env',
    'scope',
    'trace',
    'trace_id',
    'span',
    'span_id',
    'level',
    'severity',
    'severity_text',
    'body',
    'event',
    'event_name',
  ],
  ...['parent', 'parent_span_id', 'name', 'kind', 'status', 'status_message', 'duration'],
]);

export type Holder = 'field' | 'attribute' | 'resource';

/** How a field is named in a query. */
export function fieldName(key: string, holder: Holder = 'attribute'): string {
  if (holder === 'resource') return `resource.${escapeName(key)}`;
  if (BUILT_IN.has(key)) return holder === 'field' ? key : `attr.${key}`;
  // A name without a dot may look like a misspelt built-in field; one with the prefix of another holder is not ours.
  const plain = key.includes('.') && !/^(attr|resource)\./.test(key);
  return plain ? escapeName(key) : `attr.${escapeName(key)}`;
}

/** The name with a backslash before what would end it. */
export function escapeName(key: string): string {
  return key.replace(/[\s()"\\*:]/gu, '\\$&');
}

/** A value as it stands behind a colon: bare where that is read as this text, else in quotes. */
export function fieldValue(value: string): string {
  const bare = value !== '' && !/[\s()"\\*]/u.test(value) && !/^(?:[<>=[{]|\/\/)/.test(value);
  return bare ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** `service:api`, for a built-in field where the key is one's name. */
export function filterClause(
  key: string,
  value: string,
  holder: Holder = BUILT_IN.has(key) ? 'field' : 'attribute',
): string {
  return `${fieldName(key, holder)}:${fieldValue(value)}`;
}

/**
 * The terms of a query that stand side by side at the top, as written; a parenthesis is one term. Undefined where an OR
 * stands among them, or where quotes or parentheses do not close.
 */
export function topTerms(query: string): string[] | undefined {
  const terms: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = -1;
  const end = (at: number) => {
    if (start >= 0) terms.push(query.slice(start, at));
    start = -1;
  };
  for (let at = 0; at < query.length; at += 1) {
    const character = query[at] ?? '';
    if (!quoted && depth === 0 && /\s/.test(character)) {
      end(at);
      continue;
    }
    if (start < 0) start = at;
    if (character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === '(') depth += 1;
    else if (!quoted && character === ')') depth -= 1;
    if (depth < 0) return undefined;
  }
  end(query.length);
  if (quoted || depth !== 0 || terms.includes('OR')) return undefined;
  return terms.filter((term) => term !== 'AND');
}

/** The query that also demands (or excludes) the clause. A clause that is there already, either way, is replaced. */
export function withClause(query: string, clause: string, mode: 'only' | 'exclude' = 'only'): string {
  const added = mode === 'exclude' ? `-${clause}` : clause;
  const terms = topTerms(query);
  if (!terms) return `(${query.trim()}) ${added}`;
  return [...withoutTerms(terms, clause), added].join(' ');
}

/** The query without the clause, demanded or excluded. */
export function withoutClause(query: string, clause: string): string {
  const terms = topTerms(query);
  return terms ? withoutTerms(terms, clause).join(' ') : query;
}

function withoutTerms(terms: readonly string[], clause: string): string[] {
  // `NOT term` is two words of one negation.
  return terms.filter((term, index) => {
    if (term === 'NOT') return terms[index + 1] !== clause;
    return term !== clause && term !== `-${clause}`;
  });
}

/** How the query treats the clause. */
export function clauseState(query: string, clause: string): 'only' | 'exclude' | 'none' {
  const terms = topTerms(query) ?? [];
  if (terms.includes(`-${clause}`)) return 'exclude';
  const at = terms.indexOf(clause);
  if (at < 0) return 'none';
  return terms[at - 1] === 'NOT' ? 'exclude' : 'only';
}
