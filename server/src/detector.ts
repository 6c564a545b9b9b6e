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
  /** Reads evidence from the store; rejects with the store's error where that fails. */
  get(id: string): Promise<IncidentDetail>;
  /** `by` is who did it, for the timeline. The change is durable before the evidence is read. */
  acknowledge(id: string, by: string): Promise<IncidentDetail>;
  resolve(id: string, by: string): Promise<IncidentDetail>;
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
