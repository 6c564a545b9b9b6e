/**
 * The JSON API's shapes, used by the server's routes and, as types only, by the page. All under `/api/v1`.
 *
 * Times in queries are epoch milliseconds (`from` inclusive, `to` exclusive). Times in answers are decimal strings of
 * nanoseconds (`…UnixNano`) where they come from telemetry, and epoch milliseconds (`…At`, numbers) where they come
 * from the server's own state. 64-bit integers are decimal strings. Attributes have the OTLP/JSON form.
 * Every error answer is an RFC 9457 problem document, `application/problem+json`.
 */

export type AnyValue =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: string }
  | { doubleValue: number | 'NaN' | 'Infinity' | '-Infinity' }
  | { bytesValue: string }
  | { arrayValue: { values: AnyValue[] } }
  | { kvlistValue: { values: KeyValue[] } }
  | Record<string, never>;
export interface KeyValue {
  key: string;
  value: AnyValue;
}

/** RFC 9457. `position` and `suggestion` are present where a query could not be parsed. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  position?: number;
  suggestion?: string;
}

export interface QueryStats {
  rowsRead: number;
  bytesRead: number;
  elapsedMs: number;
}

export interface ResourceView {
  service: string;
  environment: string;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  schemaUrl: string;
}
export interface ScopeView {
  name: string;
  version: string;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  schemaUrl: string;
}

export type SeverityName = 'unspecified' | 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** A log record, complete. `body` is the text of the body; `bodyValue` the typed body where it is not a string. */
export interface LogView {
  id: string;
  timeUnixNano: string;
  observedTimeUnixNano: string;
  severityNumber: number;
  severityText: string;
  severity: SeverityName;
  service: string;
  body: string;
  bodyValue?: AnyValue;
  eventName: string;
  traceId: string;
  spanId: string;
  flags: number;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  resource: ResourceView;
  scope: ScopeView;
}

/** GET /logs?query&from&to&limit(200, max 1000)&order(newest|oldest)&cursor — fewer rows than the limit where they are huge. */
export interface LogsPage {
  rows: LogView[];
  /** Pass as `cursor` for the next older page; null at the end. */
  nextCursor: string | null;
  stats: QueryStats;
}

/** GET /logs/histogram?query&from&to&buckets(60) — also /traces/histogram with `severity` = 'ok' | 'error'. */
export interface Histogram {
  /** Width of a bucket. */
  stepMs: number;
  /** Start of each bucket, epoch milliseconds. */
  times: number[];
  /** One series per severity that occurs. */
  series: { name: string; counts: number[] }[];
  total: number;
  stats: QueryStats;
}

/** GET /logs/facets?query&from&to — top values of the usual keys; `sampled` says when not every row was read. */
export interface Facets {
  facets: { key: string; label: string; values: { value: string; count: number }[] }[];
  sampled: boolean;
  stats: QueryStats;
}

/** GET /fields?signal=logs|spans&prefix — attribute keys seen, for autocomplete. */
export interface FieldsAnswer {
  fields: { key: string; type: 'string' | 'int' | 'double' | 'bool' | 'other' }[];
}

/**
 * GET /logs/tail?query — server-sent events: `log` (data: LogView), `dropped` (data: {count}) when the reader is too
 * slow or more than 200 rows/s match (on average over 5 s), `ping` every 15 s.
 */
export interface TailDropped {
  count: number;
}

export interface TraceSummary {
  traceId: string;
  rootService: string;
  rootName: string;
  startTimeUnixNano: string;
  durationNanos: string;
  spanCount: number;
  errorCount: number;
  services: string[];
}
/** GET /traces?query&from&to&limit(100)&sort=recent|slowest — the query filters spans; a trace matches if a span does. */
export interface TracesPage {
  traces: TraceSummary[];
  stats: QueryStats;
}

export interface SpanEventView {
  timeUnixNano: string;
  name: string;
  attributes: KeyValue[];
  droppedAttributesCount: number;
}
export interface SpanLinkView {
  traceId: string;
  spanId: string;
  traceState: string;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  flags: number;
}
export interface SpanView {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  flags: number;
  name: string;
  kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  service: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: 'unset' | 'ok' | 'error';
  statusMessage: string;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  events: SpanEventView[];
  droppedEventsCount: number;
  links: SpanLinkView[];
  droppedLinksCount: number;
  resource: ResourceView;
  scope: ScopeView;
}
/** GET /traces/{traceId} — every span and log record of the trace (at most 10,000 spans; `truncated` says so). */
export interface TraceDetail {
  traceId: string;
  spans: SpanView[];
  logs: LogView[];
  truncated: boolean;
  stats: QueryStats;
}

/** GET /services?from&to — from server, consumer and root spans. */
export interface ServiceRow {
  service: string;
  requests: number;
  errors: number;
  p50Millis: number;
  p95Millis: number;
  p99Millis: number;
  logErrors: number;
  lastSeenUnixNano: string;
}
export interface ServicesAnswer {
  services: ServiceRow[];
  stats: QueryStats;
}

/** GET /metrics?from&to — names seen; GET /metrics/{name}?from&to&step — one series per attribute set. */
export interface MetricsAnswer {
  metrics: MetricName[];
  stats: QueryStats;
}
export interface MetricName {
  name: string;
  type: 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary';
  unit: string;
  description: string;
  services: string[];
}
export interface MetricSeriesAnswer {
  name: string;
  type: MetricName['type'];
  unit: string;
  /** Between two points. The value of a step: see docs/api.md. */
  stepMs: number;
  series: { service: string; attributes: KeyValue[]; points: [timeMs: number, value: number | null][] }[];
  truncated: boolean;
}
/** GET /metrics/{name}/points?from&to&limit — the points as they arrived, lossless, newest first. OTLP/JSON field names. */
export interface MetricPointsAnswer {
  points: Record<string, unknown>[];
}

export type ErrorGroupStatus = 'open' | 'resolved' | 'ignored';
export interface ErrorGroup {
  id: string;
  status: ErrorGroupStatus;
  /** New in the last 24 h, or seen again after it was resolved. */
  badge: 'new' | 'regressed' | null;
  type: string;
  message: string;
  culprit: string;
  services: string[];
  environment: string;
  firstSeenUnixNano: string;
  lastSeenUnixNano: string;
  /** In the asked range. */
  count: number;
  /** 24 counts over the asked range. */
  sparkline: number[];
  sampleTraceId: string;
}
/** GET /error-groups?from&to&status&service&sort=last_seen|first_seen|count&search&limit */
export interface ErrorGroupsAnswer {
  groups: ErrorGroup[];
  stats: QueryStats;
}
/** PATCH /error-groups/{id} */
export interface ErrorGroupPatch {
  status: ErrorGroupStatus;
}
export interface StackFrame {
  function: string;
  file: string;
  line: number | null;
  column: number | null;
  inApp: boolean;
}
export interface ErrorEventView {
  id: string;
  timeUnixNano: string;
  service: string;
  environment: string;
  release: string;
  source: 'span' | 'log';
  type: string;
  message: string;
  stacktrace: string;
  /** Of the exception itself, beginning where it was thrown. */
  frames: StackFrame[];
  /** The exceptions it was caused by, nearest first; absent where there are none. */
  causes?: { type: string; message: string; frames: StackFrame[] }[];
  traceId: string;
  spanId: string;
  operation: string;
}
/** GET /error-groups/{id}?from&to; PATCH /error-groups/{id} {status} → ErrorGroup */
export interface ErrorGroupDetail {
  group: ErrorGroup;
  /** Newest first, at most 50. */
  events: ErrorEventView[];
  histogram: Histogram;
  /** What entered the fingerprint, in order. */
  fingerprint: { version: number; parts: string[] };
  incidents: IncidentSummary[];
}

export type Severity = 'critical' | 'high' | 'medium' | 'low';

/** What a rule measures over its window. `service` '' or absent: each service on its own. */
export type AlertCondition =
  /** Occurrences in one error group (`groupId`), or, without it, in each error group on its own. */
  | { kind: 'error_count'; groupId?: string; service?: string; threshold: number }
  /** Log records that match the query, per service. */
  | { kind: 'log_count'; query: string; service?: string; threshold: number }
  /** Share (0..1) of server and consumer spans with status error; ignored below `minCount` spans. */
  | { kind: 'span_error_rate'; service?: string; threshold: number; minCount: number }
  /** Latency quantile of server and consumer spans; ignored below `minCount` spans. */
  | { kind: 'span_latency'; service?: string; quantile: number; thresholdMs: number; minCount: number };

export interface AlertRule {
  id: string;
  name: string;
  condition: AlertCondition;
  windowSeconds: number;
  /** The condition must hold this long before the alert fires. */
  forSeconds: number;
  /** After an alert of this rule and target resolved, no new one for this long. */
  cooldownSeconds: number;
  severity: Severity;
  enabled: boolean;
  runbookUrl: string;
  createdAt: number;
  updatedAt: number;
}
/** GET /alert-rules, GET /alert-rules/{id}, POST /alert-rules, PUT /alert-rules/{id}, DELETE /alert-rules/{id} */
export type AlertRuleInput = Omit<AlertRule, 'id' | 'createdAt' | 'updatedAt'>;
export interface AlertRulesAnswer {
  rules: (AlertRule & { state: 'ok' | 'pending' | 'firing' | 'disabled' | 'error'; lastError: string | null })[];
}

export interface Alert {
  id: string;
  ruleId: string;
  ruleName: string;
  severity: Severity;
  state: 'pending' | 'firing' | 'resolved';
  /** What the rule measured it on, e.g. {service: 'payments'} or {service, errorGroup}. */
  labels: Record<string, string>;
  value: number;
  threshold: number;
  unit: 'count' | 'ratio' | 'ms';
  /** One sentence: what is wrong, with figures. */
  summary: string;
  startedAt: number;
  firedAt: number | null;
  resolvedAt: number | null;
  incidentId: string | null;
}
/** GET /alerts?state&limit */
export interface AlertsAnswer {
  alerts: Alert[];
}

export type IncidentStatus = 'open' | 'acknowledged' | 'resolved';
export interface IncidentSummary {
  id: string;
  /** Small number for people: INC-12. */
  number: number;
  title: string;
  status: IncidentStatus;
  severity: Severity;
  services: string[];
  environment: string;
  alertCount: number;
  firingCount: number;
  openedAt: number;
  resolvedAt: number | null;
  /** When it opens again unless its alerts have ended; null unless it was resolved by hand while one fired. */
  reopensAt: number | null;
  /** The incident that goes on in its place; null where it was not merged. */
  mergedInto: IncidentReference | null;
}
/** Enough to name an incident and to link to it. */
export interface IncidentReference {
  id: string;
  number: number;
  title: string;
}
export type TimelineEntry = { at: number; seq: number } & (
  | { kind: 'opened'; title: string }
  | { kind: 'alert_fired'; alertId: string; summary: string; severity: Severity }
  | { kind: 'alert_resolved'; alertId: string; summary: string }
  | { kind: 'severity_changed'; from: Severity; to: Severity }
  | { kind: 'notified'; receiver: string; receiverType: ReceiverType; event: NotificationEvent; attempts: number }
  | {
      kind: 'notify_failed';
      receiver: string;
      receiverType: ReceiverType;
      event: NotificationEvent;
      attempts: number;
      reason: string;
      final: boolean;
    }
  | { kind: 'acknowledged'; by: string }
  | { kind: 'note'; by: string; text: string }
  | { kind: 'resolved'; by: string; reason: 'alerts_resolved' | 'by_hand' }
  /** `summaries` of the alerts that went on firing after it was resolved by hand. */
  | { kind: 'reopened'; by: string; reason: 'still_firing'; summaries: string[] }
  /** The end of an incident that turned out to be part of another one. */
  | { kind: 'merged_into'; by: string; reason: MergeReason; incident: IncidentReference }
  | { kind: 'merged_from'; by: string; reason: MergeReason; incident: IncidentReference; alerts: number }
);
export type MergeReason = 'by_hand' | 'same_service' | 'connected_by_traces';
/** GET /incidents?status&limit → {incidents: IncidentSummary[]} */
export interface IncidentsAnswer {
  incidents: IncidentSummary[];
}
/**
 * GET /incidents/{id}; POST /incidents/{id}/acknowledge, /resolve, /notes {text}, /merge {into} → IncidentDetail.
 * `evidence` is what an on-call person opens first.
 */
export interface IncidentDetail extends IncidentSummary {
  alerts: Alert[];
  timeline: TimelineEntry[];
  evidence: {
    errorGroups: ErrorGroup[];
    traces: TraceSummary[];
    logQuery: string;
    /** Why groups and traces could not be read; absent where they could. */
    error?: string;
  };
}

/** POST /incidents/{id}/notes */
export interface IncidentNoteInput {
  text: string;
}

/** POST /incidents/{id}/merge → the IncidentDetail of `into`. */
export interface IncidentMergeInput {
  /** Id of the older incident that goes on for both. */
  into: string;
}

export type NotificationEvent = 'triggered' | 'acknowledged' | 'resolved';
export type ReceiverType = 'webhook' | 'pagerduty';
/** GET /receivers, POST, PUT /{id}, DELETE /{id}, POST /{id}/test. Secrets are write-only: answers hold `secretSet`. */
export type Receiver = { id: string; name: string; enabled: boolean } & (
  | { type: 'webhook'; url: string; secretSet: boolean }
  | { type: 'pagerduty'; url: string; secretSet: boolean }
);
export interface ReceiverInput {
  name: string;
  type: ReceiverType;
  enabled: boolean;
  url: string;
  /** The webhook's signing secret, or PagerDuty's routing key. Absent on PUT: kept. */
  secret?: string;
}
/** POST /receivers/{id}/test — what the receiver answered; `status` is null where there was no answer. */
export interface ReceiverTestResult {
  ok: boolean;
  status: number | null;
  durationMs: number;
  detail: string;
}
export interface ReceiversAnswer {
  receivers: Receiver[];
}

/** GET /status — for the first-run page and the footer. */
export interface StatusAnswer {
  version: string;
  startedAt: number;
  /** With the wildcard address (`0.0.0.0`, `[::]`) where the server listens on every address: a page knows a better host. */
  otlpEndpoint: string;
  store: {
    kind: 'embedded' | 'remote';
    state: 'ready' | 'restarting' | 'unavailable';
    rows: number;
    bytesOnDisk: number;
  };
  ingest: {
    /** Since start. */
    accepted: { logs: number; spans: number; metricPoints: number };
    rejected: number;
    /** The last few requests that were refused or partly rejected, newest first, with the exact fault. */
    faults: { at: number; path: string; status: number; reason: string }[];
    lastReceivedAt: number | null;
  };
  auth: { required: boolean; user: string | null };
  demo: { available: boolean };
}

/** GET /demo/faults, PUT /demo/faults/{name} {enabled} — proxied to the shop's control port when it runs. */
export interface DemoFault {
  name: string;
  title: string;
  description: string;
  enabled: boolean;
  /** Epoch milliseconds at which it ends by itself, or null. */
  endsAt: number | null;
}
export interface DemoFaultsAnswer {
  faults: DemoFault[];
}

/** PUT /demo/faults/{name} */
export interface DemoFaultInput {
  enabled: boolean;
}

/** POST /login {user, password} sets a session cookie; POST /logout. Only when auth is required. */
export interface LoginInput {
  user: string;
  password: string;
}
export interface LoginAnswer {
  user: string;
}

/** GET /keys, POST /keys, DELETE /keys/{id} — keys of programs; `ingest` sends telemetry, `api` uses this API. */
export interface Key {
  id: string;
  kind: 'ingest' | 'api';
  name: string;
  createdAt: number;
}
export interface KeysAnswer {
  keys: Key[];
}
export interface KeyInput {
  name: string;
  kind: Key['kind'];
}
/** Only the answer to POST /keys holds the secret. */
export interface CreatedKey extends Key {
  secret: string;
}
