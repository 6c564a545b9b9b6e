import type { AnyErrorType, ErrorOf } from './define.ts';
import { isError } from './define.ts';
import { OptionError } from './misuse.ts';
import type { Category } from './taxonomy.ts';

type CodeOf<T> = T extends { readonly code: infer Code extends string } ? Code : never;
type ErrorWithCode<Types, Code> = Types extends AnyErrorType
  ? CodeOf<Types> extends Code
    ? ErrorOf<Types>
    : never
  : never;

/** A handler per code of the listed types, and one for everything else. */
export type MatchCases<Types extends AnyErrorType, R> = {
  readonly [Code in CodeOf<Types>]: (error: ErrorWithCode<Types, Code>) => R;
} & {
  /** Anything that is none of the listed types. `rethrow` is ready made. */
  readonly otherwise: (error: unknown) => R;
};

/** What the handlers return. */
export type ResultOfCases<Cases> = Cases[keyof Cases] extends (error: never) => infer R ? R : never;

/**
 * Chooses a handler by code, exhaustively: a listed type without its handler does not compile, and throws `OptionError`
 * from JavaScript. `types` is an array of error types or a catalogue made by `defineErrors`.
 *
 *     match(Errors, error, { CARD_DECLINED: (e) => …, BANK_DOWN: (e) => …, otherwise: rethrow })
 */
export function match<T extends AnyErrorType, Cases extends MatchCases<T, unknown>>(
  types: readonly T[] | Readonly<Record<string, T>>,
  error: unknown,
  cases: Cases,
): ResultOfCases<Cases> {
  const handlers = cases as unknown as Readonly<Record<string, ((error: unknown) => ResultOfCases<Cases>) | undefined>>;
  const otherwise = handlers['otherwise'];
  if (typeof otherwise !== 'function') throw new OptionError('cases.otherwise', otherwise, 'a function');
  for (const type of Object.values(types) as T[]) {
    const handler = Object.hasOwn(handlers, type.code) ? handlers[type.code] : undefined;
    if (typeof handler !== 'function') throw new OptionError(`cases.${type.code}`, handler, 'a function');
    if (isError(error, type.code)) return handler(error);
  }
  return otherwise(error);
}

/** Chooses a handler by category, exhaustively. Takes a verdict of `classify` or an error of this library. */
export function matchCategory<V extends { readonly category: Category }, R>(
  value: V,
  cases: Readonly<Record<Category, (value: V) => R>>,
): R {
  const handler = cases[value.category];
  if (typeof handler !== 'function') throw new OptionError(`cases.${value.category}`, handler, 'a function');
  return handler(value);
}

/** Throws what it is given: the `otherwise` of a `match` that leaves the rest to the caller. */
export function rethrow(error: unknown): never {
  throw error;
}
