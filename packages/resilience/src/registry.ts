import { OptionError } from '@breakwater/errors';
import { emit, type Listener, subscribe } from './events.ts';
import { PIPELINE_ORDER, type PipelineSlot, pipeline } from './pipeline.ts';
import type { CallOptions, Policy, Work } from './policy.ts';

/** A policy that can take new options while in use. */
interface Reconfigurable extends Policy {
  reconfigure(options: unknown): void;
}

/** Makes the policy of one place from plain options: `createRetry`, `createBreaker`, … */
export type Makers = { readonly [Slot in PipelineSlot]?: (options: never) => Policy };

/** Options by place, as data: what a configuration file holds. */
export type PipelineConfig<M extends Makers> = {
  readonly [Slot in keyof M]?: M[Slot] extends (options: infer O) => unknown ? O : never;
};

/** Pipelines by name, built from data, that can be changed while calls are under way. */
export interface Registry<M extends Makers> {
  /** The pipeline of that name. The object stays the same through every reload. Throws `OptionError` for a name not configured. */
  get(name: string): Policy;
  readonly names: readonly string[];
  /**
   * Puts a new configuration in force, all of it or, when any part is wrong (`OptionError`), none. A policy that was there before keeps its
   * state (an open breaker stays open, queued calls stay queued); a new place gets a new policy; calls under way end as they began.
   * A pipeline that is no longer configured is forgotten here, and goes on working for whoever holds it.
   */
  reload(config: { readonly [name: string]: PipelineConfig<M> }): void;
}

/**
 * Makes a {@link Registry}. `makers` says which policies the configuration may name, so that only those are bundled:
 * `createRegistry({ retry: createRetry, breaker: createBreaker }, { payments: { retry: { maxAttempts: 2 } } })`.
 */
export function createRegistry<M extends Makers>(
  makers: M,
  config: { readonly [name: string]: PipelineConfig<M> } = {},
): Registry<M> {
  for (const slot of Object.keys(makers)) {
    if (!(PIPELINE_ORDER as readonly string[]).includes(slot)) {
      throw new OptionError(`createRegistry.${slot}`, slot, `one of ${PIPELINE_ORDER.join(', ')}`);
    }
  }
  const handles = new Map<string, Handle>();
  const registry: Registry<M> = {
    get(name) {
      const handle = handles.get(name);
      if (handle === undefined) throw new OptionError('registry.get', name, `one of ${registry.names.join(', ')}`);
      return handle;
    },
    get names() {
      return [...handles.keys()];
    },
    reload(next) {
      // Everything is built once before anything is changed: a mistake in the last pipeline leaves the first as it was.
      for (const [name, options] of Object.entries(next)) build(makers, name, options, new Map());
      for (const [name, options] of Object.entries(next)) {
        const known = handles.get(name);
        if (known === undefined) handles.set(name, new Handle(name, makers, options));
        else known.rebuild(options);
      }
      for (const name of handles.keys()) if (!Object.hasOwn(next, name)) handles.delete(name);
    },
  };
  registry.reload(config);
  return registry;
}

type Options = { readonly [slot: string]: unknown };

/** Builds a pipeline, with the policies of `kept` where there is one. */
function build(makers: Makers, name: string, options: Options, kept: Map<string, Policy>): Policy {
  const parts: { [slot: string]: Policy } = {};
  for (const [slot, own] of Object.entries(options)) {
    if (own === undefined) continue;
    const make = Object.hasOwn(makers, slot) ? makers[slot as PipelineSlot] : undefined;
    if (make === undefined) {
      throw new OptionError(`${name}.${slot}`, own, `one of ${Object.keys(makers).join(', ')}`);
    }
    parts[slot] = kept.get(slot) ?? make({ name: `${name}.${slot}`, ...(own as object) } as never);
    kept.set(slot, parts[slot]);
  }
  return pipeline({ name, ...parts });
}

class Handle implements Policy {
  readonly kind = 'registered';
  readonly name: string;
  listeners: readonly Listener<unknown>[] | undefined = undefined;
  readonly #makers: Makers;
  readonly #members = new Map<string, Policy>();
  #current: Policy;
  #stop: (() => void) | undefined = undefined;

  constructor(name: string, makers: Makers, options: Options) {
    this.name = name;
    this.#makers = makers;
    this.#current = build(makers, name, options, this.#members);
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    return this.#current.execute(work, options);
  }

  on(listener: Listener<unknown>): () => void {
    const remove = subscribe(this, listener);
    this.#listen();
    return () => {
      remove();
      this.#listen();
    };
  }

  rebuild(options: Options): void {
    for (const [slot, policy] of [...this.#members]) {
      const own = options[slot];
      if (own === undefined || !('reconfigure' in policy)) this.#members.delete(slot);
      else (policy as Reconfigurable).reconfigure({ name: policy.name, ...(own as object) });
    }
    this.#current = build(this.#makers, this.name, options, this.#members);
    this.#listen();
  }

  /** The members are listened to only while somebody listens here. */
  #listen(): void {
    this.#stop?.();
    this.#stop = this.listeners === undefined ? undefined : this.#current.on((event) => emit(this, event));
  }
}
