import { OptionError } from '@breakwater/errors';
import { type Call, start } from './call.ts';
import { type Clock, type Random, systemClock } from './clock.ts';
import { emit, type Listener, subscribe } from './events.ts';
import { callable, checkOptions, delayMs, either, flag, number, oneOf, type Rule, text } from './options.ts';
import { type Plan, toPlan } from './plan.ts';
import { type CallContext, type CallOptions, FAILED, type Policy, type Work } from './policy.ts';
import { Timer, timersOf } from './timers.ts';

/** What goes wrong, how often, and for which calls. */
export type ChaosRule = {
  /** Share of the calls that match, 0 to 1. */
  readonly rate: number;
  /** Which calls. Default: all. */
  readonly when?: ((context: CallContext) => boolean) | undefined;
  readonly name?: string | undefined;
} /** The call begins later, by this much or by what the function draws. */ & (
  | { readonly kind: 'latency'; readonly delayMs: number | ((random: Random) => number) }
  /** The call is not made, and fails. Default error: one with code `ECONNREFUSED`. */
  | { readonly kind: 'error'; readonly error?: (() => unknown) | undefined }
  /** The call is made; after `afterMs` (default 0) the connection breaks: its signal is aborted and the answer is lost. */
  | { readonly kind: 'abort'; readonly afterMs?: number | undefined }
  /** The call is made, and its answer replaced. */
  | { readonly kind: 'result'; readonly result: (real: unknown) => unknown }
);

export interface ChaosOptions {
  /** Nothing happens while this is not true. A function is asked on each call. Default false. */
  readonly enabled?: boolean | (() => boolean) | undefined;
  /** Each is drawn for each call; several may strike one call. */
  readonly rules: readonly ChaosRule[];
  /** Default `chaos`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** A rule struck. */
export interface ChaosEvent {
  readonly type: 'chaos.injected';
  readonly reason: ChaosRule['kind'];
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
  /** Name of the rule, by default its kind. */
  readonly rule: string;
}

export interface Chaos extends Policy<ChaosEvent> {
  readonly kind: 'chaos';
  readonly enabled: boolean;
  /** Puts new options in force. Throws as `createChaos`. */
  reconfigure(options: ChaosOptions): void;
}

const rules: Record<string, Rule> = {
  enabled: either(flag, callable),
  rules: ['a list of rules', Array.isArray],
};
const kindRules: Record<ChaosRule['kind'], Record<string, Rule>> = {
  latency: { delayMs: either(delayMs, callable) },
  error: { error: callable },
  abort: { afterMs: delayMs },
  result: { result: callable },
};

/**
 * Plays an unwell dependency, as the innermost policy, to see what the others make of it: latency, errors, broken
 * connections and wrong results, by rate and rule. Off unless enabled. The same seed for `random`, the same faults.
 * Throws `OptionError` on bad options.
 */
export function createChaos(options: ChaosOptions): Chaos {
  return new ChaosImpl(options);
}

class ChaosImpl implements Chaos {
  readonly kind = 'chaos';
  readonly name: string;
  readonly clock: Clock;
  listeners: readonly Listener<ChaosEvent>[] | undefined = undefined;
  readonly #random: Random;
  readonly #plan: Plan;
  #options!: ChaosOptions;

  constructor(options: ChaosOptions) {
    this.reconfigure(options);
    const { name = 'chaos', clock = systemClock, random = Math.random } = options;
    this.name = name;
    this.clock = clock;
    this.#random = random;
    this.#plan = toPlan({ name, clock, cuts: true });
  }

  get enabled(): boolean {
    const { enabled = false } = this.#options;
    return typeof enabled === 'function' ? enabled() === true : enabled;
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    let call: Call | undefined;
    return start(
      this.#plan,
      (context) => (this.enabled ? this.#disturb(work, context, call!) : work(context)),
      options,
      (begun) => {
        call = begun;
      },
    );
  }

  on(listener: Listener<ChaosEvent>): () => void {
    return subscribe(this, listener);
  }

  reconfigure(options: ChaosOptions): void {
    checkOptions('createChaos', options, rules, ['rules']);
    for (const [index, rule] of options.rules.entries()) {
      const at = `createChaos.rules[${index}]`;
      const own = Object.hasOwn(kindRules, rule?.kind) ? kindRules[rule.kind] : undefined;
      if (own === undefined)
        throw new OptionError(`${at}.kind`, rule?.kind, `one of ${Object.keys(kindRules).join(', ')}`);
      const required = rule.kind === 'latency' ? ['delayMs'] : rule.kind === 'result' ? ['result'] : [];
      const common = { rate: number(0, 1), when: callable, name: text, kind: oneOf(rule.kind) };
      checkOptions(at, rule, { ...common, ...own }, ['rate', ...required]);
    }
    this.#options = options;
  }

  async #disturb<T>(work: Work<T>, context: CallContext, call: Call): Promise<T> {
    let replace: ((real: unknown) => unknown) | undefined;
    let breakAfterMs: number | undefined;
    let waitMs = 0;
    let failure: { readonly error: unknown } | undefined;
    for (const rule of this.#options.rules) {
      // One draw per rule and call, whatever matches: one rule more does not shift the fate of all that follows.
      const struck = this.#random() < rule.rate;
      if (!struck || rule.when?.(context) === false) continue;
      this.#tell(rule, context);
      if (rule.kind === 'latency')
        waitMs += typeof rule.delayMs === 'number' ? rule.delayMs : rule.delayMs(this.#random);
      else if (rule.kind === 'error')
        failure ??= { error: rule.error === undefined ? broken('ECONNREFUSED') : rule.error() };
      else if (rule.kind === 'abort')
        breakAfterMs = Math.min(breakAfterMs ?? Number.POSITIVE_INFINITY, rule.afterMs ?? 0);
      else replace = rule.result;
    }
    const timers = timersOf(this.clock);
    if (waitMs > 0) await this.#sleep(waitMs, context.signal);
    if (failure !== undefined) throw failure.error;
    let timer: Timer | undefined;
    if (breakAfterMs !== undefined) {
      timer = new Timer(() => call.giveUp(FAILED, broken('ECONNRESET')));
      timers.add(timer, breakAfterMs);
    }
    try {
      const real = await work(context);
      if (breakAfterMs === 0) throw broken('ECONNRESET');
      return replace === undefined ? real : (replace(real) as T);
    } finally {
      if (timer !== undefined) timers.remove(timer);
    }
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const timers = timersOf(this.clock);
    return new Promise((resolve, reject) => {
      const timer = new Timer(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      });
      const stop = (): void => {
        timers.remove(timer);
        reject(signal.reason);
      };
      timers.add(timer, ms);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
  }

  #tell(rule: ChaosRule, context: CallContext): void {
    if (this.listeners === undefined) return;
    const { operation, correlationId } = context;
    const { kind: reason, name = reason } = rule;
    emit(this, { type: 'chaos.injected', reason, policy: this.name, operation, correlationId, rule: name });
  }
}

function broken(code: 'ECONNREFUSED' | 'ECONNRESET'): Error {
  return Object.assign(new Error(`chaos: ${code}`), { code });
}
