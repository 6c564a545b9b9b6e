import { OptionError } from '@breakwater/errors/core';

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
  readonly lines: KeptLine[];
  /** Lowest severity kept. */
  readonly from: number;
  readonly maxLines: number;
  state: 'keeping' | 'written' | 'discarded';
}

/** Buffers whose requests go on, for the end of the process. Weak: a request that never ends may still be forgotten. */
const open = new Set<WeakRef<RequestBuffer>>();
const refs = new WeakMap<RequestBuffer, WeakRef<RequestBuffer>>();

/** A request that nobody holds any more has not gone well, and will not: its lines are written. */
const forgotten = new FinalizationRegistry<{ ref: WeakRef<RequestBuffer>; lines: KeptLine[] }>(({ ref, lines }) => {
  open.delete(ref);
  for (const { line, severity, owner } of lines.splice(0)) owner.writeKept(line, severity);
});

export function createRequestBuffer(from: number, maxLines: number): RequestBuffer {
  if (!Number.isSafeInteger(maxLines) || maxLines < 1)
    throw new OptionError('options.maxLines', maxLines, 'a positive integer');
  const buffer: RequestBuffer = { lines: [], from, maxLines, state: 'keeping' };
  const ref = new WeakRef(buffer);
  open.add(ref);
  refs.set(buffer, ref);
  forgotten.register(buffer, { ref, lines: buffer.lines }, buffer);
  return buffer;
}

function end(buffer: RequestBuffer, state: 'written' | 'discarded'): void {
  buffer.state = state;
  open.delete(refs.get(buffer)!);
  forgotten.unregister(buffer);
}

/** The process ends: requests that go on have not gone well. */
export function writeAllKept(): void {
  for (const ref of open) {
    const buffer = ref.deref();
    if (buffer !== undefined) writeKept(buffer);
  }
}

/** A logger is closed: what it has said in requests that go on is written. */
export function writeKeptOf(owner: LineOwner): void {
  for (const ref of open) {
    const lines = ref.deref()?.lines ?? [];
    const own = lines.filter((kept) => kept.owner === owner);
    if (own.length === 0) continue;
    lines.splice(0, lines.length, ...lines.filter((kept) => kept.owner !== owner));
    for (const { line, severity } of own) owner.writeKept(line, severity);
  }
}

/** The oldest goes when there is no room. */
export function keepLine(buffer: RequestBuffer, kept: KeptLine): void {
  if (buffer.lines.length >= buffer.maxLines) buffer.lines.shift()!.owner.dropKept('queue-full');
  buffer.lines.push(kept);
}

/** The request failed: its lines are written, and later ones will be at once. */
export function writeKept(buffer: RequestBuffer): void {
  if (buffer.state !== 'keeping') return;
  end(buffer, 'written');
  for (const { line, severity, owner } of buffer.lines.splice(0)) owner.writeKept(line, severity);
}

/** The request went well: its lines are counted as `request-ok`. */
export function discardKept(buffer: RequestBuffer): void {
  if (buffer.state !== 'keeping') return;
  end(buffer, 'discarded');
  for (const { owner } of buffer.lines.splice(0)) owner.dropKept('request-ok');
}
