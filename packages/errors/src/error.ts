import { ERROR_BRAND } from './brand.ts';
import { currentErrorContext } from './context.ts';
import type { DefinitionData, LocalisedText } from './definition.ts';
import type { ErrorRecord } from './record.ts';
import { serialise } from './serialise.ts';
import { firstOwnFrame } from './stack.ts';
import type { Category, Outcome } from './taxonomy.ts';

/** A field of the request that was refused: a JSON Pointer (RFC 6901) and a stable code. Both are shown to the user. */
export interface FieldError {
  readonly pointer: string;
  readonly code: string;
}

/** What may be said about one occurrence, beside its parameters. */
export interface ErrorOptions {
  /** What led to this error; walked by `classify` and written by `serialise`. */
  readonly cause?: unknown;
  /** Facts for logs and support. Never in a problem document. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Fields of the request at fault. Shown to the user in the problem document. */
  readonly fields?: readonly FieldError[];
  /** How long the failed operation ran, in milliseconds. Default: from the context's `startedAtMs`. */
  readonly durationMs?: number;
  /** Default: from the context. */
  readonly operation?: string;
  /** Default: from the context. */
  readonly service?: string;
  /** Default: from the context. */
  readonly correlationId?: string;
  /** When to try again, in milliseconds. Default: the definition's. */
  readonly retryAfterMs?: number;
  /** What is known about this occurrence's effect. Default: the definition's. */
  readonly outcome?: Outcome;
}

/**
 * The one error class. Not thrown itself: `defineError` and `defineErrors` make a subclass per code from a catalogue
 * entry. Carries what happened (`code`, `message`, `params`, `details`), when (`timeMs`, `durationMs`), where
 * (`service`, `operation`, `position`), why (`cause`) and what to do (`nextStep`, `docs`).
 *
 * `status` and `statusCode` are what Express, Koa and Fastify look for. `JSON.stringify` gives the redacted record of
 * `serialise`.
 */
export abstract class BreakwaterError<Code extends string = string, Params = unknown> extends Error {
  /** Stable upper-case identifier: `PAYMENT_DECLINED`. */
  readonly code: Code;
  /** The values of the message's parameters. */
  readonly params: Params;
  /** When the error was made, in milliseconds since 1970. */
  readonly timeMs: number;
  declare readonly details?: Readonly<Record<string, unknown>>;
  declare readonly fields?: readonly FieldError[];
  declare readonly durationMs?: number;
  declare readonly operation?: string;
  declare readonly service?: string;
  declare readonly correlationId?: string;
  declare readonly retryAfterMs?: number;
  declare readonly outcome: Outcome;

  protected constructor(definition: DefinitionData, message: string, params: Params, options: ErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const context = currentErrorContext();
    this.code = definition.code as Code;
    this.params = params;
    this.timeMs = context.nowMs ?? Date.now();
    const started = context.startedAtMs;
    set(
      this,
      'durationMs',
      options.durationMs ?? (started === undefined ? undefined : Math.max(0, this.timeMs - started)),
    );
    set(this, 'operation', options.operation ?? context.operation);
    set(this, 'service', options.service ?? context.service);
    set(this, 'correlationId', options.correlationId ?? context.correlationId);
    set(this, 'retryAfterMs', options.retryAfterMs ?? definition.retryAfterMs);
    set(this, 'outcome', options.outcome ?? definition.outcome);
    set(this, 'details', options.details);
    set(this, 'fields', options.fields);
  }

  /** The catalogue entry, with defaults filled in. */
  abstract get definition(): DefinitionData;

  /** How to respond to this error. */
  get category(): Category {
    return this.definition.category;
  }
  /** The HTTP status that tells this error to a client. */
  get status(): number {
    return this.definition.status;
  }
  /** The same as `status`; the name Fastify reads. */
  get statusCode(): number {
    return this.definition.status;
  }
  /** The same request, sent later by a machine, may succeed. */
  get retryable(): boolean {
    return this.definition.retryable;
  }
  /** What whoever reads the log should do next. */
  get nextStep(): string | undefined {
    return this.definition.nextStep;
  }
  /** Where the error is documented. */
  get docs(): string | undefined {
    return this.definition.docs;
  }
  /** The text for end users, per locale; not yet filled with parameters. */
  get userMessage(): LocalisedText | undefined {
    return this.definition.userMessage;
  }
  /** Function, file, line and column that made the error, from its stack; `undefined` when there is none. */
  get position(): string | undefined {
    return firstOwnFrame(this.stack);
  }
  /** The redacted record of `serialise`, for `JSON.stringify`. */
  toJSON(): ErrorRecord {
    return serialise(this);
  }
}

// On the prototype and not in the class body, where isolated declarations do not allow a computed name.
Object.defineProperty(BreakwaterError.prototype, ERROR_BRAND, { value: true });

// Optional facts become own properties only when known, so that printed and logged errors show no empty fields.
function set(error: object, key: string, value: unknown): void {
  if (value !== undefined)
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: false });
}
