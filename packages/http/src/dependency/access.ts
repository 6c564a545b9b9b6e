import type { Clock } from '@breakwater/resilience';
import { ReadOnlyError } from './errors.ts';

/** Whether writes are let through. */
export type Access =
  | { readonly mode: 'read-write' }
  /** `hand`: until `setReadWrite()`. `server`: until the server takes writes again. */
  | { readonly mode: 'read-only'; readonly by: 'hand' | 'server' };

const READ_WRITE: Access = { mode: 'read-write' };

/**
 * The switch between read-write and read-only. What the server says is looked at again after `recheckMs`, when a write
 * comes; that write is still refused. No timer runs in between.
 */
export class AccessSwitch {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #recheckMs: number;
  readonly #onChange: (access: Access) => void;
  /** Asks the server whether it is read-only. */
  readonly #look: () => Promise<boolean>;
  #byHand = false;
  #byServer = false;
  #lookedAt = 0;
  #looking = false;

  constructor(
    name: string,
    clock: Clock,
    recheckMs: number,
    look: () => Promise<boolean>,
    onChange: (access: Access) => void,
  ) {
    this.#name = name;
    this.#clock = clock;
    this.#recheckMs = recheckMs;
    this.#look = look;
    this.#onChange = onChange;
  }

  get access(): Access {
    if (this.#byHand) return { mode: 'read-only', by: 'hand' };
    return this.#byServer ? { mode: 'read-only', by: 'server' } : READ_WRITE;
  }

  /** True while every write passes: nothing need be known about a call. */
  get open(): boolean {
    return !this.#byHand && !this.#byServer;
  }

  setByHand(readOnly: boolean): void {
    this.#change(readOnly, this.#byServer);
  }

  /** What the server has just said about itself. */
  setByServer(readOnly: boolean): void {
    this.#lookedAt = this.#clock.now();
    this.#change(this.#byHand, readOnly);
  }

  /** The refusal of a write, and `undefined` when it may go on. */
  refusal(): ReadOnlyError | undefined {
    if (this.#byHand) return new ReadOnlyError(this.#name, 'by-hand', this.#recheckMs);
    if (!this.#byServer) return undefined;
    if (!this.#looking && this.#clock.now() - this.#lookedAt >= this.#recheckMs) this.#lookAgain();
    return new ReadOnlyError(this.#name, 'by-server', this.#recheckMs);
  }

  /** The server has refused a write: what the caller is told. */
  refusedByServer(cause: unknown): ReadOnlyError {
    this.setByServer(true);
    return new ReadOnlyError(this.#name, 'refused', this.#recheckMs, cause);
  }

  #lookAgain(): void {
    this.#looking = true;
    this.#look().then(
      (readOnly) => {
        this.#looking = false;
        this.setByServer(readOnly);
      },
      () => {
        // Not known: as before, and looked at again later.
        this.#looking = false;
        this.#lookedAt = this.#clock.now();
      },
    );
  }

  #change(byHand: boolean, byServer: boolean): void {
    const before = this.access;
    this.#byHand = byHand;
    this.#byServer = byServer;
    const { access } = this;
    const same = before.mode === 'read-only' && access.mode === 'read-only' && before.by === access.by;
    if (before.mode !== access.mode || (!same && access.mode === 'read-only')) this.#onChange(access);
  }
}
