import type { Literal } from '../ast.ts';
import type { Target } from '../fields.ts';
import { levelRange } from '../levels.ts';
import { type ExactNumber, parseDuration, parseNumber } from '../number.ts';
import type { SqlParams } from '../sql-params.ts';
import { compareBytes, wellFormed } from '../text.ts';
import { attributeColumn } from './attribute-map.ts';
import { type Matcher, NEVER_SQL, never } from './operator.ts';

/** The values between two bounds; a bound that is null is open. */
export interface Interval<T> {
  readonly low: T | null;
  readonly high: T | null;
  readonly includesLow: boolean;
  readonly includesHigh: boolean;
}

/** The values an integer column can hold. */
export interface IntegerType {
  readonly sqlType: 'Int64' | 'UInt64';
  readonly min: bigint;
  readonly max: bigint;
}
export const INT64: IntegerType = { sqlType: 'Int64', min: -(2n ** 63n), max: 2n ** 63n - 1n };
export const UINT64: IntegerType = { sqlType: 'UInt64', min: 0n, max: 2n ** 64n - 1n };

/** The interval of one value. */
export function point(value: ExactNumber): Interval<ExactNumber> {
  return { low: value, high: value, includesLow: true, includesHigh: true };
}

/** The least and the greatest integer of the interval that the type can hold; undefined if there is none. */
function integersIn(interval: Interval<ExactNumber>, type: IntegerType): { low: bigint; high: bigint } | undefined {
  const { low, high, includesLow, includesHigh } = interval;
  const least = low === null ? type.min : includesLow ? low.ceil : low.floor + 1n;
  const greatest = high === null ? type.max : includesHigh ? high.floor : high.ceil - 1n;
  const range = { low: least < type.min ? type.min : least, high: greatest > type.max ? type.max : greatest };
  return range.low > range.high ? undefined : range;
}

export function integerSql(
  column: string,
  interval: Interval<ExactNumber>,
  type: IntegerType,
  params: SqlParams,
): string {
  const range = integersIn(interval, type);
  if (!range) return NEVER_SQL;
  const value = (integer: bigint): string => params.add(type.sqlType, integer.toString());
  if (range.low === range.high) return `${column} = ${value(range.low)}`;
  return bothSql([
    range.low > type.min && `${column} >= ${value(range.low)}`,
    range.high < type.max && `${column} <= ${value(range.high)}`,
  ]);
}

export function integerMatcher(interval: Interval<ExactNumber>, type: IntegerType): (value: bigint) => boolean {
  const range = integersIn(interval, type);
  return range ? (value) => value >= range.low && value <= range.high : () => false;
}

/** NaN is in no interval. */
export function doubleSql(column: string, interval: Interval<ExactNumber>, params: SqlParams): string {
  return orderedSql(column, interval, (bound) => params.add('Float64', bound.double));
}

export function doubleMatcher(interval: Interval<ExactNumber>): (value: number) => boolean {
  const { low, high, includesLow, includesHigh } = interval;
  return (value) =>
    (low === null || (includesLow ? value >= low.double : value > low.double)) &&
    (high === null || (includesHigh ? value <= high.double : value < high.double));
}

/** The condition that a field's value lies in an interval of values as written. */
export function intervalSql(interval: Interval<Literal>, target: Target, params: SqlParams): string {
  switch (target.type) {
    case 'level': {
      const levels = levelInterval(interval);
      return levels ? integerSql(target.column, levels, UINT64, params) : NEVER_SQL;
    }
    case 'duration': {
      const nanos = convert(interval, ({ text }) => parseDuration(text));
      return nanos ? integerSql(target.column, nanos, UINT64, params) : NEVER_SQL;
    }
    case 'attribute': {
      const numbers = convert(interval, numberOf);
      if (!numbers) {
        const text = (bound: Literal): string => params.add('String', bound.text);
        return attributeColumn(target, 'string', params).where((value) => orderedSql(value, interval, text));
      }
      const integer = attributeColumn(target, 'int', params);
      const double = attributeColumn(target, 'double', params);
      const inIntegers = integer.where((value) => integerSql(value, numbers, INT64, params));
      const inDoubles = double.where((value) => doubleSql(value, numbers, params));
      return `(${inIntegers} OR ${inDoubles})`;
    }
    default:
      return NEVER_SQL;
  }
}

export function intervalMatcher(interval: Interval<Literal>, target: Target): Matcher {
  switch (target.type) {
    case 'level': {
      const levels = levelInterval(interval);
      const matches = levels ? integerMatcher(levels, UINT64) : () => false;
      return (record) => matches(BigInt(target.read(record)));
    }
    case 'duration': {
      const nanos = convert(interval, ({ text }) => parseDuration(text));
      const matches = nanos ? integerMatcher(nanos, UINT64) : () => false;
      return (record) => matches(target.read(record));
    }
    case 'attribute': {
      const numbers = convert(interval, numberOf);
      if (!numbers) {
        const matches = textMatcher(interval);
        return (record) => {
          const value = target.read(record);
          return typeof value === 'string' && matches(wellFormed(value));
        };
      }
      const integers = integerMatcher(numbers, INT64);
      const doubles = doubleMatcher(numbers);
      return (record) => {
        const value = target.read(record);
        if (typeof value === 'bigint') return integers(value);
        return typeof value === 'number' && doubles(value);
      };
    }
    default:
      return never;
  }
}

function numberOf(literal: Literal): ExactNumber | undefined {
  return literal.quoted ? undefined : parseNumber(literal.text);
}

/** A level's name as a bound: the interval ends at the far side of its numbers where it includes them. */
function levelInterval(interval: Interval<Literal>): Interval<ExactNumber> | undefined {
  const exact = (integer: number): ExactNumber => ({ double: integer, floor: BigInt(integer), ceil: BigInt(integer) });
  const low = interval.low && levelRange(interval.low.text);
  const high = interval.high && levelRange(interval.high.text);
  if (low === undefined || high === undefined) return undefined;
  return {
    ...interval,
    low: low && exact(interval.includesLow ? low.low : low.high),
    high: high && exact(interval.includesHigh ? high.high : high.low),
  };
}

/** The interval with its bounds read by `read`; undefined if one cannot be read. */
function convert<T>(interval: Interval<Literal>, read: (literal: Literal) => T | undefined): Interval<T> | undefined {
  const low = interval.low && read(interval.low);
  const high = interval.high && read(interval.high);
  return low === undefined || high === undefined ? undefined : { ...interval, low, high };
}

function textMatcher({ low, high, includesLow, includesHigh }: Interval<Literal>): (value: string) => boolean {
  return (value) => {
    const toLow = low === null ? 1 : compareBytes(value, low.text);
    const toHigh = high === null ? -1 : compareBytes(value, high.text);
    return (includesLow ? toLow >= 0 : toLow > 0) && (includesHigh ? toHigh <= 0 : toHigh < 0);
  };
}

function orderedSql<T>(column: string, interval: Interval<T>, value: (bound: T) => string): string {
  const { low, high, includesLow, includesHigh } = interval;
  return bothSql([
    low !== null && `${column} ${includesLow ? '>=' : '>'} ${value(low)}`,
    high !== null && `${column} ${includesHigh ? '<=' : '<'} ${value(high)}`,
  ]);
}

function bothSql(conditions: readonly (string | false)[]): string {
  const given = conditions.filter((condition) => condition !== false);
  if (given.length === 0) return '1';
  return given.length === 1 ? given[0]! : `(${given.join(' AND ')})`;
}
