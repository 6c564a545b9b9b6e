import { callable, checkOptions, checkValue, having } from '@breakwater/errors/options';
import type { Policy } from '@breakwater/resilience';
import { edgeErrors } from './catalogue.ts';
import type { Guard } from './edge.ts';
import type { Exchange } from './exchange.ts';

/**
 * A guard that admits requests through a policy of `@breakwater/resilience` that limits what is under way: `createLoadShed`,
 * `createBulkhead`, `createAdaptiveConcurrency`. The request holds its place until its response has ended. The policy is
 * given the request's deadline and gives up when the client leaves; a refusal is a 503, and a 408 when the deadline had passed
 * before the request came. `priority`: higher goes first, default 0; `exempt`: requests that are never refused, such
 * as health checks. Throws `OptionError` for wrong options.
 */
export function admissionGuard(
  policy: Pick<Policy, 'execute'>,
  options: {
    readonly priority?: ((exchange: Exchange) => number) | undefined;
    readonly exempt?: ((exchange: Exchange) => boolean) | undefined;
  } = {},
): Guard {
  checkValue('admissionGuard.policy', policy, having('a policy', 'execute'));
  checkOptions('admissionGuard', options, { priority: callable, exempt: callable });
  return (exchange) => {
    if (options.exempt?.(exchange) === true) return undefined;
    const { signal } = exchange;
    if (signal.aborted && (signal.reason as Error).name === 'TimeoutError') throw new edgeErrors.DEADLINE_PASSED();
    return new Promise((admit, refuse) => {
      const hold = (): Promise<void> =>
        new Promise((leave) => {
          exchange.onEnd(() => leave());
          admit(undefined);
        });
      const call = {
        operation: `${exchange.request.method} ${exchange.path}`,
        correlationId: exchange.ids.correlationId,
        deadline: exchange.deadline,
        signal,
        priority: options.priority?.(exchange) ?? 0,
      };
      // Once admitted the promise is settled, and what the policy says about the end changes nothing.
      policy.execute(hold, call).catch(refuse);
    });
  };
}
