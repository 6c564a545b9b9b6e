import type { Receiver, ReceiverInput } from '../api/types.ts';
import type { ReceiverFunctions, ReceiverTestResult } from '../detector.ts';
import { InvalidInputError, NotFoundError, shown } from '../state/refusals.ts';
import type { State } from '../state/state.ts';
import type { Notification } from './notification.ts';
import { PROTOCOLS } from './protocols.ts';
import { toReceiverInput } from './receiver-input.ts';
import { addressOf, findReceiver, receivers } from './receiver-rows.ts';
import { send } from './send.ts';

export interface ReceiversOptions {
  state: State;
  now: () => number;
  newId: () => string;
  fetch: typeof fetch;
  timeoutMs: number;
  /** The server's address for people, without a slash at the end, or ''. */
  publicUrl: string;
  /** Ends a test under way when the server stops. */
  signal: () => AbortSignal;
  /** Gives up what waits for the receiver. Called in the transaction of the change. */
  giveUpAll: (receiverId: string, reason: string) => void;
}

export function createReceivers(options: ReceiversOptions): ReceiverFunctions {
  const { state, now, newId, giveUpAll } = options;

  function get(id: string): Receiver {
    const receiver = findReceiver(state, id);
    if (receiver === undefined) throw new NotFoundError(`there is no receiver ${shown(id)}`);
    return receiver;
  }

  function requireSecret(input: ReceiverInput, secretSet: boolean): void {
    if (input.type === 'pagerduty' && input.secret === undefined && !secretSet) {
      throw new InvalidInputError(
        'secret',
        'secret must be the routing key of the PagerDuty integration, it is missing',
      );
    }
  }

  return {
    list() {
      return { receivers: receivers(state) };
    },

    create(untrusted) {
      const input = toReceiverInput(untrusted);
      requireSecret(input, false);
      const id = newId();
      const time = now();
      state
        .prepare(
          `INSERT INTO receivers (id, name, type, enabled, url, secret, created_at, updated_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(id, input.name, input.type, input.enabled ? 1 : 0, input.url, input.secret ?? null, time, time);
      return get(id);
    },

    update(id, untrusted) {
      const before = get(id);
      const input = toReceiverInput(untrusted);
      if (input.type !== before.type) {
        const message = `type must stay ${before.type}, got ${shown(input.type)}; make a new receiver instead`;
        throw new InvalidInputError('type', message);
      }
      requireSecret(input, before.secretSet);
      state.transaction(() => {
        state
          .prepare(
            'UPDATE receivers SET name = ?, enabled = ?, url = ?, secret = coalesce(?, secret), updated_at = ? WHERE id = ?',
          )
          .run(input.name, input.enabled ? 1 : 0, input.url, input.secret ?? null, now(), id);
        if (!input.enabled) giveUpAll(id, 'the receiver was disabled');
      });
      return get(id);
    },

    remove(id) {
      get(id);
      state.transaction(() => {
        giveUpAll(id, 'the receiver was removed');
        state.prepare('DELETE FROM receivers WHERE id = ?').run(id);
      });
    },

    async test(id): Promise<ReceiverTestResult> {
      const { type } = get(id);
      const receiver = addressOf(state, id);
      if (receiver === undefined) throw new NotFoundError(`there is no receiver ${shown(id)}`);
      const protocol = PROTOCOLS[type];
      const started = performance.now();
      const say = async (event: Notification['event']) => {
        const request = protocol.toRequest(testNotification(id, event), receiver, now());
        const { fetch, timeoutMs } = options;
        const { secret } = receiver;
        return await send(request, protocol.verdictOf, { fetch, now, signal: options.signal(), timeoutMs, secret });
      };
      let result = await say('triggered');
      // Else the test would stay open at PagerDuty as a problem of its own.
      if (type === 'pagerduty' && result.verdict === 'delivered') result = await say('resolved');
      return {
        ok: result.verdict === 'delivered',
        status: result.status,
        durationMs: Math.round(performance.now() - started),
        detail: result.reason,
      };
    },
  };

  function testNotification(receiverId: string, event: Notification['event']): Notification {
    const at = now();
    return {
      id: `msg_${newId()}`,
      event,
      test: true,
      at,
      incident: {
        id: receiverId,
        number: 0,
        title: 'This is a test of the receiver, nothing is wrong',
        status: event === 'resolved' ? 'resolved' : 'open',
        severity: 'low',
        environment: 'test',
        services: ['breakwater'],
        openedAt: at,
        resolvedAt: event === 'resolved' ? at : null,
        url: options.publicUrl === '' ? '' : `${options.publicUrl}/incidents`,
        mergedInto: null,
      },
      alerts: [],
    };
  }
}
