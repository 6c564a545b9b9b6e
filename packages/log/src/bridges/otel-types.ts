/** The parts of `@opentelemetry/api` that are called here, so that no type of this entry needs it installed. */

export interface OtelContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): OtelContext;
  deleteValue(key: symbol): OtelContext;
}

export interface OtelSpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** `trace` of `@opentelemetry/api`. */
export interface OtelTraceApi {
  getActiveSpan(): { spanContext(): OtelSpanContext } | undefined;
  getSpanContext(context: OtelContext): OtelSpanContext | undefined;
  setSpanContext(context: OtelContext, span: OtelSpanContext): OtelContext;
  isSpanContextValid(span: OtelSpanContext): boolean;
}

export type OtelTime = number | Date | [number, number];

/** What a library gives to `emit` of the Logs API. */
export interface OtelRecord {
  readonly timestamp?: OtelTime;
  readonly observedTimestamp?: OtelTime;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: unknown;
  readonly eventName?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly exception?: unknown;
  readonly context?: OtelContext;
}

/** A logger of the Logs API. */
export interface OtelLogger {
  emit(record: OtelRecord): void;
  enabled(question?: { readonly severityNumber?: number; readonly severityText?: string }): boolean;
}

/** For `logs.setGlobalLoggerProvider`. */
export interface OtelLoggerProvider {
  getLogger(
    name: string,
    version?: string,
    options?: { readonly attributes?: Readonly<Record<string, unknown>> },
  ): OtelLogger;
}

/** A meter of the Metrics API. */
export interface OtelMeter {
  createObservableCounter(
    name: string,
    options?: { readonly unit?: string; readonly description?: string },
  ): {
    addCallback(callback: (result: OtelResult) => void): void;
    removeCallback(callback: (result: OtelResult) => void): void;
  };
}

export interface OtelResult {
  observe(value: number, attributes?: Record<string, string>): void;
}
