import { OptionError } from '@breakwater/errors';

/** A line kept, and the logger that will write it or count it. */
export interface KeptLine {
  readonly line: string;
  readonly severity: number;
  readonly owner: LineOwner;
}

export interface LineOwner {
  writeKept(line: string, severity: number): void;
  dropKept(reason: 'queue-full' | 'request-ok'): void;
}

/** Lines of one request that are below the threshold, kept until it is known whether it failed. */
export interface RequestBuffer {
  lines: KeptLine[];
  /** Lowest severity kept. */
  readonly from: number;
  readonly maxLines: number;
  state: 'keeping' | 'written' | 'discarded';
}

export function createRequestBuffer(from: number, maxLines: number): RequestBuffer {
  if (!Number.isSafeInteger(maxLines) || maxLines < 1)
    throw new OptionError('options.maxLines', maxLines, 'a positive integer');
  return { lines: [], from, maxLines, state: 'keeping' };
}

/** The oldest goes when there is no room. */
export function keepLine(buffer: RequestBuffer, kept: KeptLine): void {
  if (buffer.lines.length >= buffer.maxLines) buffer.lines.shift()!.owner.dropKept('queue-full');
  buffer.lines.push(kept);
}

/** The request failed: its lines are written, and later ones will be at once. */
export function writeKept(buffer: RequestBuffer): void {
  if (buffer.state !== 'keeping') return;
  buffer.state = 'written';
  for (const { line, severity, owner } of buffer.lines.splice(0)) owner.writeKept(line, severity);
}

/** The request went well: its lines are counted as `request-ok`. */
export function discardKept(buffer: RequestBuffer): void {
  if (buffer.state !== 'keeping') return;
  buffer.state = 'discarded';
  for (const { owner } of buffer.lines.splice(0)) owner.dropKept('request-ok');
}
