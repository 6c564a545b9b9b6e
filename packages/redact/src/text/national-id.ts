import type { Scan } from '../engine.ts';
import { onIban } from './iban.ts';

/** Letters stand before the digits at `start`: identifiers that mix both. Returns where to go on, or `end`. */
export function onLetteredId(scan: Scan, text: string, start: number, end: number): number {
  const iban = onIban(scan, text, start);
  return iban > end ? iban : end;
}

/** Identifiers that begin with digits. Returns where to go on, or -1. */
export function onGroupedId(_scan: Scan, _text: string, _start: number, _end: number): number {
  return -1;
}
