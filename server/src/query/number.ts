/** Numbers and durations as people write them in a query, kept exact where a 64-bit integer is compared with them. */

/** A number as written: the nearest double, and the exact integers around it. */
export interface ExactNumber {
  readonly double: number;
  /** The greatest integer that is not above the number. */
  readonly floor: bigint;
  /** The least integer that is not below the number; equal to `floor` where the number is an integer. */
  readonly ceil: bigint;
}

const NUMBER = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
const DURATION = /^(\d+)(?:\.(\d+))?(ns|us|µs|μs|ms|s|m|h|d)?$/;
const NANOS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
};

/** Longest text read as a number. Longer digits are text: nobody means a number by them. */
const MAX_DIGITS = 100;
/** Beyond this exponent a double is 0 or infinite, and a bigint would only cost memory. */
const MAX_EXPONENT = 400;

/** Reads `12`, `-0.5`, `1e3`. Anything else (also `NaN`, `0x10`, `1_000`) is not a number: undefined. */
export function parseNumber(text: string): ExactNumber | undefined {
  if (text.length > MAX_DIGITS) return undefined;
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText) - fraction.length;
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined;
  const digits = BigInt(sign === '-' ? `-${whole}${fraction}` : whole + fraction);
  return { double: Number(text), ...integersAround(digits, exponent) };
}

/** Reads `100ms`, `1.5s`, `250us`, `2m`; without a unit, milliseconds. In nanoseconds; undefined if it is no duration. */
export function parseDuration(text: string): ExactNumber | undefined {
  if (text.length > MAX_DIGITS) return undefined;
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const [, whole = '', fraction = '', unit = 'ms'] = match;
  const around = integersAround(BigInt(whole + fraction) * NANOS[unit]!, -fraction.length);
  return { double: Number(around.floor), ...around };
}

function integersAround(digits: bigint, exponent: number): { floor: bigint; ceil: bigint } {
  if (exponent >= 0) {
    const integer = digits * 10n ** BigInt(exponent);
    return { floor: integer, ceil: integer };
  }
  const divisor = 10n ** BigInt(-exponent);
  const quotient = digits / divisor;
  const rest = digits % divisor;
  if (rest === 0n) return { floor: quotient, ceil: quotient };
  return rest < 0n ? { floor: quotient - 1n, ceil: quotient } : { floor: quotient, ceil: quotient + 1n };
}
