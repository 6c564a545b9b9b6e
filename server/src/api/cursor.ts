import { invalidInput } from './problem.ts';

/** The last row of a page: rows are ordered by time, those of one nanosecond by id. */
export interface Cursor {
  readonly timeUnixNano: string;
  readonly id: string;
}

/** An opaque text for the URL. */
export function printCursor({ timeUnixNano, id }: Cursor): string {
  return Buffer.from(`${timeUnixNano}.${id}`).toString('base64url');
}

/** Throws a problem where the text is not one of {@link printCursor}. */
export function parseCursor(text: string): Cursor {
  const match = /^(\d{1,19})\.(\d{1,20})$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  const [, timeUnixNano = '', id = ''] = match ?? [];
  if (!match || BigInt(timeUnixNano) >= 2n ** 63n || BigInt(id) >= 2n ** 64n) {
    throw invalidInput('cursor is not one that an answer of this server held as nextCursor');
  }
  return { timeUnixNano, id };
}
