import { warn } from './events.ts';

/** What a predicate of the user says. One that throws is reported, as a listener that does, and `otherwise` holds. */
export function ask<T>(predicate: (value: T) => unknown, value: T, otherwise: boolean): boolean {
  try {
    return Boolean(predicate(value));
  } catch (error) {
    warn(error);
    return otherwise;
  }
}
