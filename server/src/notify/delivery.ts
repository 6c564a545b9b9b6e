import type { ReceiverType } from '../api/types.ts';
import { appendToTimeline } from '../incidents/incident-rows.ts';
import type { State } from '../state/state.ts';
import { GIVE_UP_AFTER_MS, retryDelayMs } from './backoff.ts';
import { headOfQueue, headsOfQueues, type OutboxEntry, postpone, settle, waitingOf } from './outbox.ts';
import { PROTOCOLS } from './protocols.ts';
import { addressOf } from './receiver-rows.ts';
import { type SendResult, send } from './send.ts';

export interface DeliveryOptions {
  state: State;
  now: () => number;
  random: () => number;
  fetch: typeof fetch;
  log: (line: string) => void;
  timeoutMs: number;
}

export interface Delivery {
  /**
   * Sends what is due: to each receiver one notification after the other in the order in which they were written, to
   * several receivers at a time. One that fails holds back the later ones of its receiver until it is delivered or
   * given up. What `signal` interrupts stays in the outbox. Resolves with the number of attempts that came to an end.
   */
  deliverDue(signal: AbortSignal): Promise<number>;
  /** Epoch milliseconds at which something is due next; null where nothing waits. */
  nextDueAt(): number | null;
  /** Gives up what the receiver has not received. Call it in the transaction that removes or disables the receiver. */
  giveUpAll(receiverId: string, reason: string): void;
}

/** Delivery at least once: a notification is taken out of the outbox after the receiver has confirmed it. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { state, now, random, log, timeoutMs } = options;
  /** Receivers that are being sent to; a second call leaves them to the first. */
  const busy = new Set<string>();

  async function deliverTo(receiverId: string, signal: AbortSignal): Promise<number> {
    if (busy.has(receiverId)) return 0;
    let attempts = 0;
    busy.add(receiverId);
    try {
      for (;;) {
        const entry = headOfQueue(state, receiverId);
        if (entry === undefined || entry.nextAttemptAt > now() || signal.aborted) return attempts;
        const result = await attempt(entry, signal);
        if (result === undefined) return attempts;
        record(entry, result);
        attempts += 1;
      }
    } finally {
      busy.delete(receiverId);
    }
  }

  async function attempt(entry: OutboxEntry, signal: AbortSignal): Promise<SendResult | undefined> {
    const receiver = addressOf(state, entry.receiverId);
    if (receiver === undefined) {
      return { verdict: 'refused', status: null, reason: 'the receiver was removed', retryAfterMs: null };
    }
    const protocol = PROTOCOLS[entry.receiverType];
    const request = protocol.toRequest(entry.notification, receiver, now());
    const { secret } = receiver;
    try {
      return await send(request, protocol.verdictOf, { fetch: options.fetch, now, signal, timeoutMs, secret });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  function record(entry: OutboxEntry, result: SendResult): void {
    const attempts = entry.attempts + 1;
    const time = now();
    if (result.verdict === 'delivered') {
      state.transaction(() => {
        settle(state, entry.id, 'delivered', attempts, time);
        appendToTimeline(state, entry.incidentId, time, { kind: 'notified', ...told(entry), attempts });
      });
      return;
    }
    const nextAttemptAt = time + retryDelayMs(attempts, result.retryAfterMs, random);
    const final = result.verdict === 'refused' || nextAttemptAt > entry.createdAt + GIVE_UP_AFTER_MS;
    log(`notification ${final ? 'given up' : 'failed, will be tried again'}: ${entry.receiverName}: ${result.reason}`);
    state.transaction(() => {
      if (final) settle(state, entry.id, 'failed', attempts, time);
      else postpone(state, entry.id, attempts, nextAttemptAt, result.reason);
      // The first failure and the last one; the ones between say nothing new.
      if (final || attempts === 1) {
        const failure = { kind: 'notify_failed' as const, ...told(entry), attempts, reason: result.reason, final };
        appendToTimeline(state, entry.incidentId, time, failure);
      }
    });
  }

  return {
    async deliverDue(signal) {
      const receivers = headsOfQueues(state).filter(({ nextAttemptAt }) => nextAttemptAt <= now());
      const attempts = await Promise.all(receivers.map(({ receiverId }) => deliverTo(receiverId, signal)));
      return attempts.reduce((sum, count) => sum + count, 0);
    },

    nextDueAt() {
      const waiting = headsOfQueues(state).filter(({ receiverId }) => !busy.has(receiverId));
      return waiting.length === 0 ? null : Math.min(...waiting.map(({ nextAttemptAt }) => nextAttemptAt));
    },

    giveUpAll(receiverId, reason) {
      const time = now();
      for (const entry of waitingOf(state, receiverId)) {
        settle(state, entry.id, 'failed', entry.attempts, time);
        appendToTimeline(state, entry.incidentId, time, {
          kind: 'notify_failed',
          ...told(entry),
          attempts: entry.attempts,
          reason,
          final: true,
        });
      }
    },
  };
}

function told(entry: OutboxEntry): { receiver: string; receiverType: ReceiverType; event: OutboxEntry['event'] } {
  return { receiver: entry.receiverName, receiverType: entry.receiverType, event: entry.event };
}
