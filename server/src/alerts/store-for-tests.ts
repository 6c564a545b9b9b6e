import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../engine/engine.ts';
import { openStore, type Store } from '../store/store.ts';
import type { AttributeValue, ErrorEvent, LogRecord, Resource, Scope, SpanRecord } from '../telemetry/records.ts';

/** The real embedded engine in a folder of its own, with the store on it, for slow tests. */
export async function startStoreForTests(): Promise<{ store: Store; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-detect-'));
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const engine = await startEngine({ dataDir: folder, log });
  const { url, username, password } = engine;
  const store = await openStore({ url, username, password, flushIntervalMs: 20, engineState: () => engine.state, log });
  return {
    store,
    async stop() {
      await store.close();
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let lastId = 1n;
const nextId = (): bigint => {
  lastId += 1n;
  return lastId;
};
const toNanos = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n;
const scope: Scope = { name: '', version: '', attributes: new Map(), droppedAttributesCount: 0, schemaUrl: '' };

export function resourceOf(serviceName: string, environment = 'test'): Resource {
  const attributes = new Map<string, AttributeValue>([['service.name', serviceName]]);
  return { attributes, droppedAttributesCount: 0, schemaUrl: '', serviceName, environment };
}

/** A trace id made from a number. */
export function traceIdOf(number: number): string {
  return number.toString(16).padStart(32, '0');
}

export function errorEventAt(ms: number, change: Partial<ErrorEvent> = {}): ErrorEvent {
  return {
    id: nextId(),
    timeUnixNano: toNanos(ms),
    service: 'payments',
    environment: 'test',
    release: '',
    groupId: '00ab00cd00ef0012',
    fingerprintVersion: 1,
    source: 'span',
    type: 'TimeoutError',
    message: 'no answer after 3000ms',
    stacktrace: '',
    culprit: '',
    traceId: '',
    spanId: '',
    operation: '',
    ...change,
  };
}

export function logAt(ms: number, change: Partial<LogRecord> = {}): LogRecord {
  return {
    id: nextId(),
    resource: resourceOf('payments'),
    scope,
    timeUnixNano: toNanos(ms),
    observedTimeUnixNano: toNanos(ms),
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'charge failed',
    attributes: new Map(),
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    eventName: '',
    ...change,
  };
}

/** A server span of `durationMs` that ends at `endMs`. */
export function spanEndingAt(endMs: number, durationMs: number, change: Partial<SpanRecord> = {}): SpanRecord {
  const id = nextId();
  return {
    id,
    resource: resourceOf('payments'),
    scope,
    traceId: traceIdOf(Number(id)),
    spanId: id.toString(16).padStart(16, '0'),
    parentSpanId: '',
    traceState: '',
    flags: 1,
    name: 'POST /charge',
    kind: 'server',
    startTimeUnixNano: toNanos(endMs - durationMs),
    endTimeUnixNano: toNanos(endMs),
    status: 'unset',
    statusMessage: '',
    attributes: new Map(),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    ...change,
  };
}
