/** Where `@opentelemetry/api` 1.x keeps what was registered, for every copy of it in the process. */
const API = Symbol.for('opentelemetry.js.api.1');
/** The key of `suppressTracing` in `@opentelemetry/core`: context keys are registered symbols. */
const SUPPRESS_TRACING = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

interface Context {
  setValue(key: symbol, value: unknown): Context;
}

interface ContextManager {
  active(): Context;
  with<T>(context: Context, fn: () => T): T;
}

/**
 * Runs `fn` so that OpenTelemetry instrumentation, where there is one, makes no span of what it does and adds no header:
 * the telemetry of sending telemetry would never end. Needs no package of OpenTelemetry.
 */
export function withoutTracing<T>(fn: () => T): T {
  const manager = (globalThis as { [API]?: { context?: ContextManager } })[API]?.context;
  return manager === undefined ? fn() : manager.with(manager.active().setValue(SUPPRESS_TRACING, true), fn);
}
