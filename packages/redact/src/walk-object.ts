import { isUtf8 } from 'node:buffer';
import {
  isAnyArrayBuffer,
  isBigIntObject,
  isBooleanObject,
  isBoxedPrimitive,
  isDate,
  isMap,
  isNativeError,
  isNumberObject,
  isPromise,
  isRegExp,
  isSet,
  isStringObject,
  isWeakMap,
  isWeakSet,
} from 'node:util/types';
import type { PathState } from './path.ts';
import { BUDGET_MARKER } from './text/marker.ts';
import { BUDGET_REF } from './text/redact-text.ts';
import { copyError } from './walk-error.ts';
import { copyProperty, read, unused } from './walk-property.ts';
import { binaryStandIn, DROP, isSpent, redactString, report, STAND_INS, UNREADABLE, type Walk } from './walk-state.ts';

/** The copy of an object that is no array. May throw only what the object's own code throws. */
export function copyObject(walk: Walk, value: object, state: PathState | undefined, name: string): unknown {
  if (isDate(value)) return new Date(Date.prototype.getTime.call(value));
  if (isMap(value)) return copyMap(walk, value, state);
  if (isSet(value)) return copySet(walk, value, state, name);
  if (isNativeError(value) || value instanceof Error) return copyError(walk, value, state);
  if (isBoxedPrimitive(value)) return walk.visit.value(walk, unbox(value), state, name);
  if (isAnyArrayBuffer(value)) return binaryStandIn(value.byteLength);
  if (ArrayBuffer.isView(value)) return copyBytes(walk, value);
  if (isRegExp(value)) return redactString(walk, RegExp.prototype.toString.call(value));
  if (isPromise(value)) return STAND_INS.promise;
  if (isWeakMap(value) || isWeakSet(value) || value instanceof WeakRef) return STAND_INS.weak;
  return copyWeb(walk, value, state) ?? copyPlain(walk, value, state, name);
}

function unbox(value: object): unknown {
  if (isStringObject(value)) return String.prototype.valueOf.call(value);
  if (isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return Symbol.prototype.valueOf.call(value);
}

/** URL and URLSearchParams as text; Headers and FormData as plain objects; Blob by its size. */
function copyWeb(walk: Walk, value: object, state: PathState | undefined): unknown {
  if (value instanceof URL) return redactString(walk, String(value.href));
  if (value instanceof URLSearchParams) return redactString(walk, URLSearchParams.prototype.toString.call(value));
  if (value instanceof Headers) return copyEntries(walk, Headers.prototype.entries.call(value), state);
  if (value instanceof FormData) return copyEntries(walk, FormData.prototype.entries.call(value), state);
  if (value instanceof Blob) return binaryStandIn(value.size);
  return undefined;
}

function copyEntries(walk: Walk, entries: Iterable<readonly [string, unknown]>, state: PathState | undefined): object {
  const grouped = new Map<string, unknown[]>();
  for (const [name, value] of entries) {
    const values = grouped.get(name);
    if (values === undefined) grouped.set(name, [value]);
    else values.push(value);
  }
  const target = {};
  for (const [name, values] of grouped) {
    if (!copyProperty(walk, target, name, values.length === 1 ? values[0] : values, state)) break;
  }
  return target;
}

/** Bytes that are text are redacted as text; others cannot be judged and only their number is told. */
function copyBytes(walk: Walk, view: ArrayBufferView): unknown {
  if (!(view instanceof Uint8Array) || view.byteLength > walk.bytes || !isUtf8(view) || view.some(isBinaryByte)) {
    return binaryStandIn(view.byteLength);
  }
  const text = Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('utf8');
  const bytes = Buffer.from(redactString(walk, text, true), 'utf8');
  return Buffer.isBuffer(view) ? bytes : new Uint8Array(bytes);
}

function isBinaryByte(byte: number): boolean {
  return byte < 32 && byte !== 9 && byte !== 10 && byte !== 13;
}

function copyMap(walk: Walk, value: Map<unknown, unknown>, state: PathState | undefined): Map<unknown, unknown> {
  const target = new Map<unknown, unknown>();
  for (const [key, item] of Map.prototype.entries.call(value)) {
    if (isSpent(walk)) {
      report(walk, BUDGET_REF, -1, undefined);
      target.set(BUDGET_MARKER, BUDGET_MARKER);
      break;
    }
    const isName = typeof key === 'string';
    const safeKey = isName ? redactString(walk, key) : walk.visit.value(walk, key, undefined, '');
    walk.path.push(typeof safeKey === 'string' ? safeKey : '(key)');
    const name = isName ? key : safeKey;
    const copy =
      typeof name === 'string'
        ? walk.visit.named(walk, name, item, state)
        : walk.visit.value(walk, item, undefined, '');
    walk.path.pop();
    if (copy !== DROP)
      target.set(typeof safeKey === 'string' ? unused(walk, safeKey, (name) => target.has(name)) : safeKey, copy);
  }
  return target;
}

function copySet(walk: Walk, value: Set<unknown>, state: PathState | undefined, name: string): Set<unknown> {
  return new Set(walk.visit.array(walk, [...Set.prototype.values.call(value)], state, name, false));
}

/** Own enumerable properties, or what `toJSON` gives, as a plain object. */
function copyPlain(walk: Walk, value: object, state: PathState | undefined, name: string): unknown {
  const toJson = read(value, 'toJSON');
  if (typeof toJson === 'function') {
    const json = callToJson(value, toJson);
    if (json !== value && json !== UNREADABLE) {
      if (json === null || typeof json !== 'object' || Array.isArray(json))
        return walk.visit.value(walk, json, state, name);
      return copyProperties(walk, json, state, undefined);
    }
  }
  return copyProperties(walk, value, state, toJson);
}

function callToJson(value: object, toJson: unknown): unknown {
  let found: unknown;
  try {
    found = Reflect.apply(toJson as () => unknown, value, ['']);
  } catch {
    found = UNREADABLE;
  }
  return found;
}

function copyProperties(walk: Walk, value: object, state: PathState | undefined, toJson: unknown): object {
  const target: object = Object.getPrototypeOf(value) === null ? Object.create(null) : {};
  let label = '';
  for (const name of Object.keys(value)) {
    const item = name === 'toJSON' ? toJson : read(value, name);
    if (name === 'toJSON' && typeof item === 'function') continue;
    const alias = name === 'value' || name === 'args' ? label : '';
    if ((name === 'name' || name === 'key' || name === 'header') && typeof item === 'string') label = item;
    if (!copyProperty(walk, target, name, item, state, alias)) break;
  }
  return target;
}
