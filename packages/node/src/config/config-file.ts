import { closeSync, openSync, readSync } from 'node:fs';
import type { Mistake } from './config-error.ts';

/** More than any settings need; a file that is far longer is another one. */
export const MAX_FILE_BYTES = 262_144;

/** The object in a JSON file of UTF-8; `{}` and a mistake when there is none. */
export function readConfigFile(path: string, mistakes: Mistake[]): Readonly<Record<string, unknown>> {
  const refuse = (shown: string): Readonly<Record<string, unknown>> => {
    mistakes.push({ source: path, name: 'the file', expected: 'a JSON object', shown });
    return {};
  };
  let bytes: Buffer;
  try {
    bytes = firstBytes(path, MAX_FILE_BYTES + 1);
  } catch (error) {
    return refuse((error as Error).message);
  }
  if (bytes.length > MAX_FILE_BYTES) return refuse(`more than ${MAX_FILE_BYTES} bytes`);
  let value: unknown;
  try {
    // A byte order mark, as some editors write it, is left out.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's message quotes the text around the mistake, which may be a secret.
    return refuse('a text that is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('another JSON value');
  return value as Readonly<Record<string, unknown>>;
}

/** Not the whole file at once: pipes have no size to look at, and devices no end. */
function firstBytes(path: string, max: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(max);
    let length = 0;
    while (length < max) {
      const read = readSync(file, bytes, length, max - length, null);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
