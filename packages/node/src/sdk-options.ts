import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import type { LogRecordLimits } from '@opentelemetry/sdk-logs';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  type SpanLimits,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { Config } from './config/settings.ts';

// Settings as the OpenTelemetry SDK takes them.

/** Spans or records in one request, unless settings say otherwise. */
export const BATCH = 512;

/** OpenTelemetry's 0 is "no limit"; a timer counts so far. */
export const FOREVER_MS: number = 2 ** 31 - 1;

/** How spans or records are batched. */
export interface Batching {
  readonly scheduledDelayMillis: number;
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly exportTimeoutMillis: number;
}

export function batching(config: Config, what: 'span' | 'record'): Batching {
  const maxQueueSize = config[`${what}Queue`] ?? config.maxQueue;
  return {
    scheduledDelayMillis: Math.max(1, config[`${what}DelayMs`] ?? config.batchDelayMs),
    maxQueueSize,
    maxExportBatchSize: config[`${what}Batch`] ?? Math.min(BATCH, maxQueueSize),
    exportTimeoutMillis: config[`${what}TimeoutMs`] || FOREVER_MS,
  };
}

/** What a span may hold: its own limit before that of all attributes, as the specification has it. */
export function spanLimits(config: Config): Required<SpanLimits> {
  return {
    attributeCountLimit: config.maxSpanAttributes ?? config.maxAttributes,
    attributeValueLengthLimit: config.maxSpanAttributeChars ?? config.maxAttributeChars ?? Number.POSITIVE_INFINITY,
    eventCountLimit: config.maxSpanEvents,
    linkCountLimit: config.maxSpanLinks,
    attributePerEventCountLimit: config.maxEventAttributes ?? config.maxAttributes,
    attributePerLinkCountLimit: config.maxLinkAttributes ?? config.maxAttributes,
  };
}

/** What a record that a library writes may hold. */
export function recordLimits(config: Config): Required<LogRecordLimits> {
  return {
    attributeCountLimit: config.maxRecordAttributes ?? config.maxAttributes,
    attributeValueLengthLimit: config.maxRecordAttributeChars ?? config.maxAttributeChars ?? Number.POSITIVE_INFINITY,
  };
}

export function samplerOf({ tracesSampler, traceRatio }: Config): Sampler {
  const root = tracesSampler.endsWith('always_on')
    ? new AlwaysOnSampler()
    : tracesSampler.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(traceRatio);
  return tracesSampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

export function propagatorOf({ propagators }: Config): TextMapPropagator {
  const made = propagators.flatMap((name) =>
    name === 'none' ? [] : [name === 'baggage' ? new W3CBaggagePropagator() : new W3CTraceContextPropagator()],
  );
  return new CompositePropagator({ propagators: made });
}
