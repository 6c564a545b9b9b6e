import type { ComposedPolicy } from './compose.ts';
import { emit, type Listener, subscribe } from './events.ts';
import { callable, OptionError, record } from './options.ts';
import { checkPlaces, type PipelineSlot, pipeline } from './pipeline.ts';
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
   * state (an open breaker stays open, queued calls stay queued); a new place gets a new policy, and so does one whose policy cannot take
   * the new options in use; calls under way end as they began.
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
  checkPlaces('createRegistry', makers, callable);
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
      if (!record[1](next)) throw new OptionError('registry.reload', next, 'options by pipeline and place');
      // Everything is built before anything is changed: a mistake in the last pipeline leaves the first as it was.
      const built = new Map(Object.entries(next).map(([name, options]) => [name, build(makers, name, options)]));
      for (const [name, members] of built) {
        const handle = handles.get(name) ?? new Handle(name);
        handles.set(name, handle);
        handle.take(members, next[name]!);
      }
      for (const name of handles.keys()) if (!built.has(name)) handles.delete(name);
    },
  };
  registry.reload(config);
  return registry;
}

type Options = { readonly [slot: string]: unknown };
/** Policies by place. */
type Members = { [slot: string]: Policy };

function build(makers: Makers, name: string, options: Options): Members {
  checkPlaces(name, options, record);
  const members: Members = {};
  for (const [slot, own] of Object.entries(options)) {
    if (own === undefined) continue;
    const make = makers[slot as PipelineSlot];
    if (make === undefined) throw new OptionError(`${name}.${slot}`, own, `one of ${Object.keys(makers).join(', ')}`);
    members[slot] = make({ name: `${name}.${slot}`, ...(own as object) } as never);
  }
  pipeline({ name, ...members });
  return members;
}

class Handle implements Policy {
  readonly kind = 'registered';
  readonly name: string;
  /** Its present members, for telemetry. */
  get policies(): readonly Policy[] {
    return this.#current.policies;
  }
  listeners: readonly Listener<unknown>[] | undefined = undefined;
  #members: Members = {};
  #current!: ComposedPolicy<unknown>;
  #stop: (() => void) | undefined = undefined;

  constructor(name: string) {
    this.name = name;
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

  /** Goes on with new policies, but with those it has where they can take the new options. */
  take(members: Members, options: Options): void {
    for (const slot of Object.keys(members)) {
      const policy = this.#members[slot];
      if (policy !== undefined && reconfigured(policy, options[slot] as object)) members[slot] = policy;
    }
    this.#members = members;
    this.#current = pipeline({ name: this.name, ...members });
    this.#listen();
  }

  /** The members are listened to only while somebody listens here. */
  #listen(): void {
    this.#stop?.();
    this.#stop = this.listeners === undefined ? undefined : this.#current.on((event) => emit(this, event));
  }
}

/** The options are good: a policy was made with them. Some cannot change while in use. */
function reconfigured(policy: Policy, options: object): boolean {
  try {
    (policy as Partial<Reconfigurable>).reconfigure?.({ name: policy.name, ...options });
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return false;
  }
  return 'reconfigure' in policy;
}
