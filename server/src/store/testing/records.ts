import type { ErrorEvent, LogRecord, MetricPointBase, Resource, Scope, SpanRecord } from '../../telemetry/records.ts';

/** Records for tests: everything has a plain value, what matters is given. */

export function newResource(serviceName = 'orders', attributes: Resource['attributes'] = new Map()): Resource {
  return { attributes, droppedAttributesCount: 0, schemaUrl: '', serviceName, environment: 'test' };
}

export const PLAIN_SCOPE: Scope = {
  name: '',
  version: '',
  attributes: new Map(),
  droppedAttributesCount: 0,
  schemaUrl: '',
};

let nextId = BigInt(Date.now()) << 20n;
const newId = (): bigint => nextId++;
export const nowNano = (): bigint => BigInt(Date.now()) * 1_000_000n;

const DEFAULT_RESOURCE = newResource();

export function newLog(fields: Partial<LogRecord> = {}): LogRecord {
  const time = fields.timeUnixNano ?? nowNano();
  return {
    id: newId(),
    resource: DEFAULT_RESOURCE,
    scope: PLAIN_SCOPE,
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: 9,
    severityText: 'INFO',
    body: 'something happened',
    attributes: new Map(),
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    eventName: '',
    ...fields,
  };
}

export function newSpan(fields: Partial<SpanRecord> = {}): SpanRecord {
  const start = fields.startTimeUnixNano ?? nowNano();
  return {
    id: newId(),
    resource: DEFAULT_RESOURCE,
    scope: PLAIN_SCOPE,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: '',
    traceState: '',
    flags: 1,
    name: 'GET /orders',
    kind: 'server',
    startTimeUnixNano: start,
    endTimeUnixNano: start + 1_000_000n,
    status: 'unset',
    statusMessage: '',
    attributes: new Map(),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    ...fields,
  };
}

export function newPointBase(fields: Partial<MetricPointBase> = {}): MetricPointBase {
  const time = nowNano();
  return {
    id: newId(),
    resource: DEFAULT_RESOURCE,
    scope: PLAIN_SCOPE,
    name: 'requests',
    description: '',
    unit: '1',
    metadata: new Map(),
    attributes: new Map(),
    startTimeUnixNano: time - 1_000_000_000n,
    timeUnixNano: time,
    flags: 0,
    exemplars: [],
    ...fields,
  };
}

export function newErrorEvent(fields: Partial<ErrorEvent> = {}): ErrorEvent {
  return {
    id: newId(),
    timeUnixNano: nowNano(),
    service: 'orders',
    environment: 'test',
    release: '1.0.0',
    groupId: 'ffffffffffffffff',
    fingerprintVersion: 1,
    source: 'span',
    type: 'TypeError',
    message: 'x is not a function',
    stacktrace: 'TypeError: x is not a function\n    at f (a.js:1:1)',
    culprit: 'f (a.js)',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    operation: 'GET /orders',
    ...fields,
  };
}
