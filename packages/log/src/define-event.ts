import { OptionError } from '@breakwater/errors/core';
import { checkOptions, oneOf, type Rule, record, text } from '@breakwater/errors/options';
import { LEVELS, type Level } from './level.ts';
import { type Logger, sayEvent } from './logger.ts';

/** What an event is about. Written as `event.kind`. */
export type EventKind = 'user_action' | 'system' | 'business' | 'security' | 'performance';

const KINDS: readonly EventKind[] = ['user_action', 'system', 'business', 'security', 'performance'];

/** What a field must be; `?` where it may be absent. `error` is anything that was thrown. */
export type FieldType = 'string' | 'number' | 'boolean' | 'error' | 'string?' | 'number?' | 'boolean?' | 'error?';

interface Types {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly error: unknown;
}

type Value<T extends FieldType> = T extends `${infer Base extends keyof Types}?`
  ? Types[Base]
  : T extends keyof Types
    ? Types[T]
    : never;

/** The fields an event takes, from its schema. */
export type EventFields<S extends Readonly<Record<string, FieldType>>> = {
  readonly [K in keyof S as S[K] extends `${string}?` ? never : K]: Value<S[K]>;
} & { readonly [K in keyof S as S[K] extends `${string}?` ? K : never]?: Value<S[K]> | undefined };

export interface EventDefinition<S extends Readonly<Record<string, FieldType>>> {
  /** The record's `eventName`: dotted lower-case words, `payment.processed`. */
  readonly name: string;
  readonly kind: EventKind;
  /** Default `info`. */
  readonly level?: Level | undefined;
  /** May hold `{field}`. */
  readonly message: string;
  /** Attribute name to type. OpenTelemetry's names where there are some. */
  readonly fields: S;
}

export interface EventType<S extends Readonly<Record<string, FieldType>>> {
  readonly definition: EventDefinition<S>;
  /**
   * Says the event. Fields of another type than the schema's, or missing, are named in `breakwater.event.invalid`; the
   * record is written all the same. Never throws.
   */
  emit(logger: Logger, fields: EventFields<S>): void;
}

const NAME = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/;
const rules: Readonly<Record<string, Rule>> = {
  name: ['dotted lower-case words', (v) => typeof v === 'string' && NAME.test(v)],
  kind: /* @__PURE__ */ oneOf(...KINDS),
  level: /* @__PURE__ */ oneOf(...LEVELS),
  message: text,
  fields: record,
};

/** Defines an event. Throws `OptionError` for a name, kind, level or field type that is none. */
export function defineEvent<const S extends Readonly<Record<string, FieldType>>>(
  definition: EventDefinition<S>,
): EventType<S> {
  checkOptions('defineEvent', definition, rules, ['name', 'kind', 'message', 'fields']);
  const { level = 'info' } = definition;
  const fields = Object.entries(definition.fields);
  for (const [name, type] of fields) {
    if (!/^(?:string|number|boolean|error)\??$/.test(type))
      throw new OptionError(`defineEvent.fields.${name}`, type, 'string, number, boolean or error, with ? if optional');
  }
  const kind = `"event.kind":"${definition.kind}"`;
  return {
    definition,
    emit(logger, given) {
      const invalid = invalidNames(fields, given);
      const extra = invalid.length === 0 ? kind : `${kind},"breakwater.event.invalid":${JSON.stringify(invalid)}`;
      sayEvent(logger, level, definition.message, given, definition.name, extra);
    },
  };
}

function invalidNames(fields: readonly (readonly [string, FieldType])[], given: unknown): string[] {
  const invalid: string[] = [];
  for (const [name, type] of fields) {
    let value: unknown;
    try {
      value = (given as Record<string, unknown> | null | undefined)?.[name];
    } catch {
      // A getter that throws gives no value of the wanted type.
      value = Symbol('unreadable');
    }
    const optional = type.endsWith('?');
    if (value === undefined ? !optional : !type.startsWith('error') && typeof value !== type.replace('?', ''))
      invalid.push(name);
  }
  return invalid;
}
