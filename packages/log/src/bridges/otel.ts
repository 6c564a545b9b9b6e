import { OptionError } from '@breakwater/errors/core';
import type { TraceIds } from '../context-json.ts';
import { type AttributeValue, type LogRecord, toRecord } from '../record.ts';
import { type Sink, type SinkCounts, Tally } from '../sink.ts';
import { handOver } from './loop-guard.ts';
import type { OtelContext, OtelTime, OtelTraceApi } from './otel-types.ts';

/** The part of an OpenTelemetry logger (`logs.getLogger(…)`) that is called here. */
export interface OtelLoggerLike {
  emit(record: {
    readonly timestamp?: OtelTime;
    readonly observedTimestamp?: OtelTime;
    readonly severityNumber?: number;
    readonly severityText?: string;
    readonly body?: string;
    readonly eventName?: string;
    readonly attributes?: Record<string, unknown>;
    readonly context?: OtelContext;
  }): void;
}

/** Option `trace` of `createLogger`: the ids of OpenTelemetry's active span. */
export function otelTrace(trace: Pick<OtelTraceApi, 'getActiveSpan'>): () => TraceIds | undefined {
  return () => trace.getActiveSpan()?.spanContext();
}

/**
 * A sink that hands records to the OpenTelemetry Logs API, whose provider exports them with its own resource and scope.
 * Integers beyond 2^53 are texts there. With `trace`, a record keeps the ids it has; without, its span is the one that is active when it is said. What happens to a
 * record there is not counted here. Where that provider is `toLoggerProvider` of a logger that holds this sink, the record
 * ends there: it does not go round.
 */
export function otelSink(logger: OtelLoggerLike, name = 'otel', trace?: OtelTraceApi): Sink {
  if (typeof logger?.emit !== 'function') throw new OptionError('logger', logger, 'an OpenTelemetry logger');
  const tally = new Tally();
  const sink: Sink = {
    name,
    write(line) {
      tally.emitted++;
      try {
        const record = toRecord(line);
        const { timestamp, observedTimestamp, severityNumber, severityText, body, eventName, attributes } = record;
        const context = trace === undefined ? undefined : contextOf(record, trace);
        handOver(sink, () =>
          logger.emit({
            timestamp: new Date(timestamp),
            severityNumber,
            severityText,
            body,
            attributes: toAnyValue(attributes) as Record<string, unknown>,
            ...(observedTimestamp === undefined ? {} : { observedTimestamp: new Date(observedTimestamp) }),
            ...(eventName === undefined ? {} : { eventName }),
            ...(context === undefined ? {} : { context }),
          }),
        );
        tally.written++;
      } catch {
        // A provider that throws must not reach the caller of the logger.
        tally.drop('failed');
      }
    },
    flush: () => Promise.resolve(),
    flushSync() {},
    close: () => Promise.resolve(),
    counts: (): SinkCounts => tally.counts(),
  };
  return sink;
}

/** The API has no integers beyond 2^53, and its SDK drops an attribute that is one: they go out as text. */
function toAnyValue(value: AttributeValue): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toAnyValue);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toAnyValue(inner as AttributeValue)]));
}

/** A context with the record's span; `undefined` where the active one has it, with whatever else it carries. */
function contextOf({ traceId, spanId, traceFlags }: LogRecord, trace: OtelTraceApi): OtelContext | undefined {
  if (traceId === undefined || spanId === undefined) return undefined;
  const active = trace.getActiveSpan()?.spanContext();
  if (active?.traceId === traceId && active.spanId === spanId) return undefined;
  return trace.setSpanContext(createContext(new Map()), { traceId, spanId, traceFlags: traceFlags ?? 0 });
}

/** The API's contexts are made by the API only, which this package does not import. */
function createContext(values: ReadonlyMap<symbol, unknown>): OtelContext {
  return {
    getValue: (key) => values.get(key),
    setValue: (key, value) => createContext(new Map(values).set(key, value)),
    deleteValue: (key) => createContext(new Map([...values].filter(([own]) => own !== key))),
  };
}
