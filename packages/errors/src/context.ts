/** What the surroundings know when an error is made. Every field may be absent. */
export interface ErrorContext {
  /** One id per user-visible request. */
  readonly correlationId?: string | undefined;
  /** Name of the running service. */
  readonly service?: string | undefined;
  /** Name of the current operation: `POST /orders`, `charge card`. */
  readonly operation?: string | undefined;
  /** When the current operation began, in milliseconds since 1970; gives an error its duration. */
  readonly startedAtMs?: number | undefined;
  /** The current time in milliseconds since 1970, for virtual clocks. Default `Date.now()`. */
  readonly nowMs?: number | undefined;
}

/** Returns the context of the code that runs now, or `undefined`. Must be quick; called once per error made. */
export type ContextProvider = () => ErrorContext | undefined;

let provider: ContextProvider | undefined;

/**
 * Sets where errors take their context from (`@breakwater/log` plugs its AsyncLocalStorage in here). One provider per
 * process; `undefined` removes it. Returns a function that puts the previous provider back.
 */
export function setContextProvider(next: ContextProvider | undefined): () => void {
  const previous = provider;
  provider = next;
  return () => {
    provider = previous;
  };
}

const EMPTY: ErrorContext = {};

/** The context of the code that runs now. A provider that throws counts as one that knows nothing. */
export function currentErrorContext(): ErrorContext {
  if (provider === undefined) return EMPTY;
  let context: ErrorContext;
  try {
    context = provider() ?? EMPTY;
  } catch {
    // Making an error must not fail because its surroundings could not be described: the error matters more.
    context = EMPTY;
  }
  return context;
}
