import type { AnyErrorType, ErrorOf } from './define.ts';
import { isError } from './define.ts';

/** The outcome of something that can fail, as a value. Plain objects: check `ok`, then use `value` or `error`. */
export type Result<T, E = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** A result that succeeded. */
export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

/** A result that failed. */
export function err<E>(error: E): Result<never, E> {
  return { ok: false, error };
}

/**
 * Runs `fn` and gives its outcome as a value. With error types, only those become values and everything else is thrown
 * on, so that a bug is never mistaken for an expected failure. A promise gives a promise of a result.
 *
 *     const charged = await attempt(() => charge(card), CardDeclined);
 *     if (!charged.ok) return showDeclined(charged.error.params.bank);
 */
export function attempt<T, Types extends readonly AnyErrorType[]>(
  fn: () => T,
  ...types: Types
): Attempted<T, ExpectedError<Types>>;
export function attempt(fn: () => unknown, ...types: readonly AnyErrorType[]): unknown {
  const failed = (error: unknown): Result<never, unknown> => {
    if (types.length > 0 && !types.some((type) => isError(error, type))) throw error;
    return err(error);
  };
  let value: unknown;
  try {
    value = fn();
  } catch (error) {
    return failed(error);
  }
  return isThenable(value) ? Promise.resolve(value).then(ok, failed) : ok(value);
}

/** What `attempt` gives for a function that returns `T`. */
export type Attempted<T, E> = [T] extends [never]
  ? Result<never, E>
  : T extends PromiseLike<infer U>
    ? Promise<Result<U, E>>
    : Result<T, E>;

/** The errors `attempt` can return: those of the listed types, or anything when none is listed. */
export type ExpectedError<Types extends readonly AnyErrorType[]> = Types extends readonly []
  ? unknown
  : ErrorOf<Types[number]>;

/** The value of a result; throws its error as it is when it failed. */
export function unwrap<T>(result: Result<T, unknown>): T {
  if (result.ok) return result.value;
  throw result.error;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
