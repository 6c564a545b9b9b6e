import type { FieldTest, Literal } from './ast.ts';
import type { Target } from './fields.ts';
import { LEVELS, levelRange } from './levels.ts';
import { parseDuration, parseNumber } from './number.ts';
import { QuerySyntaxError, type Scanner } from './scanner.ts';
import { nearest } from './suggest.ts';

/** Throws where a value cannot be one of the field's. `start` is where the test begins in the text. */
export function checkTest(scanner: Scanner, start: number, name: string, target: Target, test: FieldTest): void {
  const values = valuesOf(test);
  switch (target.type) {
    case 'level':
      for (const value of values) {
        if (levelRange(value.text)) continue;
        const names = LEVELS.map(([level]) => level);
        throw mismatch(scanner, start, value, `${value.text} is no level; the levels are ${names.join(', ')}.`, names);
      }
      return;
    case 'enum':
      for (const value of values) {
        if (target.values.includes(value.text.toLowerCase())) continue;
        const message = `${value.text} is no ${name}; it is one of ${target.values.join(', ')}.`;
        throw mismatch(scanner, start, value, message, target.values);
      }
      return;
    case 'duration':
      for (const value of values) {
        if (parseDuration(value.text)) continue;
        throw new QuerySyntaxError(start, `${value.text} is no duration; write one like 100ms, 1.5s or 2m.`);
      }
      return;
    case 'id':
      for (const value of values) {
        if (/^[0-9a-fA-F]*$/.test(value.text) && value.text.length === target.digits) continue;
        const isPart = /^[0-9a-fA-F]+$/.test(value.text) && value.text.length < target.digits && !value.quoted;
        const mended = isPart ? replace(scanner, start, value, `${value.text}*`) : undefined;
        throw new QuerySyntaxError(
          start,
          `An id has ${target.digits} hexadecimal digits; with fewer, end it with a star.`,
          mended,
        );
      }
      return;
    case 'attribute':
      if (new Set(values.map(isNumber)).size < 2) return;
      throw new QuerySyntaxError(start, 'Both bounds of a range must be numbers, or both texts.');
    default:
  }
}

function isNumber({ text, quoted }: Literal): boolean {
  return !quoted && parseNumber(text) !== undefined;
}

function valuesOf(test: FieldTest): Literal[] {
  if (test.op === 'equals' || test.op === 'compare') return [test.value];
  return test.op === 'range' ? [test.low, test.high].filter((bound) => bound !== null) : [];
}

function mismatch(
  scanner: Scanner,
  start: number,
  value: Literal,
  message: string,
  candidates: readonly string[],
): QuerySyntaxError {
  const near = nearest(value.text, candidates);
  return new QuerySyntaxError(start, message, near && replace(scanner, start, value, near));
}

/** The query with this value replaced; undefined where the value was written with escapes. */
function replace(scanner: Scanner, start: number, value: Literal, by: string): string | undefined {
  const at = scanner.text.indexOf(value.text, start);
  if (at < 0 || at + value.text.length > scanner.position) return undefined;
  return scanner.text.slice(0, at) + by + scanner.text.slice(at + value.text.length);
}
