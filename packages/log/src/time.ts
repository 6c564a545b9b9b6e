const MILLIS: readonly string[] = Array.from({ length: 1000 }, (_, index) => `${String(index).padStart(3, '0')}Z"`);

/** RFC 3339 UTC with milliseconds, quoted. The part up to the second is made once per second. */
export class Timestamps {
  private second = Number.NaN;
  private prefix = '';

  text(ms: number): string {
    const second = Math.floor(ms / 1000);
    if (second !== this.second) {
      // Beyond what Date can tell (a broken clock), the epoch stands: a line with a wrong time beats no line.
      const date = new Date(second * 1000);
      this.prefix = `"${(Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString().slice(0, -4)}`;
      this.second = second;
    }
    return this.prefix + (MILLIS[Math.floor(ms) - second * 1000] ?? MILLIS[0]!);
  }
}
