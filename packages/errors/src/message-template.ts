import { OptionError } from './misuse.ts';

/** Types a template parameter can have: `{name}` is text, `{amount:number}` a number, and so on. */
export interface ParameterKinds {
  readonly string: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly date: Date;
}

type Parameter<P extends string> = P extends `${infer Name}:${infer Kind}`
  ? { readonly [N in Name]: Kind extends keyof ParameterKinds ? ParameterKinds[Kind] : never }
  : { readonly [N in P]: string };

/** The parameters of a message template, read from its text: `ParametersOf<'{sku} has {left:integer}'>` is `{sku: string; left: number}`. */
export type ParametersOf<Template extends string> = string extends Template
  ? Readonly<Record<string, unknown>>
  : Template extends `${string}{${infer P}}${infer Rest}`
    ? Parameter<P> & ParametersOf<Rest>
    : unknown;

/** A part of a template: literal text, or a parameter. */
export type TemplatePart = string | { readonly name: string; readonly kind: keyof ParameterKinds };

const KINDS: readonly string[] = ['string', 'number', 'integer', 'boolean', 'date'];
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAX_VALUE_LENGTH = 200;

/**
 * Parses a template. `option` names it in the error message. Throws `OptionError` on an unclosed brace, a bad name, an
 * unknown kind, or two kinds for one name. There is no escape: a template has no other use of braces.
 */
export function parseTemplate(template: string, option: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  const kinds = new Map<string, string>();
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('{', at);
    const text = open === -1 ? template.slice(at) : template.slice(at, open);
    if (text.includes('}')) throw new OptionError(option, template, 'every } to close a {');
    if (text !== '') parts.push(text);
    if (open === -1) break;
    const close = template.indexOf('}', open);
    if (close === -1) throw new OptionError(option, template, 'every { to be closed by a }');
    const [name = '', kind = 'string', ...rest] = template.slice(open + 1, close).split(':');
    if (!NAME.test(name) || rest.length > 0)
      throw new OptionError(option, template, 'parameters like {name} or {name:number}');
    if (!KINDS.includes(kind)) throw new OptionError(option, template, `parameter kinds ${KINDS.join(', ')}`);
    if (kinds.has(name) && kinds.get(name) !== kind) throw new OptionError(option, template, `one kind for {${name}}`);
    kinds.set(name, kind);
    parts.push({ name, kind: kind as keyof ParameterKinds });
    at = close + 1;
  }
  return parts;
}

/** Says why `value` is not of `kind`, or `undefined` when it is. */
export function parameterProblem(kind: keyof ParameterKinds, value: unknown): string | undefined {
  switch (kind) {
    case 'string':
      return typeof value === 'string' ? undefined : 'a string';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? undefined : 'a finite number';
    case 'integer':
      return Number.isSafeInteger(value) ? undefined : 'a safe integer';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'a boolean';
    case 'date':
      return value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : 'a valid Date';
  }
}

/**
 * Fills a template. A missing or wrong parameter is shown as `{name}`, so that making an error never fails. Text values
 * are cut at 200 characters and their control characters replaced by spaces. `locale` formats numbers and dates for people.
 */
export function fillTemplate(
  parts: readonly TemplatePart[],
  params: Readonly<Record<string, unknown>> | undefined,
  locale?: string,
): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else {
      const value = params?.[part.name];
      text += parameterProblem(part.kind, value) === undefined ? format(value, locale) : `{${part.name}}`;
    }
  }
  return text;
}

function format(value: unknown, locale: string | undefined): string {
  if (typeof value === 'string') {
    const short = value.length > MAX_VALUE_LENGTH ? `${value.slice(0, MAX_VALUE_LENGTH - 1)}…` : value;
    return short.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
  }
  if (typeof value === 'number')
    return locale === undefined ? String(value) : new Intl.NumberFormat(locale).format(value);
  if (value instanceof Date) {
    return locale === undefined
      ? value.toISOString()
      : new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(value);
  }
  return String(value);
}

/**
 * The reverse of `fillTemplate` without a locale, for an error whose text is all that survived. Gives the parameters,
 * or `undefined` when the text does not fit the template or two parameters touch and cannot be told apart.
 */
export function matchTemplate(parts: readonly TemplatePart[], text: string): Record<string, unknown> | undefined {
  const params: Record<string, unknown> = {};
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'string') {
      if (!text.startsWith(part, at)) return undefined;
      at += part.length;
      continue;
    }
    const next = parts[index + 1];
    if (next !== undefined && typeof next !== 'string') return undefined;
    const end = next === undefined ? text.length : text.indexOf(next, at);
    if (end === -1) return undefined;
    const value = parse(part.kind, text.slice(at, end));
    if (parameterProblem(part.kind, value) !== undefined) return undefined;
    params[part.name] = value;
    at = end;
  }
  return at === text.length ? params : undefined;
}

function parse(kind: keyof ParameterKinds, text: string): unknown {
  switch (kind) {
    case 'number':
    case 'integer':
      return text.trim() === '' ? undefined : Number(text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'date':
      return new Date(text);
    default:
      return text;
  }
}
