import { randomUUID } from 'node:crypto';
import { createAlertBook } from './alerts/alert-book.ts';
import { createEvaluation } from './alerts/evaluate.ts';
import { createRules } from './alerts/rules.ts';
import type {
  AlertRule,
  AlertRulesAnswer,
  AlertsAnswer,
  IncidentDetail,
  IncidentStatus,
  IncidentsAnswer,
  Receiver,
  ReceiversAnswer,
} from './api/types.ts';
import { createRegressionCheck } from './errors/lifecycle.ts';
import type { TelemetryReader } from './errors/telemetry-reader.ts';
import { createIncidents } from './incidents/incidents.ts';
import { REOPEN_AFTER_MS } from './incidents/still-firing.ts';
import { createDelivery } from './notify/delivery.ts';
import { forgetSettled } from './notify/outbox.ts';
import { createReceivers } from './notify/receivers.ts';
import type { State } from './state/state.ts';

/**
 * Rules. Every input is checked: `InvalidInputError` (names field and value), `NotFoundError`.
 * A change is durable when the call returns.
 */
export interface RuleFunctions {
  list(): AlertRulesAnswer;
  get(id: string): AlertRule;
  /** `input` is an untrusted `AlertRuleInput`. */
  create(input: unknown): AlertRule;
  /** Replaces the rule. Disabling it resolves its alerts. */
  update(id: string, input: unknown): AlertRule;
  /** Removes the rule and resolves its alerts, which stay in the list of alerts. */
  remove(id: string): void;
}

export interface AlertFunctions {
  /** Newest first. `limit` 1 to 1000, default 100. Throws `InvalidInputError`. */
  list(options?: { state?: string | undefined; limit?: number | undefined }): AlertsAnswer;
}

/** Throw `NotFoundError`, `ConflictError` (not possible in the incident's status) and `InvalidInputError`. */
export interface IncidentFunctions {
  /** Newest first. `limit` 1 to 1000, default 100. */
  list(options?: { status?: IncidentStatus | string | undefined; limit?: number | undefined }): IncidentsAnswer;
  /** Reads evidence from the store; where that fails, `evidence.error` says why and the rest is complete. */
  get(id: string): Promise<IncidentDetail>;
  /** `by` is who did it, for the timeline. The change is durable before the evidence is read. */
  acknowledge(id: string, by: string): Promise<IncidentDetail>;
  /**
   * An alert of it that still fires when the grace period is over opens it again; the alert itself is left as it is.
   */
  resolve(id: string, by: string): Promise<IncidentDetail>;
  /**
   * Makes the incident part of the older one `into`, an id: its alerts move there, and it points to it from then on.
   * Both are of one environment, `into` is not resolved. Returns `into`.
   */
  merge(id: string, into: unknown, by: string): Promise<IncidentDetail>;
  addNote(id: string, by: string, text: unknown): Promise<IncidentDetail>;
}

/** What the receiver answered to a test notification. `detail` is one sentence and never holds a secret. */
export interface ReceiverTestResult {
  ok: boolean;
  /** HTTP status of the answer, or null where there was none. */
  status: number | null;
  durationMs: number;
  detail: string;
}

/** Throw `NotFoundError` and `InvalidInputError`. No answer and no error holds a secret. */
export interface ReceiverFunctions {
  list(): ReceiversAnswer;
  /** `input` is an untrusted `ReceiverInput`. */
  create(input: unknown): Receiver;
  /** Replaces the receiver; an absent secret keeps the stored one. */
  update(id: string, input: unknown): Receiver;
  /** Removes the receiver; what it has not yet received is given up. */
  remove(id: string): void;
  /** Sends a marked test notification now, also to a disabled receiver. Resolves with the exact outcome. */
  test(id: string): Promise<ReceiverTestResult>;
}

/** Evaluates the rules, opens and resolves incidents, and delivers notifications. */
export interface Detector {
  readonly rules: RuleFunctions;
  readonly alerts: AlertFunctions;
  readonly incidents: IncidentFunctions;
  readonly receivers: ReceiverFunctions;
  /** Starts evaluating and delivering. */
  start(): void;
  /** Stops both; resolves when nothing is under way. What is not delivered waits in the state for the next start. */
  stop(): Promise<void>;
  /** One evaluation of every enabled rule, after the one under way if there is one. */
  evaluateNow(): Promise<void>;
  /** Tries every notification that is due. */
  deliverNow(): Promise<void>;
}

export interface DetectorOptions {
  state: State;
  store: TelemetryReader;
  /** Epoch milliseconds. Default: the system clock. */
  now?: () => number;
  /** From the end of one evaluation to the next. Default 5,000. */
  intervalMs?: number;
  log: (line: string) => void;
  /** For notifications. Default: the global one. */
  fetch?: typeof fetch;
  /** Numbers in [0, 1), for the jitter of retries. Default `Math.random`. */
  random?: () => number;
  /** Ids of rules, alerts, incidents and notifications. Default: random UUIDs. */
  newId?: () => string;
  /** Where people reach the page, for links in notifications: `https://breakwater.example`. Default: no links. */
  publicUrl?: string;
  /** Time one query of the detector may take. Default 5,000. */
  queryTimeoutMs?: number;
  /** Time one evaluation of all rules may take. Default 30,000. */
  roundTimeoutMs?: number;
  /** Time a receiver may take to answer. Default 10,000. */
  deliveryTimeoutMs?: number;
  /**
   * How long alerts may go on firing after their incident was resolved by hand, before it opens again and people are
   * told. A rule's window and 30 seconds where that is longer. Default 300,000.
   */
  reopenAfterMs?: number;
}

const KEEP_SETTLED_MS = 2_592_000_000;
/** A waiting notification is looked for at least this often, whatever the clock does. */
const MAX_DELIVERY_SLEEP_MS = 60_000;

/**
 * Evaluates the rules every few seconds, opens and resolves incidents, and delivers notifications. All of it is kept in
 * the state: another detector on the same state continues where this one ended. Only one may run at a time.
 */
export function createDetector(options: DetectorOptions): Detector {
  const { state, store, log, intervalMs = 5_000, queryTimeoutMs = 5_000 } = options;
  const { now = Date.now, newId = randomUUID, random = Math.random } = options;
  const { fetch: doFetch = fetch, deliveryTimeoutMs = 10_000, roundTimeoutMs = 30_000 } = options;
  const { reopenAfterMs = REOPEN_AFTER_MS } = options;
  if (!(intervalMs > 0)) throw new TypeError(`intervalMs must be above 0, got ${intervalMs}`);
  if (!(reopenAfterMs >= 0)) throw new TypeError(`reopenAfterMs must be 0 or more, got ${reopenAfterMs}`);
  const publicUrl = (options.publicUrl ?? '').replace(/\/+$/, '');

  let stopping = new AbortController();
  let round: Promise<void> = Promise.resolve();
  let loops: Promise<void>[] = [];
  let wakeDelivery = (): void => undefined;

  const incidents = createIncidents({ state, store, now, newId, log, queryTimeoutMs, publicUrl, reopenAfterMs });
  const alerts = createAlertBook({ state, newId, log, onResolved: incidents.alertResolved });
  const rules = createRules({ state, now, newId, closeAlerts: (rule, why) => alerts.close(rule, now(), why) });
  const delivery = createDelivery({ state, now, random, fetch: doFetch, log, timeoutMs: deliveryTimeoutMs });
  const receivers = createReceivers({
    state,
    now,
    newId,
    fetch: doFetch,
    timeoutMs: deliveryTimeoutMs,
    publicUrl,
    signal: () => stopping.signal,
    giveUpAll: delivery.giveUpAll,
  });
  const evaluate = createEvaluation({ state, store, book: alerts, now, log, queryTimeoutMs, roundTimeoutMs });
  const checkRegressions = createRegressionCheck({ state, store, now, log });

  /** Steps after one another, so that the failure of one is told and does not keep the next from running. */
  async function evaluateOnce(signal: AbortSignal): Promise<void> {
    const steps = [
      () => checkRegressions({ signal, timeoutMs: queryTimeoutMs }),
      () => evaluate(signal),
      () => incidents.linkAlerts(signal),
      async () => incidents.reopenStillFiring(),
      () => incidents.mergeConnected(signal),
      async () => incidents.resolveQuiet(),
    ];
    for (const step of steps) {
      if (signal.aborted) return;
      try {
        await step();
      } catch (error) {
        if (!signal.aborted) log(`detection failed: ${error instanceof Error ? error.message : error}`);
      }
    }
    wakeDelivery();
  }

  function evaluateNow(): Promise<void> {
    const { signal } = stopping;
    round = round.then(() => evaluateOnce(signal));
    return round;
  }

  async function evaluateForever(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await evaluateNow();
      await sleep(intervalMs, signal);
    }
  }

  async function deliverForever(signal: AbortSignal): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (!signal.aborted) {
      const woken = Promise.withResolvers<void>();
      wakeDelivery = woken.resolve;
      // Not awaited here: a receiver that is slow to answer must not keep the others waiting.
      const sending = delivery
        .deliverDue(signal)
        .then((attempts) => {
          // Then it is another time at which something is due next.
          if (attempts > 0) wakeDelivery();
        })
        .catch((error: unknown) => log(`delivery failed: ${error instanceof Error ? error.message : error}`))
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
      const dueAt = delivery.nextDueAt();
      const waitMs = dueAt === null ? MAX_DELIVERY_SLEEP_MS : Math.min(dueAt - now(), MAX_DELIVERY_SLEEP_MS);
      await sleep(Math.max(waitMs, 100), signal, woken.promise);
    }
    await Promise.all(underWay);
  }

  /** A change by hand is told at once. */
  function afterwards<Arguments extends unknown[], Result>(
    work: (...given: Arguments) => Promise<Result>,
  ): (...given: Arguments) => Promise<Result> {
    return async (...given) => {
      const result = work(...given);
      wakeDelivery();
      try {
        return await result;
      } finally {
        // For what was written later than in the first step.
        wakeDelivery();
      }
    };
  }

  return {
    rules,
    alerts: { list: alerts.list },
    incidents: {
      list: incidents.list,
      get: incidents.get,
      acknowledge: afterwards(incidents.acknowledge),
      resolve: afterwards(incidents.resolve),
      merge: afterwards(incidents.merge),
      addNote: incidents.addNote,
    },
    receivers,
    evaluateNow,
    async deliverNow() {
      await delivery.deliverDue(stopping.signal);
    },

    start() {
      if (loops.length > 0) return;
      if (stopping.signal.aborted) stopping = new AbortController();
      forgetSettled(state, now() - KEEP_SETTLED_MS);
      loops = [evaluateForever(stopping.signal), deliverForever(stopping.signal)];
    },

    async stop() {
      stopping.abort();
      await Promise.all([...loops, round]);
      loops = [];
    },
  };
}

/** Resolves after the time, when `early` resolves or when `signal` aborts; leaves nothing behind. */
async function sleep(ms: number, signal: AbortSignal, early?: Promise<void>): Promise<void> {
  if (signal.aborted) return;
  const over = Promise.withResolvers<void>();
  const onAbort = (): void => over.resolve();
  const timer = setTimeout(over.resolve, ms);
  signal.addEventListener('abort', onAbort, { once: true });
  await (early === undefined ? over.promise : Promise.race([over.promise, early]));
  clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
}
