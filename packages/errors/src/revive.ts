import type { AnyErrorType } from './define.ts';
import { isError } from './define.ts';
import type { BreakwaterError, ErrorOptions, FieldError } from './error.ts';
import { matchTemplate } from './message-template.ts';
import { isNativeError, readList, readNumber, readProperty, readString } from './read.ts';
import type { Outcome } from './taxonomy.ts';

const MAX_DEPTH = 5;

/**
 * Rebuilds an error that came through JSON (its record) or through `structuredClone` and `postMessage` (which keep
 * only text), as an instance of the type it was: same code, message, stack, cause, and what else survived. A clone's
 * parameters are read back from its message, where the template allows it.
 *
 * Anything that is none of `types` comes back as a plain `Error` with the same name, message and stack; an error that
 * needs no rebuilding comes back itself. Never throws.
 */
export function reviveError(
  value: unknown,
  types: readonly AnyErrorType[] | Readonly<Record<string, AnyErrorType>>,
): Error | BreakwaterError {
  return revive(value, Object.values(types), 0);
}

function revive(value: unknown, types: readonly AnyErrorType[], depth: number): Error {
  if (isError(value)) return value;
  const native = isNativeError(value);
  const message = readString(value, 'message') ?? (typeof value === 'string' ? value : '');
  const stack = readString(value, 'stack');
  const type = native ? typeOfClone(value, types) : types.find(({ code }) => code === readProperty(value, 'code'));
  const inner = depth < MAX_DEPTH ? readProperty(value, 'cause') : undefined;
  const cause = inner === undefined || inner === null ? undefined : revive(inner, types, depth + 1);
  const name = readString(value, 'name') ?? 'Error';
  if (type === undefined) {
    if (native) return value;
    const plain = new Error(message, cause === undefined ? undefined : { cause });
    Object.defineProperty(plain, 'name', { value: name.slice(0, 100), configurable: true });
    return withStack(plain, name, message, stack);
  }
  const params = readProperty(value, 'params') ?? matchTemplate(type.definition.parts, message) ?? {};
  const error = new type(params as never, optionsOf(value, cause)) as BreakwaterError;
  Object.defineProperty(error, 'message', { value: message, configurable: true, writable: true });
  const timeMs = readNumber(value, 'timeMs');
  if (timeMs !== undefined)
    Object.defineProperty(error, 'timeMs', { value: timeMs, enumerable: true, configurable: true });
  return withStack(error, error.name, message, stack);
}

// A clone is called `Error`, but the first line of its stack still begins with the class name.
function typeOfClone(value: Error, types: readonly AnyErrorType[]): AnyErrorType | undefined {
  if (readString(value, 'name') !== 'Error') return undefined;
  const stack = readString(value, 'stack');
  return stack === undefined ? undefined : types.find(({ definition }) => stack.startsWith(`${definition.name}: `));
}

function optionsOf(value: unknown, cause: Error | undefined): ErrorOptions {
  const details = readProperty(value, 'details');
  const fields = readList(value, 'fields', 20)?.items;
  const outcome = readString(value, 'outcome');
  const options: Record<string, unknown> = { cause };
  for (const key of ['operation', 'service', 'correlationId'] as const) options[key] = readString(value, key);
  for (const key of ['durationMs', 'retryAfterMs'] as const) options[key] = readNumber(value, key);
  if (typeof details === 'object' && details !== null) options['details'] = details;
  if (fields !== undefined) options['fields'] = fields as readonly FieldError[];
  if (outcome === 'not-applied' || outcome === 'rolled-back' || outcome === 'unknown')
    options['outcome'] = outcome satisfies Outcome;
  return options as ErrorOptions;
}

function withStack<E extends Error>(error: E, name: string, message: string, stack: string | undefined): E {
  if (stack !== undefined) {
    // A record's stack has only frames; a clone's is whole.
    const text = /^\s+at /.test(stack) ? `${name}: ${message}\n${stack}` : stack;
    Object.defineProperty(error, 'stack', { value: text, configurable: true, writable: true });
  }
  return error;
}
