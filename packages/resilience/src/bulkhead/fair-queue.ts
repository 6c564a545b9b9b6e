import type { Call } from '../call.ts';
import { checkOptions, flag, type Rule, whole } from '../options.ts';
import { type Waiter, WaitQueue } from './queue.ts';

/** Decides which waiting call goes next; made by {@link fairQueue}. Serves one bulkhead. */
export interface QueueOrder {
  /** A call begins to wait. False: it may not, too many of its kind do; `kept`: it waits already, and may. */
  add(call: Call, kept?: boolean): boolean;
  /** A call no longer waits. Harmless for one that did not. */
  remove(call: Call): void;
  /** Takes out who is next; `undefined` when nobody waits. */
  take(): Call | undefined;
}

export interface FairQueueOptions {
  /** How often calls of higher `priority` may go before a waiting one of lower priority. Default 10. */
  readonly starvationLimit?: number | undefined;
  /** Serves waiting calls of different `key` in turn, so that a busy key delays itself only. Default false: in order of arrival. */
  readonly byKey?: boolean | undefined;
  /** With `byKey`: calls of one `key` that may wait. Default: no limit of its own. */
  readonly maxPerKey?: number | undefined;
}

const rules: Record<string, Rule> = { starvationLimit: whole(1), byKey: flag, maxPerKey: whole(1) };

/**
 * An order for `createBulkhead({ order })`: the highest priority first, and within it the keys in turn, and within a key
 * the one that came first. A priority that was passed over `starvationLimit` times goes before all higher ones, once.
 * Memory is bounded by those waiting. Throws `OptionError` on bad options.
 */
export function fairQueue(options: FairQueueOptions = {}): QueueOrder {
  checkOptions('fairQueue', options, rules);
  const { starvationLimit = 10, byKey = false, maxPerKey = Number.POSITIVE_INFINITY } = options;
  const queue = new WaitQueue<Waiter & { readonly call: Call }>(starvationLimit);
  const byCall = new Map<Call, Waiter & { readonly call: Call }>();
  return {
    add(call, kept = false) {
      // Without fairness all calls share one lane, and one key cannot be told from another.
      const key = byKey ? (call.key ?? '') : '';
      if (byKey && !kept && queue.sizeOf(key) >= maxPerKey) return false;
      const waiter = { call, key, priority: call.priority ?? 0 };
      queue.add(waiter);
      byCall.set(call, waiter);
      return true;
    },
    remove(call) {
      const waiter = byCall.get(call);
      if (waiter !== undefined) queue.remove(waiter);
      byCall.delete(call);
    },
    take() {
      const call = queue.take()?.call;
      if (call !== undefined) byCall.delete(call);
      return call;
    },
  };
}
