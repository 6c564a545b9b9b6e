import { isNativeError } from 'node:util/types';

/** An Error, also of another realm. Never throws. */
export function isErrorLike(value: unknown): boolean {
  try {
    return isNativeError(value) || value instanceof Error;
  } catch {
    // A proxy whose getPrototypeOf trap throws.
    return false;
  }
}
