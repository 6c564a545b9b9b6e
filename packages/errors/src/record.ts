import type { Category, Outcome } from './taxonomy.ts';

/** One failure as plain data: what goes into a log line, a message to a worker, or a dead letter. JSON-safe and redacted. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly category?: Category;
  readonly status?: number;
  readonly retryable?: boolean;
  readonly outcome?: Outcome;
  readonly retryAfterMs?: number;
  readonly correlationId?: string;
  readonly service?: string;
  readonly operation?: string;
  readonly timeMs?: number;
  readonly durationMs?: number;
  readonly nextStep?: string;
  readonly docs?: string;
  readonly params?: unknown;
  readonly details?: unknown;
  readonly fields?: unknown;
  /** Known facts of foreign errors: `errno`, `syscall`, `sqlState`, `requestId`, … */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
  readonly stack?: string;
  readonly cause?: ErrorRecord;
  readonly errors?: readonly ErrorRecord[];
  /** Errors that the error holds under other names: `original`, `driverError`, … */
  readonly related?: Readonly<Record<string, ErrorRecord>>;
  /** How many members of a group, and errors under other names, were left out. */
  readonly omittedErrors?: number;
  /** What was left out to stay within the limits. */
  readonly truncated?: readonly string[];
}
