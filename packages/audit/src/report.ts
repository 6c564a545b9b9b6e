import type { AuditError } from './errors.ts';

/**
 * Tells of failures that no call rejects with. Without a listener the first of an outage becomes a process warning;
 * `ended` says that it is over. What a listener throws becomes a warning too: it must stop nothing.
 */
export function createReport<E = AuditError>(
  listener: ((error: E) => void) | undefined,
  what = 'An audit trail',
): {
  readonly tell: (error: unknown) => void;
  readonly ended: () => void;
} {
  let told = false;
  return {
    tell(error) {
      if (listener === undefined) {
        if (!told) warn(`${what} failed in the background`, error);
        told = true;
        return;
      }
      try {
        listener(error as E);
      } catch (problem) {
        warn(`${what}: onError failed`, problem);
      }
    },
    ended() {
      told = false;
    },
  };
}

function warn(message: string, error: unknown): void {
  process.emitWarning(message, {
    type: 'BreakwaterWarning',
    code: 'BREAKWATER_AUDIT',
    detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
}
