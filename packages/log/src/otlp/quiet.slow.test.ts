import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { context, propagation, type TextMapPropagator, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { type ReadableSpan, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { currentContext, withContext } from '../index.ts';
import { otlpSink } from '../sinks/otlp.ts';
import { withoutTracing } from './quiet.ts';

const LINE =
  '{"timestamp":"2025-11-25T01:02:03.123Z","severityText":"INFO","severityNumber":9,"body":"b","resource":{"service.name":"t"},"attributes":{}}\n';

test('R63 under a real instrumentation of http, requests of the OTLP sink make no span and carry no header', async () => {
  const spans: ReadableSpan[] = [];
  const collect: SpanProcessor = {
    onStart() {},
    onEnd: (span) => void spans.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const provider = new TracerProvider({ spanProcessors: [collect] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  const w3c = new W3CTraceContextPropagator();
  const propagator: TextMapPropagator = {
    inject(active, carrier, setter) {
      w3c.inject(active, carrier, setter);
      // As a service's own propagator may: what the log knows about the request that is going on.
      const { correlationId } = currentContext() ?? {};
      if (correlationId !== undefined) setter.set(carrier, 'x-correlation-id', correlationId);
    },
    extract: (active, carrier, getter) => w3c.extract(active, carrier, getter),
    fields: () => [...w3c.fields(), 'x-correlation-id'],
  };
  propagation.setGlobalPropagator(propagator);
  const instrumentation = new HttpInstrumentation({ disableIncomingRequestInstrumentation: true });
  instrumentation.setTracerProvider(provider);
  instrumentation.enable();
  // The instrumentation changes the module when it is asked for.
  const http = createRequire(import.meta.url)('http') as typeof import('node:http');

  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    request.resume().on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
  try {
    const tracer = provider.getTracer('test');
    await tracer.startActiveSpan('request', async (span) => {
      await withContext({ correlationId: 'c-1' }, async () => {
        // Shows that the instrumentation is at work.
        const call = http.request(url, { method: 'POST' }).end();
        const [answer] = (await once(call, 'response')) as [import('node:http').IncomingMessage];
        await once(answer.resume(), 'end');

        const sink = otlpSink({ url, flushMs: 1 });
        sink.write(LINE, 9);
        await sink.flush();
        sink.write(LINE, 9);
        await sink.close();
        assert.equal(sink.counts().written, 2);
      });
      span.end();
    });
    assert.equal(seen.length, 3);
    assert.match(seen[0]!['traceparent'] as string, /^00-/);
    assert.equal(seen[0]!['x-correlation-id'], 'c-1');
    for (const headers of seen.slice(1))
      for (const name of ['traceparent', 'tracestate', 'baggage', 'x-correlation-id'])
        assert.equal(headers[name], undefined, name);
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['POST', 'request'],
    );
  } finally {
    instrumentation.disable();
    for (const api of [trace, propagation, context]) api.disable();
    server.closeAllConnections();
    server.close();
  }
});

test('R63 without OpenTelemetry the work runs as it is', () => {
  assert.equal(
    withoutTracing(() => 7),
    7,
  );
});
