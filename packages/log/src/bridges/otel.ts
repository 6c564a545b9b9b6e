import { OptionError } from '@breakwater/errors';
import type { trace as OtelTrace } from '@opentelemetry/api';
import type { TraceIds } from '../context-json.ts';
import { type AttributeValue, toRecord } from '../record.ts';
import { type Sink, type SinkCounts, Tally } from '../sink.ts';
import { handOver } from './loop-guard.ts';

/** The part of an OpenTelemetry logger (`logs.getLogger(…)`) that is called here. */
export interface OtelLoggerLike {
  emit(record: {
    readonly timestamp?: number | Date | [number, number];
    readonly observedTimestamp?: number | Date | [number, number];
    readonly severityNumber?: number;
    readonly severityText?: string;
    readonly body?: string;
    readonly eventName?: string;
    readonly attributes?: Record<string, unknown>;
  }): void;
}

/** Option `trace` of `createLogger`: the ids of OpenTelemetry's active span. */
export function otelTrace(trace: typeof OtelTrace): () => TraceIds | undefined {
  return () => trace.getActiveSpan()?.spanContext();
}

/**
 * A sink that hands records to the OpenTelemetry Logs API, whose provider exports them with its own resource. Trace
 * ids follow from the span that is active when the record is said. What happens to a record there is not counted here.
 * Where that provider is `toLoggerProvider` of a logger that holds this sink, the record ends there: it does not go round.
 */
export function otelSink(logger: OtelLoggerLike, name = 'otel'): Sink {
  if (typeof logger?.emit !== 'function') throw new OptionError('logger', logger, 'an OpenTelemetry logger');
  const tally = new Tally();
  const sink: Sink = {
    name,
    write(line) {
      tally.emitted++;
      try {
        const { timestamp, observedTimestamp, severityNumber, severityText, body, eventName, attributes } =
          toRecord(line);
        handOver(sink, () =>
          logger.emit({
            timestamp: new Date(timestamp),
            severityNumber,
            severityText,
            body,
            attributes: attributes as Record<string, AttributeValue>,
            ...(observedTimestamp === undefined ? {} : { observedTimestamp: new Date(observedTimestamp) }),
            ...(eventName === undefined ? {} : { eventName }),
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
