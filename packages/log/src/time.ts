import { toFlat } from './text.ts';

/**
 * Makes the beginnings of lines, `{"timestamp":"…"` and what follows it (`,"severityText":…,"body":`): once per
 * millisecond and level.
 */
export function createLineStart(): (ms: number, following: string) => string {
  let lastMs = Number.NaN;
  let last = '';
  let start = '';
  return (ms, following) => {
    if (ms !== lastMs || following !== last) {
      lastMs = ms;
      last = following;
      // Beyond what Date can tell (a broken clock), the epoch stands: a line with a wrong time beats no line.
      const text = new Date(new Date(ms).getTime() || 0).toISOString();
      // Flat, as it is copied into many lines.
      start = toFlat(`{"timestamp":"${text}"${following}`);
    }
    return start;
  };
}
