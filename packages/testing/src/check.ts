/** Throws `TypeError` for options that are no object, and for one that does not exist: a misspelt one must not be ignored. */
export function knownOptions(at: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${at}: expected an object of options, got ${String(options)}`);
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw new TypeError(`${at}: there is no option ${key}, only ${known.join(', ')}`);
}

export function requireFunction(at: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`${at}: expected a function, got ${typeof value}`);
}
