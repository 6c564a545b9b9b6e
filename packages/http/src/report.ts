/** A process warning about what has no caller who could be told. */
export function warn(message: string, error: unknown): void {
  process.emitWarning(message, {
    type: 'BreakwaterWarning',
    code: 'BREAKWATER_HTTP',
    detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
}

/**
 * The way to tell of failures that fail no request. Without a listener the first of an outage becomes a warning; call
 * `ended` when it is over. What a listener throws becomes a warning too.
 */
export function createReport(
  message: string,
  listener: ((error: unknown) => void) | undefined,
): { tell(error: unknown): void; ended(): void } {
  let told = false;
  return {
    tell(error) {
      if (listener === undefined) {
        if (!told) warn(message, error);
        told = true;
        return;
      }
      try {
        listener(error);
      } catch (problem) {
        warn(`A listener failed: ${message}`, problem);
      }
    },
    ended() {
      told = false;
    },
  };
}
