import { run } from './call.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Emits, type Listener, subscribe } from './events.ts';
import { checkOptions, type Rule } from './options.ts';
import { type Plan, toPlan } from './plan.ts';
import type { CallOptions, Gate, Work } from './policy.ts';
import { type Subject, type Told, tell } from './tell.ts';
import { type Timers, timersOf } from './timers.ts';

/** What a kind of policy says about its options. */
export interface Kind<O> {
  /** Also the default of `name`. */
  readonly kind: string;
  /** The function that makes it, for messages. Default: `create` and the kind, `createLoadShed`. */
  readonly maker?: string;
  readonly rules: Record<string, Rule>;
  readonly required?: readonly string[];
  /** Rules of options that are there because of others. */
  readonly more?: (options: O) => Record<string, Rule> | undefined;
  /** Throws `OptionError` for what the rules cannot say. */
  readonly check?: (options: O) => void;
}

/** What policies of all kinds have in common: options that were checked, a name, a clock, listeners, a plan of their own. */
export class PolicyBase<O extends { readonly name?: string | undefined; readonly clock?: Clock | undefined }, E>
  implements Emits<E>
{
  readonly kind: string;
  readonly name: string;
  /** For waits. */
  readonly timers: Timers;
  listeners: readonly Listener<E>[] | undefined = undefined;
  /** The options in force. */
  protected options!: O;
  readonly #of: Kind<O>;
  #plan: Plan | undefined = undefined;

  constructor(of: Kind<O>, options: O) {
    this.#of = of;
    this.#accept(options);
    this.kind = of.kind;
    this.name = options.name ?? of.kind;
    this.timers = timersOf(options.clock ?? systemClock);
  }

  get clock(): Clock {
    return this.timers.clock;
  }

  /** A policy with an `enter` is a gate, which `compose` can fuse. All others have an `execute` of their own. */
  get gates(): readonly Gate[] | undefined {
    return 'enter' in this ? [this as unknown as Gate] : undefined;
  }

  protected get plan(): Plan {
    this.#plan ??= toPlan(this);
    return this.#plan;
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    return run(this.plan, work, options);
  }

  on(listener: Listener<E>): () => void {
    return subscribe(this, listener);
  }

  /** {@link tell}, where somebody listens: `this.tell?.(call, { … })` makes no event for nobody. */
  get tell(): ((call: Subject | undefined, what: Told<E>) => void) | undefined {
    return this.listeners && tell;
  }

  reconfigure(options: O): void {
    this.#accept(options);
  }

  #accept(options: O): void {
    const { kind, rules, required, more, check } = this.#of;
    const { maker = `create-${kind}`.replace(/-./g, (dashed) => dashed[1]!.toUpperCase()) } = this.#of;
    checkOptions(maker, options, { ...rules, ...more?.(options) }, required);
    check?.(options);
    // As they were checked: what the caller does to the object later changes nothing.
    this.options = { ...options };
  }
}
