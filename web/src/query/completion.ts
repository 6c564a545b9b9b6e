/** What the query box offers at the caret: names of fields, then values of the field. */

export type Completion =
  | { kind: 'key'; from: number; to: number; prefix: string }
  | { kind: 'value'; from: number; to: number; prefix: string; field: string };

/** What can be completed at the caret; undefined inside quoted free text. `from` to `to` is replaced by a choice. */
export function completionAt(text: string, caret: number): Completion | undefined {
  const start = termStart(text, caret);
  if (start === undefined) return undefined;
  let end = caret;
  while (end < text.length && !/[\s()]/.test(text[end] ?? '')) end += 1;
  const typed = text.slice(start, caret);
  const colon = colonIn(typed);
  if (colon < 0) {
    if (typed.startsWith('"')) return undefined;
    // A name keeps the value that already stands behind it.
    const rest = text.slice(caret, end);
    const keyEnd = colonIn(rest) >= 0 ? caret + colonIn(rest) + 1 : end;
    return { kind: 'key', from: start, to: keyEnd, prefix: typed };
  }
  const operator = /^(?:>=|<=|>|<)?"?/.exec(typed.slice(colon + 1))?.[0] ?? '';
  const from = start + colon + 1 + operator.replace('"', '').length;
  return {
    kind: 'value',
    from,
    to: end,
    prefix: typed.slice(colon + 1 + operator.length),
    field: unescapeName(typed.slice(0, colon)),
  };
}

/** Where the term at the caret begins, behind minus signs and parentheses. */
function termStart(text: string, caret: number): number | undefined {
  let quoted = false;
  let start = 0;
  for (let at = 0; at < caret; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (/\s/.test(character) || '()'.includes(character))) start = at + 1;
    else if (!quoted && character === '-' && at === start) start = at + 1;
  }
  if (quoted && text[start] === '"') return undefined;
  return start;
}

function colonIn(term: string): number {
  for (let at = 0; at < term.length; at += 1) {
    if (term[at] === '\\') at += 1;
    else if (term[at] === ':') return term.startsWith('://', at) ? -1 : at;
  }
  return -1;
}

function unescapeName(name: string): string {
  return name.replace(/\\(.)/gsu, '$1');
}

/** The text and the caret after a choice. A name is followed by a colon, a value by a space. */
export function applyCompletion(text: string, completion: Completion, choice: string): { text: string; caret: number } {
  const behind = text.slice(completion.to);
  const inserted = completion.kind === 'key' ? `${choice}:` : behind.startsWith(' ') ? choice : `${choice} `;
  const caret = completion.from + inserted.length + (completion.kind === 'value' && behind.startsWith(' ') ? 1 : 0);
  return { text: text.slice(0, completion.from) + inserted + behind, caret };
}

/** Choices that fit the prefix: those that begin with it, then those that contain it. */
export function rankChoices<T extends { value: string }>(choices: readonly T[], prefix: string, limit: number): T[] {
  const wanted = prefix.toLowerCase();
  const begins = choices.filter((choice) => choice.value.toLowerCase().startsWith(wanted));
  const contains = choices.filter((choice) => {
    const at = choice.value.toLowerCase().indexOf(wanted);
    return at > 0;
  });
  return [...begins, ...contains].slice(0, limit);
}
