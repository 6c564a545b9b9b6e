import { isDate, isMap, isSet } from 'node:util/types';
import type { Redactor } from '@breakwater/redact';
import { isErrorLike } from './error-like.ts';

/** Copies without redacting, for loggers whose redaction is switched off. */
export function bareCopier(maxDepth: number): Redactor {
  return {
    redact: (value: unknown) => copyPlainly(value, maxDepth, new Set()),
    string: (text: string) => text,
    key: () => false,
    field: (_name: string, value: unknown) => copyPlainly(value, maxDepth, new Set()),
    explain: () => [],
    pseudonyms: () => [],
  } as unknown as Redactor;
}

function copyPlainly(value: unknown, depth: number, above: Set<object>): unknown {
  if (typeof value === 'function') return '[Function]';
  if (typeof value === 'symbol') return '[Symbol]';
  if (typeof value !== 'object' || value === null) return value;
  if (above.has(value)) return '[Circular]';
  if (depth <= 0) return '[too deep]';
  above.add(value);
  try {
    if (isDate(value) || isErrorLike(value) || value instanceof Uint8Array) return value;
    if (isMap(value)) {
      return new Map([...value].slice(0, 1000).map(([key, item]) => [key, copyPlainly(item, depth - 1, above)]));
    }
    const list = Array.isArray(value) ? value : isSet(value) ? [...value] : undefined;
    if (list !== undefined) return list.slice(0, 1000).map((item) => copyPlainly(item, depth - 1, above));
    const target: [string, unknown][] = [];
    for (const name of Object.keys(value).slice(0, 1000)) {
      target.push([name, copyPlainly(readQuietly(value, name), depth - 1, above)]);
    }
    return new Map(target);
  } catch {
    // A proxy's traps or an exotic object's slot check.
    return '[Unreadable]';
  } finally {
    above.delete(value);
  }
}

function readQuietly(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    return '[Unreadable]';
  }
}
