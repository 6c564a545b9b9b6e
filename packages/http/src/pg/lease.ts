import { ConnectionGivenUpError } from '../dependency/errors.ts';
import type { GuardCore } from '../dependency/guard.ts';
import { type CancelTarget, sendCancel } from './cancel.ts';
import { mayWrite, operationOf } from './statement.ts';

/** What is used of a client of `pg`. */
export interface RawClient extends CancelTarget {
  query(...args: unknown[]): unknown;
  release(error?: Error | boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  getTransactionStatus?(): string | null;
}

/** What a call of `query` asks for. */
export interface Asked {
  readonly args: readonly unknown[];
  readonly text: string;
  readonly operation: string;
  readonly timeoutMs: number;
  /** A cursor, a stream or `COPY`: not a promise, so there is nothing to limit. */
  readonly submittable: boolean;
}

type Callback = (error: unknown, value?: unknown) => void;

/** The arguments without a callback, and the callback. */
export function splitCallback(args: readonly unknown[]): [readonly unknown[], Callback | undefined] {
  const last = args.at(-1);
  return typeof last === 'function' ? [args.slice(0, -1), last as Callback] : [args, undefined];
}

export function toAsked(args: readonly unknown[], timeoutMs: number): Asked {
  const [first, ...rest] = args;
  const config = typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : undefined;
  const given = typeof first === 'string' ? first : config?.['text'];
  const text = typeof given === 'string' ? given : '';
  const operation = operationOf(text);
  const submittable = typeof config?.['submit'] === 'function';
  const own = config?.['query_timeout'];
  if (submittable || typeof own !== 'number' || !(own > 0)) return { args, text, operation, timeoutMs, submittable };
  // The statement's own limit takes the place of the general one; pg's would leave the statement running.
  return { args: [{ ...config, query_timeout: undefined }, ...rest], text, operation, timeoutMs: own, submittable };
}

/** Answers a statement of a server that works: an SQLSTATE of none of the classes that mean trouble of the server's own. */
export function isAnswer(error: unknown): boolean {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  if (typeof code !== 'string' || typeof severity !== 'string' || !/^[\dA-Z]{5}$/.test(code)) return false;
  return !/^(?:08|28|3D|53|57|58|F0|XX)/.test(code);
}

/** One connection, from its acquisition to its release. */
export class Lease {
  readonly client: RawClient;
  readonly #core: GuardCore;
  readonly #leave: () => void;
  /** Why it takes no more statements and must not go back. */
  #broken: unknown;
  #ownReadOnly = false;
  #released = false;
  readonly #onError = (error: Error): void => {
    this.#broken ??= error;
    this.#core.tellLost(error);
  };

  constructor(core: GuardCore, client: RawClient, leave: () => void) {
    this.#core = core;
    this.client = client;
    this.#leave = leave;
    // Between two statements nobody else listens, and the error of a connection that breaks would end the process.
    client.on('error', this.#onError);
  }

  /** Runs a statement: refused in read-only mode when it may write, limited in time. */
  run(asked: Asked): Promise<unknown> {
    if (this.#broken !== undefined) {
      // The server rolls back what the lost connection had begun: a caller that cleans up has what it wants.
      if (/^(?:ROLLBACK|ABORT)$/.test(asked.operation))
        return Promise.resolve({ command: 'ROLLBACK', rowCount: null, oid: null, rows: [], fields: [] });
      return Promise.reject(new ConnectionGivenUpError(this.#core.name, this.#broken));
    }
    try {
      this.admit(asked);
      const work = this.client.query(...asked.args) as Promise<unknown>;
      const operation = `${this.#core.name} ${asked.operation}`;
      const limited = this.#core.limit(work, operation, asked.timeoutMs, (error) => {
        this.#broken = error;
        void sendCancel(this.client);
      });
      return limited.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Throws `ReadOnlyError`, or `ConnectionGivenUpError`, for a statement that may not go on. */
  admit(asked: Asked): void {
    if (this.#broken !== undefined) throw new ConnectionGivenUpError(this.#core.name, this.#broken);
    if (/read[\s_]+only/i.test(asked.text)) this.#ownReadOnly = true;
    if (!this.#core.switch.open && mayWrite(asked.text)) this.#core.requireWritable(asked.operation);
  }

  #fail(error: unknown): never {
    if ((error as { code?: unknown } | null)?.code === '25006' && isAnswer(error)) {
      // In a transaction that the caller itself has made read-only it is the caller's mistake.
      if (!this.#ownReadOnly) throw this.#core.switch.refusedByServer(error);
    } else if (!isAnswer(error) && (error as { severity?: unknown } | null)?.severity !== 'ERROR') {
      this.#broken ??= error;
    }
    throw error;
  }

  /**
   * Gives the connection back; once. It does not go back into the pool when it is broken, timed out, or still in a
   * transaction, which the server then rolls back.
   */
  release(error?: Error | boolean): void {
    if (this.#released) throw new Error('Release called on client which has already been released to the pool.');
    this.#released = true;
    this.client.off('error', this.#onError);
    const status = this.client.getTransactionStatus?.();
    const inTransaction = status === 'T' || status === 'E';
    const discard = this.#broken !== undefined || inTransaction || (error !== undefined && error !== false);
    try {
      if (discard) this.client.release(true);
      else this.client.release();
    } finally {
      this.#leave();
    }
  }
}
