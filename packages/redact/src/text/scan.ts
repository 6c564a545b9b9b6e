import type { Literal, Scan } from '../engine.ts';
import { onScheme } from './header.ts';
import { onKey } from './key-value.ts';
import { onDigits } from './number.ts';
import { onPattern } from './pattern.ts';
import { onToken } from './token.ts';
import { onTrigger } from './trigger.ts';

/** One pass over the text from left to right. Every character is read a bounded number of times. */
export function scanText(text: string, scan: Scan): void {
  const { classes, next, firstOutput, outputs, digitState } = scan.engine.automaton;
  const length = text.length;
  let state = 0;
  let index = 0;
  while (index < length) {
    const code = text.charCodeAt(index);
    if (code > 127) {
      state = 0;
      if (isHostile(code)) scan.controls = true;
      index++;
      continue;
    }
    state = next[(state << 6) | classes[code]!]!;
    if (state < firstOutput) {
      index++;
      continue;
    }
    if (state === digitState) {
      index = onDigits(scan, text, index);
      continue;
    }
    const resume = onOutputs(scan, text, index, outputs[state - firstOutput]!);
    if (resume > index) {
      index = resume;
      state = 0;
    } else index++;
  }
}

function onOutputs(scan: Scan, text: string, index: number, literals: readonly Literal[]): number {
  for (let at = 0; at < literals.length; at++) {
    const literal = literals[at]!;
    let resume = -1;
    if (literal.kind === 'key') resume = onKey(scan, text, index + 1 - literal.length, index + 1, literal.key);
    else if (literal.kind === 'trigger') resume = onTrigger(scan, text, index, literal.trigger);
    else if (literal.kind === 'scheme')
      resume = onScheme(scan, text, index + 1 - literal.length, index + 1, literal.key);
    else if (literal.kind === 'token')
      resume = onToken(scan, text, index + 1 - literal.format.prefix.length, literal.format, literal.ref);
    else resume = onPattern(scan, text, index + 1 - literal.pattern.prefix.length, literal.pattern, literal.ref);
    if (resume > index) return resume;
  }
  return -1;
}

/** C1 controls, U+2028, U+2029, bidirectional controls, the byte order mark. */
export function isHostile(code: number): boolean {
  if (code < 0xa0) return true;
  if (code < 0x061c) return false;
  return (
    code === 0x061c ||
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0xfeff
  );
}
