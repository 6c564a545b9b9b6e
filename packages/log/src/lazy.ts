/** A function without parameters is a value that is worked out only when it is written. Never throws. */
export function lazily(value: unknown): unknown {
  if (typeof value !== 'function') return value;
  try {
    const result: unknown = value.length === 0 ? value() : value;
    return typeof result === 'function' ? '[Function]' : result;
  } catch {
    // The line is worth more than the value; the value says what became of it.
    return '[lazy value threw]';
  }
}
