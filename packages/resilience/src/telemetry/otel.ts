import type { Attributes, TraceAPI } from '@opentelemetry/api';
import type { CircuitBreaker } from '../breaker/breaker.ts';
import type { Bulkhead } from '../bulkhead/bulkhead.ts';
import type { ComposedPolicy } from '../compose.ts';
import { checkOptions, flag, having, record } from '../options.ts';
import type { Policy } from '../policy.ts';

/** What is used of a `Meter` of `@opentelemetry/api`, said here so that the types need no package that is optional. */
export interface MeterLike {
  createCounter(
    name: string,
    options?: { description?: string; unit?: string },
  ): { add(value: number, attributes?: Record<string, string>): void };
  createObservableGauge(name: string): {
    addCallback(callback: ObserveGauge): void;
    removeCallback(callback: ObserveGauge): void;
  };
}

type ObserveGauge = (result: { observe(value: number, attributes?: Record<string, string>): void }) => void;

export interface TelemetryOptions {
  /** A `Meter` of `@opentelemetry/api`. Default: its global one. */
  readonly meter?: MeterLike | undefined;
  /** Adds each event to the active span. Default true. */
  readonly spanEvents?: boolean | undefined;
}

/** A policy, or a pool, which has no `execute`. */
type Observed = Pick<Policy, 'kind' | 'name' | 'on'>;

/** Event fields that become attributes of the counter: all have few values. */
const METRIC_FIELDS = ['policy', 'reason', 'operation'] as const;

/**
 * Tells OpenTelemetry what a policy or a provider pool does: counter `breakwater.policy.events` (attributes `breakwater.event`,
 * `breakwater.policy`, `breakwater.reason`, `breakwater.operation`); gauges `breakwater.breaker.state` (0 closed,
 * 1 half-open, 2 open, 3 isolated), `breakwater.bulkhead.active` and `breakwater.bulkhead.queued`; and each event as an
 * event of the active span.
 *
 * `@opentelemetry/api` is an optional peer: resolves to `undefined` when it is not installed, else to a function that
 * ends it. Until called, and after that, nothing is paid. Rejects with `OptionError` for wrong options.
 */
export async function connectTelemetry(
  policy: Observed,
  options: TelemetryOptions = {},
): Promise<(() => void) | undefined> {
  checkOptions('connectTelemetry', { policy }, { policy: having('a policy', 'on') }, ['policy']);
  checkOptions('connectTelemetry', options, { meter: record, spanEvents: flag });
  const api = await import('@opentelemetry/api').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  });
  if (api === undefined) return undefined;
  const meter: MeterLike = options.meter ?? api.metrics.getMeter('@breakwater/resilience');
  const stopGauges = observeGauges(meter, policy);
  const stopEvents = countEvents(meter, policy, options.spanEvents === false ? undefined : api.trace);
  return () => {
    stopEvents();
    stopGauges();
  };
}

/** Those of a chain; of one of a registry, the present ones. */
function membersOf(policy: Observed): readonly Observed[] {
  return (policy as Partial<ComposedPolicy>).policies ?? [policy];
}

function countEvents(meter: MeterLike, policy: Observed, trace: TraceAPI | undefined): () => void {
  const counter = meter.createCounter('breakwater.policy.events', {
    description: 'Events of resilience policies',
    unit: '{event}',
  });
  return policy.on((given) => {
    const event = given as Readonly<Record<string, unknown>>;
    const attributes: Record<string, string> = { 'breakwater.event': String(event['type']) };
    for (const field of METRIC_FIELDS) {
      if (event[field] !== undefined) attributes[`breakwater.${field}`] = String(event[field]);
    }
    counter.add(1, attributes);
    trace?.getActiveSpan()?.addEvent(`breakwater.${String(event['type'])}`, toSpanAttributes(event));
  });
}

function toSpanAttributes(event: Readonly<Record<string, unknown>>): Attributes {
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(event)) {
    if (key === 'type') continue;
    const name = `breakwater.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    if (['string', 'number', 'boolean'].includes(typeof value)) attributes[name] = value as string | number | boolean;
    else if (key === 'error') attributes['error.type'] = errorType(value);
  }
  return attributes;
}

function errorType(error: unknown): string {
  try {
    const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
    return typeof code === 'string' ? code : error instanceof Error ? String(name) : typeof error;
  } catch {
    // It throws when it is read.
    return typeof error;
  }
}

const STATE_NUMBERS = { closed: 0, 'half-open': 1, open: 2, isolated: 3 };

function observeGauges(meter: MeterLike, policy: Observed): () => void {
  const stops: (() => void)[] = [];
  const observe = <P>(name: string, kind: string, read: (member: P) => number | undefined): void => {
    if (policy.kind !== 'registered' && !membersOf(policy).some((member) => member.kind === kind)) return;
    const gauge = meter.createObservableGauge(name);
    const callback: ObserveGauge = (result) => {
      for (const member of membersOf(policy)) {
        const value = member.kind === kind ? read(member as P) : undefined;
        if (value !== undefined) result.observe(value, { 'breakwater.policy': member.name });
      }
    };
    gauge.addCallback(callback);
    stops.push(() => gauge.removeCallback(callback));
  };
  observe<CircuitBreaker>('breakwater.breaker.state', 'breaker', ({ state }) => STATE_NUMBERS[state]);
  observe<Bulkhead>('breakwater.bulkhead.active', 'bulkhead', ({ active }) => active);
  observe<Bulkhead>('breakwater.bulkhead.queued', 'bulkhead', ({ queued }) => queued);
  return () => {
    for (const stop of stops) stop();
  };
}
