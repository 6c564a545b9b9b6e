import { classify } from './classify.ts';
import { type AnyErrorType, defineError } from './define.ts';
import type { BreakwaterError, ErrorOptions, FieldError } from './error.ts';
import { readHeader } from './inspect.ts';
import { parameterProblem } from './message-template.ts';
import { problemType } from './problem.ts';
import { readList, readNumber, readProperty, readString } from './read.ts';
import { retryAfterFromHeaders } from './retry-after.ts';

/** Options of `fromProblem`. */
export interface FromProblemOptions {
  /** The error types to rebuild, as an array or a catalogue made by `defineErrors`. */
  readonly types: readonly AnyErrorType[] | Readonly<Record<string, AnyErrorType>>;
  /** The prefix of problem types the server uses. Default `urn:breakwater:problem:`. */
  readonly typeBase?: string;
  /** The response's status; comes before the document's. */
  readonly status?: number;
  /** The response's headers, for `Retry-After` and `x-correlation-id`. */
  readonly headers?: unknown;
  /** The current time in milliseconds since 1970, for `Retry-After` dates. Default `Date.now`. */
  readonly now?: () => number;
}

const MAX_TEXT = 500;

/**
 * The error a server told by a problem document: an instance of the type with the document's `code`, or of the type
 * whose problem type is the document's `type`; else an error `UPSTREAM_PROBLEM` whose category follows the status.
 * Takes anything a server may send, a hostile or truncated body too; never throws.
 */
export function fromProblem(body: unknown, options: FromProblemOptions): BreakwaterError {
  const code = readString(body, 'code');
  const typeUri = readString(body, 'type');
  const type = Object.values(options.types).find(
    (candidate) =>
      candidate.code === code || (typeUri !== undefined && problemType(candidate.code, options.typeBase) === typeUri),
  );
  const status = options.status ?? readNumber(body, 'status');
  if (type === undefined) return toUpstreamProblem(body, status, options);
  return new type(
    paramsOf(type, readProperty(body, 'params')) as never,
    errorOptions(body, options),
  ) as BreakwaterError;
}

function paramsOf(type: AnyErrorType, sent: unknown): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const part of type.definition.parts) {
    if (typeof part === 'string' || !type.definition.publicParams.includes(part.name)) continue;
    const value = readProperty(sent, part.name);
    const read = part.kind === 'date' && typeof value === 'string' ? new Date(value.slice(0, 40)) : value;
    if (parameterProblem(part.kind, read) === undefined) params[part.name] = read;
  }
  return params;
}

function errorOptions(body: unknown, options: FromProblemOptions): ErrorOptions {
  const correlationId = readString(body, 'correlationId') ?? readHeader(options.headers, 'x-correlation-id');
  const now = (options.now ?? Date.now)();
  const wait = retryAfterFromHeaders(options.headers, now) ?? readNumber(body, 'retryAfterMs');
  const errors = readList(body, 'errors', 20)?.items;
  const details: Record<string, string> = {};
  for (const key of ['type', 'title', 'detail', 'instance'] as const) {
    const text = readString(body, key);
    if (text !== undefined) details[key] = text.slice(0, MAX_TEXT);
  }
  return {
    details: { problem: details },
    ...(correlationId === undefined ? {} : { correlationId: correlationId.slice(0, 128) }),
    ...(wait === undefined || wait < 0 ? {} : { retryAfterMs: wait }),
    ...(errors === undefined ? {} : { fields: fieldsOf(errors) }),
  };
}

function fieldsOf(errors: readonly unknown[]): FieldError[] {
  return errors.flatMap((entry) => {
    const pointer = readString(entry, 'pointer');
    return pointer === undefined
      ? []
      : [{ pointer: pointer.slice(0, MAX_TEXT), code: (readString(entry, 'code') ?? 'invalid').slice(0, 64) }];
  });
}

function toUpstreamProblem(body: unknown, status: number | undefined, options: FromProblemOptions): BreakwaterError {
  const verdict = classify({ status, headers: options.headers });
  const known = status !== undefined && status >= 400 && status <= 599;
  const UpstreamProblem = defineError({
    code: 'UPSTREAM_PROBLEM',
    category: known ? verdict.category : 'permanent',
    message: 'The service answered {status:integer}: {title}',
    status: verdict.httpStatus,
    retryable:
      readProperty(body, 'retryable') === true || (readProperty(body, 'retryable') !== false && verdict.retryable),
    outcome: verdict.outcome,
  });
  const title = readString(body, 'title') ?? readString(body, 'code') ?? 'no problem document';
  return new UpstreamProblem({ status: status ?? 0, title }, errorOptions(body, options));
}
