import { classify, OptionError } from '@breakwater/errors';
import { checkOptions, type Rule, record, text, whole } from '@breakwater/errors/options';
import {
  type BreakerOptions,
  type Bulkhead,
  BulkheadFullError,
  type CircuitBreaker,
  type Clock,
  createBreaker,
  createBulkhead,
  isRejection,
  systemClock,
  TimeoutError,
} from '@breakwater/resilience';
import type { HealthCheck } from '../health.ts';
import { clockRule, timerMs } from '../options.ts';
import { type Access, AccessSwitch } from './access.ts';
import { PoolExhaustedError, UnreachableError } from './errors.ts';

/** Options that every guard of a dependency has. */
export interface GuardOptions {
  /** In errors, events, metrics and the health check. Default: that of the kind of server. */
  readonly name?: string | undefined;
  /** Longest wait for a place among those that use the dependency. Default 1000. */
  readonly acquireTimeoutMs?: number | undefined;
  /** Callers that may wait for one; the next is refused at once. Default 1000. */
  readonly maxWaiting?: number | undefined;
  /** When it opens and closes. What counts as a failure is fixed: that of the server or the way to it, never an answer. */
  readonly breaker?: Omit<BreakerOptions, 'name' | 'clock' | 'expected' | 'classify' | 'failureResult'> | undefined;
  /** While the server is read-only: how long writes are refused without asking it again; also their `Retry-After`. Default 5000. */
  readonly recheckMs?: number | undefined;
  /** Time limit of the health check. Default 1000. */
  readonly checkTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Connections and who waits for one. */
export interface ConnectionCounts {
  readonly max: number;
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** What a guard tells its listeners. Nothing of a statement's text, its parameters or the address is in it. */
export type DependencyEvent = { readonly dependency: string } & (
  | { readonly type: 'dependency.acquired'; readonly waitedMs: number }
  | {
      readonly type: 'dependency.refused';
      readonly reason: 'exhausted' | 'read-only' | 'breaker-open';
      readonly operation: string;
    }
  | { readonly type: 'dependency.timeout'; readonly operation: string; readonly timeoutMs: number }
  | { readonly type: 'dependency.access'; readonly access: Access }
  /** A connection broke; `code` is what its error is classified as. */
  | { readonly type: 'dependency.connection-lost'; readonly code: string }
);

/** The guard of a database or cache. */
export interface DependencyGuard {
  readonly name: string;
  readonly breaker: CircuitBreaker;
  readonly access: Access;
  readonly connections: ConnectionCounts;
  /**
   * For `createHealth`. Asks the server itself, whatever the breaker says: rejects when it does not answer, `degraded` with
   * `read-only`, `exhausted` or `breaker-open` when it does and calls are refused all the same.
   */
  readonly check: HealthCheck;
  /** Refuses writes from now on, also those of transactions under way, until `setReadWrite()`. */
  setReadOnly(): void;
  /** Ends `setReadOnly()`. What the server says about itself stays. */
  setReadWrite(): void;
  /** Adds a listener; the returned function removes it. What a listener throws becomes a process warning. */
  on(listener: (event: DependencyEvent) => void): () => void;
}

/** What differs between kinds of servers. */
export interface DependencyKind {
  readonly defaultName: string;
  /** How many calls may be under way. */
  readonly max: number;
  /** Asks the server whether it is read-only, past the breaker and within `checkTimeoutMs`. Also the health check. */
  readonly look: () => Promise<boolean>;
  readonly count: () => { readonly total: number; readonly idle: number };
  /** True for an error that is an answer of a server that works. */
  readonly isAnswer: (error: unknown) => boolean;
}

const rules: Record<string, Rule> = {
  name: text,
  acquireTimeoutMs: timerMs,
  maxWaiting: whole(0),
  breaker: record,
  recheckMs: timerMs,
  checkTimeoutMs: timerMs,
  clock: clockRule,
};
const FIXED = ['name', 'clock', 'expected', 'classify', 'failureResult'] as const;

/** Checks the options of `at`, which has `more` than every guard. */
export function checkGuardOptions(at: string, options: GuardOptions, more: Record<string, Rule>): void {
  checkOptions(at, options, { ...rules, ...more });
  // The others are checked by `createBreaker`.
  const breaker: Readonly<Record<string, unknown>> = { ...options.breaker };
  for (const key of FIXED)
    if (breaker[key] !== undefined) throw new OptionError(`${at}.breaker.${key}`, breaker[key], 'nothing: it is fixed');
}

type Listener = (event: DependencyEvent) => void;
type Told<E> = E extends unknown ? Omit<E, 'dependency'> : never;

/** The part of a guard that is the same for every kind of server. */
export class GuardCore implements DependencyGuard {
  readonly name: string;
  readonly clock: Clock;
  readonly breaker: CircuitBreaker;
  readonly check: HealthCheck;
  readonly switch: AccessSwitch;
  readonly #kind: DependencyKind;
  readonly #places: Bulkhead;
  #listeners: readonly Listener[] = [];

  /** The options are checked already, but those of the breaker. */
  constructor(options: GuardOptions, kind: DependencyKind) {
    const { name = kind.defaultName, clock = systemClock } = options;
    const { acquireTimeoutMs = 1000, recheckMs = 5000, checkTimeoutMs = 1000, maxWaiting: maxQueue = 1000 } = options;
    this.name = name;
    this.clock = clock;
    this.#kind = kind;
    this.#places = createBulkhead({ name, maxConcurrent: kind.max, maxQueue, maxWaitMs: acquireTimeoutMs, clock });
    const expected = (error: unknown): boolean | undefined => {
      if (error instanceof TimeoutError || error instanceof UnreachableError) return true;
      if (kind.isAnswer(error)) return false;
      const verdict = classify(error);
      return verdict.cancelled ? undefined : verdict.countsForBreaker;
    };
    this.breaker = createBreaker({ ...options.breaker, name, clock, expected });
    this.breaker.on((event) => {
      if (event.type === 'breaker.rejected')
        this.tell({ type: 'dependency.refused', reason: 'breaker-open', operation: event.operation });
    });
    this.switch = new AccessSwitch(name, clock, recheckMs, kind.look, (access) =>
      this.tell({ type: 'dependency.access', access }),
    );
    this.check = { name, timeoutMs: checkTimeoutMs, check: () => this.#look() };
  }

  get access(): Access {
    return this.switch.access;
  }

  get connections(): ConnectionCounts {
    return { max: this.#kind.max, ...this.#kind.count(), waiting: this.#places.queued };
  }

  /** Calls that hold a place. */
  get active(): number {
    return this.#places.active;
  }

  setReadOnly(): void {
    this.switch.setByHand(true);
  }

  setReadWrite(): void {
    this.switch.setByHand(false);
  }

  on(listener: Listener): () => void {
    if (typeof listener !== 'function') throw new OptionError('listener', listener, 'a function');
    const entry: Listener = (event) => listener(event);
    this.#listeners = [...this.#listeners, entry];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== entry);
    };
  }

  tell(event: Told<DependencyEvent>): void {
    for (const listener of this.#listeners) {
      try {
        listener({ dependency: this.name, ...event });
      } catch (error) {
        process.emitWarning('A listener of a dependency guard failed', {
          type: 'BreakwaterWarning',
          code: 'BREAKWATER_LISTENER',
          detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      }
    }
  }

  /** Tells that a connection broke, and by what. */
  tellLost(error: unknown): void {
    this.tell({ type: 'dependency.connection-lost', code: classify(error).code });
  }

  /** Throws `ReadOnlyError` when writes are refused. */
  requireWritable(operation: string): void {
    const refusal = this.switch.refusal();
    if (refusal === undefined) return;
    this.tell({ type: 'dependency.refused', reason: 'read-only', operation });
    throw refusal;
  }

  /** Resolves with how to leave the place again. Rejects with `PoolExhaustedError`, at the latest after `withinMs`. */
  enter(operation: string, withinMs: number = Number.POSITIVE_INFINITY): Promise<() => void> {
    return new Promise((admit, refuse) => {
      const hold = (): Promise<void> => new Promise((leave) => admit(leave));
      const deadline = this.clock.now() + withinMs;
      this.#places.execute(hold, { operation, deadline }).catch((error: unknown) => {
        this.tell({ type: 'dependency.refused', reason: 'exhausted', operation });
        const full = error instanceof BulkheadFullError && error.reason === 'queue-full';
        refuse(new PoolExhaustedError(this.name, full ? 'queue-full' : 'wait-limit'));
      });
    });
  }

  /** `work`, or after `timeoutMs` a `TimeoutError`, of which `onTimeout` is told. What `work` does later is ignored. */
  limit<T>(
    work: Promise<T>,
    operation: string,
    timeoutMs: number,
    onTimeout?: (error: TimeoutError) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.setTimer(() => {
        const error = new TimeoutError(operation, 'query', timeoutMs);
        this.tell({ type: 'dependency.timeout', operation, timeoutMs });
        onTimeout?.(error);
        reject(error);
      }, timeoutMs);
      const end = (): void => this.clock.clearTimer(timer);
      work.then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  }

  async #look(): Promise<unknown> {
    try {
      this.switch.setByServer(await this.#kind.look());
    } catch (error) {
      if (isRejection(error)) return { status: 'degraded', reason: 'exhausted' };
      throw error;
    }
    if (this.breaker.state !== 'closed') return { status: 'degraded', reason: 'breaker-open' };
    return this.access.mode === 'read-only' ? { status: 'degraded', reason: 'read-only' } : 'pass';
  }
}
