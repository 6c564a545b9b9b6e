/** Lines of one request that are below the threshold, kept until it is known whether it failed. */
export interface RequestBuffer {
  readonly lines: { readonly line: string; readonly severity: number }[];
  /** Lowest severity kept. */
  readonly from: number;
  readonly maxLines: number;
  /** Lines that did not fit; the oldest go first. */
  overflowed: number;
  state: 'keeping' | 'written' | 'discarded';
}

export function createRequestBuffer(from: number, maxLines: number): RequestBuffer {
  return { lines: [], from, maxLines, overflowed: 0, state: 'keeping' };
}

export function keepLine(buffer: RequestBuffer, line: string, severity: number): void {
  if (buffer.lines.length >= buffer.maxLines) {
    buffer.lines.shift();
    buffer.overflowed++;
  }
  buffer.lines.push({ line, severity });
}
