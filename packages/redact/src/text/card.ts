import { ISSUERS } from '../data/issuers.ts';

/** Issuers by their first two digits, so that a number is compared with few. */
const byStart: (typeof ISSUERS)[number][][] = Array.from({ length: 100 }, () => []);
for (const issuer of ISSUERS) {
  const width = String(issuer.from).length;
  const first = Math.floor(issuer.from / 10 ** Math.max(0, width - 2));
  const last = Math.floor(issuer.to / 10 ** Math.max(0, width - 2));
  if (width === 1) for (let tens = issuer.from * 10; tens < issuer.from * 10 + 10; tens++) byStart[tens]!.push(issuer);
  else for (let tens = first; tens <= last; tens++) byStart[tens]!.push(issuer);
}

/** True when the first two digits can begin a card number: the cheap test that comes first. */
export function mayBeCard(first: number, second: number): boolean {
  return byStart[(first - 48) * 10 + second - 48]?.length !== 0;
}

/** The issuer whose range and lengths fit and whose check digit (Luhn) is right, or undefined. */
export function issuerOf(digits: Uint8Array, length: number): string | undefined {
  if (length < 12 || length > 19) return undefined;
  const candidates = byStart[digits[0]! * 10 + digits[1]!];
  if (candidates === undefined || candidates.length === 0) return undefined;
  for (const issuer of candidates) {
    if (!issuer.lengths.includes(length)) continue;
    let head = 0;
    for (let index = 0; index < issuer.width; index++) head = head * 10 + digits[index]!;
    if (head >= issuer.from && head <= issuer.to) return luhn(digits, length) ? issuer.id : undefined;
  }
  return undefined;
}

/** ISO/IEC 7812-1 annex B */
export function luhn(digits: Uint8Array, length: number): boolean {
  let sum = 0;
  for (let index = length - 1, double = false; index >= 0; index--, double = !double) {
    const digit = digits[index]!;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/** Length of the card number that a text of digits is, or 0. */
export function cardLength(text: string): number {
  const digits = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) digits[index] = text.charCodeAt(index) - 48;
  return issuerOf(digits, text.length) === undefined ? 0 : text.length;
}
