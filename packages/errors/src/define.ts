import { ERROR_BRAND } from './brand.ts';
import { type DefinitionData, type ErrorDefinition, toDefinitionData } from './definition.ts';
import { BreakwaterError, type ErrorOptions } from './error.ts';
import { fillTemplate, type ParametersOf } from './message-template.ts';
import { OptionError } from './misuse.ts';
import { readProperty } from './read.ts';
import type { Category } from './taxonomy.ts';

/** Arguments of an error's constructor: the parameters may be left out where the message has none. */
export type ErrorArguments<Params> = unknown extends Params
  ? [params?: Readonly<Record<string, never>>, options?: ErrorOptions]
  : [params: Params, options?: ErrorOptions];

/** What `defineError` returns: the class of one code. */
export interface ErrorType<Code extends string = string, Params = unknown> {
  new (...args: ErrorArguments<Params>): BreakwaterError<Code, Params>;
  readonly code: Code;
  readonly definition: DefinitionData;
  /** True for an error of this code, also from another realm or another copy of this package. */
  is(value: unknown): value is BreakwaterError<Code, Params>;
}

/** Any error type; for lists of them. */
// biome-ignore lint/suspicious/noExplicitAny: parameters are contravariant, only any accepts every error type
export type AnyErrorType = ErrorType<string, any>;

/** The error that an error type makes. */
export type ErrorOf<T> = T extends ErrorType<infer Code, infer Params> ? BreakwaterError<Code, Params> : never;

/** A catalogue without the codes, which are its keys. */
export type DefinitionWithoutCode = Omit<ErrorDefinition, 'code'>;

/** The error types of a catalogue, by code. */
export type ErrorTypes<Entries extends Readonly<Record<string, DefinitionWithoutCode>>> = {
  readonly [Code in keyof Entries & string]: ErrorType<Code, ParametersOf<Entries[Code]['message']>>;
};

/**
 * Makes the class of one kind of failure.
 *
 *     const PaymentDeclined = defineError({ code: 'PAYMENT_DECLINED', category: 'business', message: '{bank} declined' });
 *     throw new PaymentDeclined({ bank: 'ACME' }, { cause });
 *
 * Throws `OptionError` for a definition that is wrong. Making an error never throws: a missing parameter is shown
 * as `{name}`.
 */
export function defineError<const Code extends string, const Template extends string>(
  definition: ErrorDefinition<Code, Template>,
): ErrorType<Code, ParametersOf<Template>> {
  return createErrorType(toDefinitionData(definition, 'definition')) as unknown as ErrorType<
    Code,
    ParametersOf<Template>
  >;
}

/**
 * Makes the classes of a whole catalogue, whose keys are the codes. Throws `OptionError` when an entry is wrong or two
 * entries have one class name.
 */
export function defineErrors<const Entries extends Readonly<Record<string, DefinitionWithoutCode>>>(
  entries: Entries,
): ErrorTypes<Entries> {
  if (typeof entries !== 'object' || entries === null) throw new OptionError('entries', entries, 'definitions by code');
  const types: Record<string, AnyErrorType> = {};
  const names = new Map<string, string>();
  for (const [code, entry] of Object.entries(entries)) {
    const data = toDefinitionData({ ...entry, code } as ErrorDefinition, `entries.${code}`);
    const twin = names.get(data.name);
    if (twin !== undefined)
      throw new OptionError(`entries.${code}.name`, data.name, `a name other than that of ${twin}`);
    names.set(data.name, code);
    types[code] = createErrorType(data);
  }
  return types as ErrorTypes<Entries>;
}

function createErrorType(definition: DefinitionData): AnyErrorType {
  const type = class extends BreakwaterError {
    static readonly code = definition.code;
    static readonly definition = definition;

    static is(value: unknown): boolean {
      return isError(value, definition.code);
    }

    constructor(params?: unknown, options?: ErrorOptions) {
      const values = (typeof params === 'object' && params !== null ? params : {}) as Readonly<Record<string, unknown>>;
      super(definition, fillTemplate(definition.parts, values), values, options ?? {});
    }

    override get definition(): DefinitionData {
      return definition;
    }
  };
  Object.defineProperty(type, 'name', { value: definition.name });
  Object.defineProperty(type.prototype, 'name', { value: definition.name, writable: true, configurable: true });
  return type as unknown as AnyErrorType;
}

/**
 * True for an error made by this library; with a code or an error type, only for that one. Holds across realms and
 * copies of the package. What came through `structuredClone` or JSON is first rebuilt with `reviveError`.
 */
export function isError(value: unknown): value is BreakwaterError;
export function isError<Code extends string>(value: unknown, code: Code): value is BreakwaterError<Code>;
export function isError<T extends AnyErrorType>(value: unknown, type: T): value is ErrorOf<T>;
export function isError(value: unknown, wanted?: string | AnyErrorType): boolean {
  if (readProperty(value, ERROR_BRAND) !== true) return false;
  if (wanted === undefined) return true;
  return readProperty(value, 'code') === (typeof wanted === 'string' ? wanted : wanted.code);
}

/** True for an error made by this library whose category is `category`. */
export function hasCategory(value: unknown, category: Category): value is BreakwaterError {
  return isError(value) && readProperty(value, 'category') === category;
}
