import { format } from 'node:util';
import { isErrorLike } from '../error-like.ts';

/** As `util.format`, for values that may be anything: what cannot be read says so, and no error stands with its stack. */
export function safeFormat(values: readonly unknown[]): string {
  try {
    return format(...values.map((value) => (isErrorLike(value) ? (value as Error).message : value)));
  } catch {
    // `%s` and `%d` call code of the value, which may throw, as the message of an error may.
    return values.map(safeText).join(' ');
  }
}

function safeText(value: unknown): string {
  try {
    return typeof value === 'string' ? value : format(value);
  } catch {
    return '[Unreadable]';
  }
}

/** The own properties of a value that may be anything; where its own code throws, that says so. */
export function copy(value: unknown): Readonly<Record<string, unknown>> {
  try {
    return { ...(value as object) };
  } catch {
    return { unreadable: true };
  }
}

/** An object as a literal makes it. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  try {
    const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
    return prototype === Object.prototype || prototype === null;
  } catch {
    // A proxy whose trap throws.
    return false;
  }
}
