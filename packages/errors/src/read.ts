/**
 * Reads `value[key]` of anything, without ever throwing: primitives, revoked proxies and throwing getters give
 * `undefined`. A promise is not awaited and a method is not called.
 */
export function readProperty(value: unknown, key: PropertyKey): unknown {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return undefined;
  let found: unknown;
  try {
    found = (value as Record<PropertyKey, unknown>)[key];
  } catch {
    // A getter or proxy trap of a foreign object failed: for us the property is not there.
    found = undefined;
  }
  return found;
}

/** `value[key]` when it is a string, else `undefined`. Never throws. */
export function readString(value: unknown, key: PropertyKey): string | undefined {
  const found = readProperty(value, key);
  return typeof found === 'string' ? found : undefined;
}

/** `value[key]` when it is a finite number, else `undefined`. Never throws. */
export function readNumber(value: unknown, key: PropertyKey): number | undefined {
  const found = readProperty(value, key);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

/** True when `value` is an Error of any realm. Never throws; a revoked proxy is not an Error. */
export function isNativeError(value: unknown): value is Error {
  const native = (Error as unknown as { isError?: (value: unknown) => boolean }).isError;
  if (native !== undefined) return native(value);
  let is: boolean;
  try {
    is = value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
  } catch {
    // A revoked proxy throws in both tests: it is no Error.
    is = false;
  }
  return is;
}

/**
 * `value[key]` when it is an array: a copy of its first `max` members and its whole length. Else `undefined`. Never
 * throws, also for an array behind a hostile proxy.
 */
export function readList(
  value: unknown,
  key: PropertyKey,
  max = 100,
): { readonly items: readonly unknown[]; readonly length: number } | undefined {
  const found = readProperty(value, key);
  let list: { items: unknown[]; length: number } | undefined;
  try {
    if (!Array.isArray(found)) return undefined;
    list = { items: [], length: found.length };
    for (let i = 0; i < list.length && i < max; i++) list.items.push(found[i]);
  } catch {
    // Only a proxy throws here; a list that cannot be read is one that is not there.
    list = undefined;
  }
  return list;
}
