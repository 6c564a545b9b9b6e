import { type Call, run } from './call.ts';
import type { Clock, Random } from './clock.ts';
import { callable, checkOptions, delayMs, either, flag, number, oneOf, type Rule, text } from './options.ts';
import { type CallContext, type CallOptions, NEVER, type Policy, type Work } from './policy.ts';
import { type Kind, PolicyBase } from './policy-base.ts';
import { ask } from './predicate.ts';
import { Timer } from './timers.ts';

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

/** What each kind of rule has of its own, and what of it must be given. */
const kindRules: ReadonlyMap<unknown, readonly [own: Record<string, Rule>, ...needed: string[]]> = new Map([
  ['latency', [{ delayMs: either(delayMs, callable) }, 'delayMs']],
  ['error', [{ error: callable }]],
  ['abort', [{ afterMs: delayMs }]],
  ['result', [{ result: callable }, 'result']],
]);

const kind: Kind<ChaosOptions> = {
  kind: 'chaos',
  rules: { enabled: either(flag, callable), rules: ['a list of rules', Array.isArray] },
  required: ['rules'],
  check({ rules }) {
    const common = { rate: number(0, 1), when: callable, name: text, kind: oneOf(...kindRules.keys()) };
    for (const [index, rule] of rules.entries()) {
      const [own, ...needed] = kindRules.get(rule?.kind) ?? [{}];
      checkOptions(`createChaos.rules[${index}]`, rule, { ...common, ...own }, ['kind', 'rate', ...needed]);
    }
  },
};

/**
 * Plays an unwell dependency, as the innermost policy, to see what the others make of it: latency, errors, broken
 * connections and wrong results, by rate and rule. Off unless enabled. The same seed for `random`, the same faults.
 * Throws `OptionError` on bad options.
 */
export function createChaos(options: ChaosOptions): Chaos {
  return new ChaosImpl(options);
}

class ChaosImpl extends PolicyBase<ChaosOptions, ChaosEvent> implements Chaos {
  declare readonly kind: 'chaos';
  readonly #random: Random;

  constructor(options: ChaosOptions) {
    super(kind, options);
    this.#random = options.random ?? Math.random;
  }

  get enabled(): boolean {
    const { enabled = false } = this.options;
    return typeof enabled === 'function' ? ask((on) => on() === true, enabled, false) : enabled;
  }

  override execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    let call: Call;
    const disturbed: Work<T> = (context) => (this.enabled ? this.#disturb(work, context, call) : work(context));
    return run(this.plan, disturbed, options, (begun) => {
      call = begun;
    });
  }

  async #disturb<T>(work: Work<T>, context: CallContext, call: Call): Promise<T> {
    let replace: ((real: unknown) => unknown) | undefined;
    let breakAfterMs = NEVER;
    let waitMs = 0;
    let failure: (() => unknown) | undefined;
    for (const rule of this.options.rules) {
      // One draw per rule and call, whatever matches: one rule more does not shift the fate of all that follows.
      const struck = this.#random() < rule.rate;
      const { when = () => true } = rule;
      if (!struck || !ask((matches) => matches(context) !== false, when, false)) continue;
      const { kind: reason, name = reason } = rule;
      this.tell?.(context, { type: 'chaos.injected', reason, rule: name });
      if (rule.kind === 'latency')
        waitMs += typeof rule.delayMs === 'number' ? rule.delayMs : rule.delayMs(this.#random);
      else if (rule.kind === 'error') failure ??= rule.error ?? (() => broken('ECONNREFUSED'));
      else if (rule.kind === 'abort') breakAfterMs = Math.min(breakAfterMs, rule.afterMs ?? 0);
      else replace = rule.result;
    }
    const { timers } = this;
    const { signal } = context;
    /** In time, unless the call is given up before. */
    const after = (ms: number, then: () => void): Timer => {
      const timer = new Timer(then);
      timers.add(timer, ms);
      signal.addEventListener('abort', () => timers.remove(timer));
      return timer;
    };
    // A rule or a listener may have made the caller give up.
    signal.throwIfAborted();
    if (waitMs > 0) {
      await new Promise<void>((resolve) => {
        after(waitMs, resolve);
        signal.addEventListener('abort', () => resolve());
      });
      signal.throwIfAborted();
    }
    if (failure !== undefined) throw failure();
    const timer = after(breakAfterMs, () => call.cancel(broken('ECONNRESET')));
    try {
      const real = await work(context);
      if (breakAfterMs === 0) throw broken('ECONNRESET');
      return replace === undefined ? real : (replace(real) as T);
    } finally {
      timers.remove(timer);
    }
  }
}

function broken(code: 'ECONNREFUSED' | 'ECONNRESET'): Error {
  return Object.assign(new Error(`chaos: ${code}`), { code });
}
