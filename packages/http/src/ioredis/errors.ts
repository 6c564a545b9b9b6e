/** Replies of a Redis that cannot work, whatever it is asked. */
const UNWELL = /^(?:LOADING|BUSY|UNKILLABLE|CLUSTERDOWN|MASTERDOWN|NOAUTH|WRONGPASS)\b/;
const READONLY = /^(?:-)?READONLY\b/;

interface RedisError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly previousErrors?: readonly unknown[];
}

function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as RedisError;
  return typeof message === 'string' ? message : '';
}

/**
 * True for a reply of a Redis that works: a wrong type, an unknown command, no room for a write. Reads go on after the
 * last, and after `MISCONF` and `NOREPLICAS` too, so none of them is an outage.
 */
export function isReply(error: unknown): boolean {
  return (error as RedisError | null)?.name === 'ReplyError' && !UNWELL.test(messageOf(error));
}

/** True when the server refused a write because it is a replica; also for a transaction that was given up for it. */
export function isReadOnlyReply(error: unknown): boolean {
  if ((error as RedisError | null)?.name !== 'ReplyError') return false;
  if (READONLY.test(messageOf(error))) return true;
  const { previousErrors } = error as RedisError;
  return Array.isArray(previousErrors) && previousErrors.some(isReadOnlyReply);
}

const ECHOED = /, with args beginning with: .*/s;

/** Takes the arguments of the command, which may be secrets, out of an error: ioredis keeps them, and Redis echoes some. */
export function withoutArguments(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return error;
  if (error instanceof Error && ECHOED.test(error.message)) {
    const told = error.message;
    error.message = told.replace(ECHOED, '');
    if (error.stack !== undefined) error.stack = error.stack.replace(told, error.message);
  }
  const { command, previousErrors } = error as { command?: { name?: unknown }; previousErrors?: readonly unknown[] };
  if (typeof command === 'object' && command !== null)
    Object.defineProperty(error, 'command', {
      value: { name: command.name },
      enumerable: true,
      configurable: true,
      writable: true,
    });
  if (Array.isArray(previousErrors)) previousErrors.forEach(withoutArguments);
  return error;
}
