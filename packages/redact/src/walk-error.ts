import type { PathState } from './path.ts';
import { escapeControls } from './text/injection.ts';
import { copyProperty, read } from './walk-property.ts';
import { DROP, redactString, type Walk } from './walk-state.ts';

const BUILT_IN = [TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError] as const;
const OWN = new Set(['name', 'message', 'stack', 'cause', 'errors']);

/**
 * A built-in Error with the redacted name, message, stack, cause, errors and own properties. It is no instance of a
 * class of yours: that class's getters and `toJSON` could bring back what was taken out.
 */
export function copyError(walk: Walk, value: object, state: PathState | undefined): Error {
  const message = read(value, 'message');
  const name = read(value, 'name');
  const copy = create(value);
  const set = (property: string, content: unknown) =>
    Object.defineProperty(copy, property, { value: content, writable: true, enumerable: false, configurable: true });
  set(
    'message',
    under(walk, 'message', () => redactString(walk, toText(message))),
  );
  const safeName = redactString(walk, toText(name));
  if (safeName !== copy.name) set('name', safeName);
  set(
    'stack',
    under(walk, 'stack', () => redactStack(walk, read(value, 'stack'), toText(message))),
  );
  for (const property of ['cause', 'errors']) {
    if (!(property in value)) continue;
    const inner = under(walk, property, () => walk.visit.named(walk, property, read(value, property), state));
    if (inner !== DROP) set(property, inner);
  }
  for (const property of Object.keys(value)) {
    if (!OWN.has(property) && !copyProperty(walk, copy, property, read(value, property), state)) break;
  }
  return copy;
}

function create(value: object): Error {
  if (value instanceof AggregateError) return new AggregateError([]);
  const Type = BUILT_IN.find((candidate) => value instanceof candidate) ?? Error;
  return new Type();
}

function under<T>(walk: Walk, property: string, make: () => T): T {
  walk.path.push(property);
  const result = make();
  walk.path.pop();
  return result;
}

function toText(value: unknown): string {
  return typeof value === 'string'
    ? value
    : value === undefined
      ? ''
      : typeof value === 'object'
        ? '[Object]'
        : String(value);
}

/** Frames keep their lines; the message in front of them may not add any. */
function redactStack(walk: Walk, stack: unknown, message: string): string | undefined {
  if (typeof stack !== 'string') return undefined;
  const at = message.includes('\n') || message.includes('\r') ? stack.indexOf(message) : -1;
  const text =
    at === -1 ? stack : stack.slice(0, at) + escapeControls(message, false) + stack.slice(at + message.length);
  return redactString(walk, text, true);
}
