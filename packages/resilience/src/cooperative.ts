import { type EventOf, policyRule } from './compose.ts';
import { checkExactly } from './options.ts';
import type { CallContext, CallOptions, Policy, Work } from './policy.ts';

/**
 * The policy, but when it gives up on a call whose work goes on (a timeout, the caller's signal), it waits until the work
 * has ended. The signal is aborted as ever. If the work then fails by the abort (the reason itself, or an `AbortError`), the
 * reason is the failure; any other failure, and a result, come out as they are. Nothing is left running behind the caller;
 * but work that is deaf to its signal holds it. Policies around this one that give up do not wait: make the outermost
 * cooperative. It is not fused with its neighbours in a chain, and takes no new options in use. Throws `OptionError` for
 * what is no policy.
 */
export function cooperative<P extends Policy>(policy: P): Policy<EventOf<P>> {
  checkExactly('cooperative', { policy }, { policy: policyRule }, ['policy']);
  return {
    kind: policy.kind,
    name: policy.name,
    on: (listener) => policy.on(listener as (event: unknown) => void),
    async execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
      const running = new Map<Promise<T>, CallContext>();
      try {
        return await policy.execute(async (context) => {
          const promise = (async () => work(context))();
          running.set(promise, context);
          try {
            return await promise;
          } finally {
            running.delete(promise);
          }
        }, options);
      } catch (reason) {
        const last = [...running].at(-1);
        if (!last) throw reason;
        await Promise.allSettled(running.keys());
        const [promise, { signal }] = last;
        return await promise.catch((failure: unknown) => {
          const aborted = failure === signal.reason || (failure as Error | null)?.name === 'AbortError';
          throw aborted ? reason : failure;
        });
      }
    },
  };
}
