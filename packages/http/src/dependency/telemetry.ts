import { checkOptions, checkValue, having, record } from '@breakwater/errors/options';
import { connectTelemetry, type MeterLike } from '@breakwater/resilience/telemetry';
import type { Attributes, Meter } from '@opentelemetry/api';
import type { DependencyGuard } from './guard.ts';

/** What is used of a `Meter` of `@opentelemetry/api`, said here so that the types need no package that is optional. */
export interface DependencyMeter extends MeterLike {
  createHistogram(
    name: string,
    options?: { description?: string; unit?: string },
  ): { record(value: number, attributes?: Record<string, string>): void };
  createObservableUpDownCounter(name: string, options?: { unit?: string }): object;
  addBatchObservableCallback(callback: (result: object) => void, observables: never[]): void;
  removeBatchObservableCallback(callback: (result: object) => void, observables: never[]): void;
}

/**
 * Tells OpenTelemetry about a guarded dependency, by the names of its conventions for connection pools, each with
 * `db.client.connection.pool.name`: `db.client.connection.count` (by `db.client.connection.state`, `idle` or `used`),
 * `.max`, `.pending_requests`, `.timeouts`, `.wait_time` (seconds). And `breakwater.dependency.refused` by
 * `breakwater.reason` (`exhausted`, `read-only`, `breaker-open`), `breakwater.dependency.query_timeouts`,
 * `breakwater.dependency.connections_lost` by `error.type`, `breakwater.dependency.read_only` (1 or 0), and what
 * `@breakwater/resilience` tells of the breaker.
 *
 * `@opentelemetry/api` is an optional peer: resolves to `undefined` when it is not installed, else to a function that
 * ends it. `meter`: default the global one. Rejects with `OptionError` for wrong options.
 */
export async function connectDependencyTelemetry(
  guard: DependencyGuard,
  options: { readonly meter?: DependencyMeter | undefined } = {},
): Promise<(() => void) | undefined> {
  checkValue('connectDependencyTelemetry.guard', guard, having('a guard', 'on', 'setReadOnly'));
  checkOptions('connectDependencyTelemetry', options, { meter: record });
  const api = await import('@opentelemetry/api').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  });
  if (api === undefined) return undefined;
  const meter = (options.meter as Meter | undefined) ?? api.metrics.getMeter('@breakwater/http');
  const base: Attributes = { 'db.client.connection.pool.name': guard.name };
  const stopBreaker = await connectTelemetry(guard.breaker, { meter });
  const stopEvents = count(guard, meter, base);
  const stopGauges = observe(guard, meter, base);
  return () => {
    stopGauges();
    stopEvents();
    stopBreaker?.();
  };
}

function count(guard: DependencyGuard, meter: Meter, base: Attributes): () => void {
  const waits = meter.createHistogram('db.client.connection.wait_time', {
    unit: 's',
    description: 'Time until a connection was there',
    advice: { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
  });
  const timeouts = meter.createCounter('db.client.connection.timeouts', {
    unit: '{timeout}',
    description: 'Waits for a connection that took too long',
  });
  const refused = meter.createCounter('breakwater.dependency.refused', {
    unit: '{call}',
    description: 'Calls refused before the dependency was asked',
  });
  const slow = meter.createCounter('breakwater.dependency.query_timeouts', {
    unit: '{call}',
    description: 'Calls that the dependency did not answer in time',
  });
  const lost = meter.createCounter('breakwater.dependency.connections_lost', {
    unit: '{connection}',
    description: 'Connections that broke',
  });
  return guard.on((event) => {
    switch (event.type) {
      case 'dependency.acquired':
        waits.record(event.waitedMs / 1000, base);
        break;
      case 'dependency.refused':
        refused.add(1, { ...base, 'breakwater.reason': event.reason });
        if (event.reason === 'exhausted') timeouts.add(1, base);
        break;
      case 'dependency.timeout':
        slow.add(1, base);
        break;
      case 'dependency.connection-lost':
        lost.add(1, { ...base, 'error.type': event.code });
        break;
      case 'dependency.access':
        break;
    }
  });
}

function observe(guard: DependencyGuard, meter: Meter, base: Attributes): () => void {
  const open = meter.createObservableUpDownCounter('db.client.connection.count', { unit: '{connection}' });
  const max = meter.createObservableUpDownCounter('db.client.connection.max', { unit: '{connection}' });
  const pending = meter.createObservableUpDownCounter('db.client.connection.pending_requests', { unit: '{request}' });
  const readOnly = meter.createObservableGauge('breakwater.dependency.read_only');
  const instruments = [open, max, pending, readOnly];
  const read: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    const { total, idle, max: most, waiting } = guard.connections;
    result.observe(open, idle, { ...base, 'db.client.connection.state': 'idle' });
    result.observe(open, total - idle, { ...base, 'db.client.connection.state': 'used' });
    result.observe(max, most, base);
    result.observe(pending, waiting, base);
    result.observe(readOnly, guard.access.mode === 'read-only' ? 1 : 0, base);
  };
  meter.addBatchObservableCallback(read, instruments);
  return () => meter.removeBatchObservableCallback(read, instruments);
}
