/** Splits a query into coloured pieces, with the faulty piece marked. */
export type PieceKind = 'text' | 'field' | 'value' | 'phrase' | 'keyword' | 'minus';

export interface Piece {
  text: string;
  kind: PieceKind;
  fault: boolean;
}

const TOKENS =
  /(?<phrase>"(?:\\.|[^"\\])*"?)|(?<keyword>\b(?:AND|OR|NOT)\b)|(?<minus>(?<=^|[\s(])-)|(?<field>(?:\\.|[^\s()":\\])+:(?!\/\/))(?<value>(?:"(?:\\.|[^"\\])*"?|\\.|[^\s()"\\])*)|(?<text>\s+|[()]|(?:\\.|[^\s()"\\])+|\\)/gsu;

/** The pieces of `query`, whose texts joined are `query`. The fault runs from `position` to the end of the word there. */
export function highlight(query: string, position?: number): Piece[] {
  const pieces: { text: string; kind: PieceKind }[] = [];
  for (const { groups = {} } of query.matchAll(TOKENS)) {
    for (const kind of ['phrase', 'keyword', 'minus', 'field', 'value', 'text'] as const) {
      const text = groups[kind];
      if (text) pieces.push({ text, kind });
    }
  }
  if (position === undefined) return pieces.map((piece) => ({ ...piece, fault: false }));
  const { from, to } = faultRange(query, position);
  const marked: Piece[] = [];
  let at = 0;
  for (const { text, kind } of pieces) {
    const cuts = [
      0,
      Math.max(0, Math.min(from - at, text.length)),
      Math.max(0, Math.min(to - at, text.length)),
      text.length,
    ];
    for (let i = 0; i < 3; i += 1) {
      const part = text.slice(cuts[i], cuts[i + 1]);
      if (part) marked.push({ text: part, kind, fault: i === 1 });
    }
    at += text.length;
  }
  return marked;
}

/** At least one character: behind the end, the last one. */
function faultRange(query: string, position: number): { from: number; to: number } {
  const from = Math.max(0, Math.min(position, query.length - 1));
  const length = /^[^\s()]+/.exec(query.slice(from))?.[0].length ?? 1;
  return { from, to: from + length };
}
