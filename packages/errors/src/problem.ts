import { createRedactor, type Redactor } from '@breakwater/redact';
import { type Classify, classify as standardClassify } from './classify.ts';
import { currentErrorContext } from './context.ts';
import { isError } from './define.ts';
import type { DefinitionData } from './definition.ts';
import type { BreakwaterError, FieldError } from './error.ts';
import { toFieldErrors } from './field-errors.ts';
import { fillTemplate, parseTemplate } from './message-template.ts';
import { readList, readProperty, readString } from './read.ts';
import type { Verdict } from './taxonomy.ts';
import { pickLocale, statusText, type UserTexts, userTexts } from './user-texts.ts';

/** A problem document (RFC 9457) with the members this library adds. */
export interface Problem {
  /** Stable URI of the kind of problem. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** For the end user, in the language negotiated. */
  readonly detail: string;
  readonly instance?: string;
  /** Stable identifier of the kind of problem. */
  readonly code: string;
  readonly correlationId?: string;
  /** The same request, sent later by a machine, may succeed. */
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  /** The public parameters of the error. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** The fields of the request at fault. */
  readonly errors?: readonly FieldError[];
}

/** A problem document with the status and headers to send it with. */
export interface ProblemResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Problem;
}

/** Options of `toProblem`. */
export interface ProblemOptions {
  /** Prefix of `type`; the code in kebab case follows. Default `urn:breakwater:problem:`. */
  readonly typeBase?: string;
  /** The request's `Accept-Language`. */
  readonly acceptLanguage?: string | undefined;
  /** Language when nothing fits. Default `en`. */
  readonly locale?: string;
  /** Further texts for end users, per locale and public code; merged over the built-in ones. */
  readonly texts?: Readonly<Record<string, UserTexts>>;
  /** Default: the error's, then the current context's. */
  readonly correlationId?: string | undefined;
  /** URI reference of this occurrence. */
  readonly instance?: string;
  /** Default: the built-in rules. */
  readonly classify?: Classify;
  /** The verdict, where it is known already. */
  readonly verdict?: Verdict;
  /** Show messages that a source promises are for users (`verdict.exposeMessage`), redacted. Default false. */
  readonly exposeMessages?: boolean;
  /** Default: the standard redactor of `@breakwater/redact`. */
  readonly redactor?: Redactor;
}

/** The default prefix of problem types. */
export const TYPE_BASE = 'urn:breakwater:problem:';

const ID = /^[\w.:-]{1,128}$/;
const MAX_DETAIL = 500;

let standardRedactor: Redactor | undefined;

/**
 * The answer for a client: what an error of the catalogue says to users, or a general text by status. Nothing of the
 * error's message, cause, details or stack is in it, nor any vendor's code; with a status of 5xx neither parameters
 * nor fields. Never throws for anything thrown.
 */
export function toProblem(error: unknown, options: ProblemOptions = {}): ProblemResponse {
  const verdict = options.verdict ?? (options.classify ?? standardClassify)(error);
  standardRedactor ??= createRedactor({});
  const redactor = options.redactor ?? standardRedactor;
  const own =
    isError(error) && typeof readProperty(readProperty(error, 'definition'), 'title') === 'string' ? error : undefined;
  const status = verdict.httpStatus;
  const shown = own === undefined ? statusText(status) : { code: own.code, title: own.definition.title };
  const { locale, text } = detailOf(error, own, verdict, shown.code, options);
  const correlationId = [
    options.correlationId,
    readString(error, 'correlationId'),
    currentErrorContext().correlationId,
  ].find((id) => typeof id === 'string' && ID.test(id));
  const wait = verdict.retryable ? verdict.retryAfterMs : undefined;
  const fields = status < 500 ? fieldsOf(error, own, verdict, redactor) : [];
  const params = own !== undefined && status < 500 ? publicParams(own, redactor) : undefined;
  const body: Problem = {
    type: problemType(shown.code, options.typeBase),
    title: shown.title,
    status,
    detail: redactor.string(text).slice(0, MAX_DETAIL),
    ...(options.instance === undefined ? {} : { instance: redactor.string(options.instance).slice(0, 2048) }),
    code: shown.code,
    ...(correlationId === undefined ? {} : { correlationId: redactor.string(correlationId) }),
    retryable: verdict.retryable,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(params === undefined ? {} : { params }),
    ...(fields.length === 0 ? {} : { errors: fields }),
  };
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'content-language': locale,
    'cache-control': 'no-store',
    ...(wait === undefined ? {} : { 'retry-after': String(Math.ceil(wait / 1000)) }),
  };
  return { status, headers, body };
}

/** The problem type of a code: `https://example.com/problems/payment-declined`. */
export function problemType(code: string, typeBase: string = TYPE_BASE): string {
  return typeBase + code.toLowerCase().replaceAll('_', '-');
}

function detailOf(
  error: unknown,
  own: BreakwaterError | undefined,
  verdict: Verdict,
  code: string,
  options: ProblemOptions,
): { locale: string; text: string } {
  const fallback = options.locale ?? 'en';
  if (options.exposeMessages === true && verdict.exposeMessage && verdict.httpStatus < 500) {
    const message = readString(error, 'message');
    if (message !== undefined) return { locale: fallback, text: message };
  }
  const userMessage = own?.userMessage;
  if (own !== undefined && userMessage !== undefined) {
    const texts: UserTexts = typeof userMessage === 'string' ? { [fallback]: userMessage } : userMessage;
    const locale = pickLocale(
      options.acceptLanguage,
      Object.keys(texts),
      texts[fallback] === undefined ? 'en' : fallback,
    );
    return { locale, text: fillUserText(texts[locale]!, own.definition, own.params, locale) };
  }
  const all: Readonly<Record<string, UserTexts>> = { ...userTexts, ...options.texts };
  const locale = pickLocale(options.acceptLanguage, Object.keys(all), all[fallback] === undefined ? 'en' : fallback);
  const key = own === undefined ? code : statusText(verdict.httpStatus).code;
  const find = (name: string): string | undefined =>
    options.texts?.[locale]?.[name] ?? userTexts[locale]?.[name] ?? userTexts['en']?.[name];
  return { locale, text: find(key) ?? find('*')! };
}

function fillUserText(template: string, definition: DefinitionData, params: unknown, locale: string): string {
  const kinds = new Map(
    definition.parts.flatMap((part) => (typeof part === 'string' ? [] : [[part.name, part.kind] as const])),
  );
  const parts = parseTemplate(template, 'userMessage').map((part) =>
    typeof part === 'string' ? part : { name: part.name, kind: kinds.get(part.name) ?? part.kind },
  );
  return fillTemplate(parts, params as Readonly<Record<string, unknown>>, locale);
}

function fieldsOf(
  error: unknown,
  own: BreakwaterError | undefined,
  verdict: Verdict,
  redactor: Redactor,
): FieldError[] {
  if (own === undefined && verdict.reason !== 'invalid-input') return [];
  const fields = own === undefined ? toFieldErrors(error) : (readList(own, 'fields', 20)?.items ?? []);
  return fields.flatMap((field) => {
    const pointer = readString(field, 'pointer');
    const code = readString(field, 'code') ?? 'invalid';
    return pointer === undefined
      ? []
      : [{ pointer: redactor.string(pointer.slice(0, 500)), code: redactor.string(code.slice(0, 64)) }];
  });
}

function publicParams(own: BreakwaterError, redactor: Redactor): Readonly<Record<string, unknown>> | undefined {
  const names = own.definition.publicParams;
  if (names.length === 0) return undefined;
  const params: Record<string, unknown> = {};
  for (const name of names) {
    const value = readProperty(own.params, name);
    params[name] =
      value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : redactor.field(name, value);
  }
  return params;
}
