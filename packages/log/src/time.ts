/** The beginnings of lines: `{"timestamp":"…","severityText":…,"body":`, made once per millisecond and level. */
export class Timestamps {
  private second: number = Number.NaN;
  private date = '';
  private ms: number = Number.NaN;
  private rest: string | undefined;
  private head = '';

  /** RFC 3339 UTC with milliseconds, and `rest` behind it. */
  lineStart(ms: number, rest: string): string {
    if (ms === this.ms && rest === this.rest) return this.head;
    const second = Math.floor(ms / 1000);
    if (second !== this.second) {
      // Beyond what Date can tell (a broken clock), the epoch stands: a line with a wrong time beats no line.
      const date = new Date(second * 1000);
      this.date = `{"timestamp":"${(Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString().slice(0, -4)}`;
      this.second = second;
    }
    // Joined, not added: one flat text, which is copied into many lines.
    this.head = [this.date, MILLIS[Math.floor(ms) - second * 1000] ?? MILLIS[0], rest].join('');
    this.ms = ms;
    this.rest = rest;
    return this.head;
  }
}

const MILLIS: readonly string[] = Array.from({ length: 1000 }, (_, index) => `${String(index).padStart(3, '0')}Z"`);
