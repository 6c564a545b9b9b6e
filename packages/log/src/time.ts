import { toFlat } from './text.ts';

/** The beginnings of lines: `{"timestamp":"…","severityText":…,"body":`, made once per millisecond and level. */
export class Timestamps {
  #ms = Number.NaN;
  #rest = '';
  #head = '';

  /** RFC 3339 UTC with milliseconds, and `rest` behind it. */
  lineStart(ms: number, rest: string): string {
    if (ms !== this.#ms || rest !== this.#rest) {
      this.#ms = ms;
      this.#rest = rest;
      // Beyond what Date can tell (a broken clock), the epoch stands: a line with a wrong time beats no line.
      const text = new Date(new Date(ms).getTime() || 0).toISOString();
      // Flat, as it is copied into many lines.
      this.#head = toFlat(`{"timestamp":"${text}"${rest}`);
    }
    return this.#head;
  }
}
