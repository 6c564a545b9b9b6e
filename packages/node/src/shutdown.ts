import { OptionError } from '@breakwater/errors';
import { ServiceStateError } from './service-state-error.ts';

/** When a hook runs: first what takes in work, then what finishes it, then what both needed. */
export type ShutdownPhase = 'intake' | 'work' | 'resources';

/** Phases in their order. */
export const SHUTDOWN_PHASES: readonly ShutdownPhase[] = ['intake', 'work', 'resources'];

/** Part of shutting down. `signal` aborts when its time is over; what it still does then is not waited for. */
export type ShutdownHook = (signal: AbortSignal) => void | Promise<void>;

/** How one step went. */
export interface ShutdownStep {
  readonly phase: ShutdownPhase | 'telemetry';
  readonly name: string;
  readonly outcome: 'done' | 'failed' | 'timed out';
  readonly durationMs: number;
  readonly error?: unknown;
}

/** Steps in the order in which they ended. */
export interface ShutdownReport {
  readonly ok: boolean;
  readonly steps: readonly ShutdownStep[];
}

/** What is to be done at the end, and the doing of it. */
export interface Shutdown {
  /** Throws `OptionError` for a wrong argument, and `ServiceStateError` when the hooks of the phase were begun already. */
  add(phase: ShutdownPhase, name: string, hook: ShutdownHook): () => void;
  /** Runs the hooks of all phases: phases in turn, those of one phase together. Never rejects. */
  runHooks(timeoutMs: number, onStep: (step: ShutdownStep) => void): Promise<void>;
}

export function createShutdown(): Shutdown {
  const begun = new Set<ShutdownPhase>();
  const hooks = new Set<{ phase: ShutdownPhase; name: string; hook: ShutdownHook }>();
  return {
    add(phase, name, hook) {
      if (!SHUTDOWN_PHASES.includes(phase))
        throw new OptionError('phase', phase, `one of ${SHUTDOWN_PHASES.join(', ')}`);
      if (typeof name !== 'string' || name === '') throw new OptionError('name', name, 'a name');
      if (typeof hook !== 'function') throw new OptionError('hook', hook, 'a function');
      if (begun.has(phase))
        throw new ServiceStateError(
          'ERR_BREAKWATER_STOPPED',
          `The service shuts down, and hooks of phase ${phase} were begun: ${name} would never run`,
        );
      const entry = { phase, name, hook };
      hooks.add(entry);
      return () => {
        hooks.delete(entry);
      };
    },
    async runHooks(timeoutMs, onStep) {
      const endsAt = performance.now() + timeoutMs;
      for (const phase of SHUTDOWN_PHASES) {
        begun.add(phase);
        const due = [...hooks].filter((entry) => entry.phase === phase);
        const leftMs = Math.max(0, endsAt - performance.now());
        await Promise.all(due.map(async ({ name, hook }) => onStep(await runStep(phase, name, hook, leftMs))));
      }
    },
  };
}

/** Runs one step within its time. Never rejects. */
export async function runStep(
  phase: ShutdownStep['phase'],
  name: string,
  hook: ShutdownHook,
  timeoutMs: number,
): Promise<ShutdownStep> {
  const startedAt = performance.now();
  const abort = new AbortController();
  const late = Promise.withResolvers<'timed out'>();
  const timer = setTimeout(() => {
    abort.abort(new DOMException(`${name} took longer than ${Math.round(timeoutMs)} ms`, 'TimeoutError'));
    late.resolve('timed out');
  }, timeoutMs);
  const done = async (): Promise<'done'> => {
    await hook(abort.signal);
    return 'done';
  };
  const finish = (outcome: ShutdownStep['outcome'], error?: unknown): ShutdownStep => ({
    phase,
    name,
    outcome,
    durationMs: performance.now() - startedAt,
    ...(error === undefined ? {} : { error }),
  });
  try {
    return finish(await Promise.race([done(), late.promise]));
  } catch (error) {
    return finish('failed', error);
  } finally {
    clearTimeout(timer);
  }
}
