import type { FieldError } from './error.ts';
import { readList, readProperty, readString } from './read.ts';

const MAX_FIELDS = 20;
const SEGMENT = /^[A-Za-z_]\w{0,39}$|^\d{1,6}$/;
const LISTS = ['issues', 'details', 'validation', 'errors', 'inner'];
const CODE = /^[A-Za-z][\w.-]{0,63}$/;

/**
 * The fields at fault, from an error of zod, valibot, joi, yup, ajv or Fastify: where (a JSON Pointer) and which rule,
 * never the value nor the library's text. At most 20. A name that is not a plain identifier becomes `*`: it may be
 * something a client made up. Empty when the error names no fields. Never throws.
 */
export function toFieldErrors(error: unknown): FieldError[] {
  const list = LISTS.map((key) => readList(error, key, 200)?.items).find((items) => items !== undefined);
  const fields: FieldError[] = [];
  for (let i = 0; list !== undefined && i < list.length && fields.length < MAX_FIELDS; i++) {
    const issue = list[i];
    const pointer = pointerOf(issue);
    if (pointer === undefined) continue;
    const code = [readString(issue, 'code'), readString(issue, 'keyword'), readString(issue, 'type')].find(
      (text) => text !== undefined && CODE.test(text),
    );
    fields.push({ pointer, code: code ?? 'invalid' });
  }
  return fields;
}

function pointerOf(issue: unknown): string | undefined {
  const instancePath = readString(issue, 'instancePath');
  if (instancePath !== undefined) {
    const missing = readString(readProperty(issue, 'params'), 'missingProperty');
    return toPointer([...instancePath.slice(0, 1000).split('/').slice(1), ...(missing === undefined ? [] : [missing])]);
  }
  const keys = readList(issue, 'path', 32)?.items;
  if (keys !== undefined)
    return toPointer(keys.map((part) => (typeof part === 'object' ? readProperty(part, 'key') : part)));
  const path = readProperty(issue, 'path');
  return typeof path === 'string'
    ? toPointer(
        path
          .slice(0, 1000)
          .split(/[.[\]]+/)
          .filter((part) => part !== ''),
      )
    : undefined;
}

function toPointer(path: readonly unknown[]): string {
  return path
    .map((part) => {
      const text = typeof part === 'string' || typeof part === 'number' ? String(part) : '';
      return `/${SEGMENT.test(text) ? text : '*'}`;
    })
    .join('');
}
