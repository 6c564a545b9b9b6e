/** Randomness from a seed, the same on every machine. */
export interface Source {
  number(limit: number): number;
  pick<T>(list: readonly T[]): T;
  from(alphabet: string, length: number): string;
}

export const DIGITS = '0123456789';
export const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const LOWER = 'abcdefghijklmnopqrstuvwxyz';

/** mulberry32 */
export function createSource(seed: number): Source {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
  const number = (limit: number): number => Math.floor(next() * limit);
  return {
    number,
    pick: (list) => list[number(list.length)]!,
    from: (alphabet, length) => Array.from({ length }, () => alphabet[number(alphabet.length)]).join(''),
  };
}

export const HEX = '0123456789abcdef';
export const ALNUM: string = DIGITS + UPPER + LOWER;
