import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { guardPgPool } from '@breakwater/http/pg';
import { memorySink } from '@breakwater/log/testing';
import { logs, metrics, type ProxyTracerProvider, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { currentService, type StartOptions, start } from './start.ts';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Unpacked. */
  readonly body: Buffer;
}

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).reverse()) await clean();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

function recorder(): { readonly seen: Received[]; readonly listener: RequestListener } {
  const seen: Received[] = [];
  return {
    seen,
    listener(request, response) {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const all = Buffer.concat(parts);
        const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(all) : all;
        seen.push({ path: request.url ?? '', headers: request.headers, body });
        response.writeHead(200, { 'content-type': request.headers['content-type'] ?? '' });
        response.end(request.headers['content-type'] === 'application/json' ? '{}' : '');
      });
    },
  };
}

async function receiver(): Promise<{ readonly seen: Received[]; readonly url: string }> {
  const { seen, listener } = recorder();
  return { seen, url: `http://127.0.0.1:${await listen(createServer(listener))}` };
}

/** Runs `work` in a service, with `env` over the environment, and shuts it down. */
async function withService<T>(
  env: Readonly<Record<string, string>>,
  options: StartOptions,
  work: (service: ReturnType<typeof start>) => T | Promise<T>,
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const service = start({ service: 'test', stdout: false, processHandlers: false, ...options });
    try {
      return await work(service);
    } finally {
      await service.shutdown();
    }
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

test('each signal goes where, as and how its own variables say; what an option says no variable adds to (R1, R6)', async () => {
  const { seen, url } = await receiver();
  await withService(
    {
      OTEL_EXPORTER_OTLP_HEADERS: 'x-all=1',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/t`,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-env=1',
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${url}/m`,
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${url}/l`,
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x-logs=a%20b',
    },
    { tracesHeaders: { 'x-own': '1' } },
    (service) => {
      trace.getTracer('x').startSpan('span of the test').end();
      service.log.info('line of the test');
      return service.flush();
    },
  );
  assert.deepEqual([...new Set(seen.map(({ path }) => path))].sort(), ['/l', '/m', '/t']);
  const of = (path: string): Received => seen.find((each) => each.path === path)!;
  assert.ok(of('/t').body.includes('span of the test'));
  assert.deepEqual(
    ['content-type', 'content-encoding', 'x-own', 'x-env', 'x-all'].map((name) => of('/t').headers[name]),
    ['application/x-protobuf', 'gzip', '1', undefined, undefined],
  );
  const figures = JSON.stringify(JSON.parse(of('/m').body.toString()));
  assert.match(figures, /"name":"process\.cpu\.time".*?"aggregationTemporality":1/);
  assert.equal(of('/m').headers['x-all'], '1');
  assert.match(JSON.stringify(JSON.parse(of('/l').body.toString())), /line of the test/);
  assert.deepEqual([of('/l').headers['x-logs'], of('/l').headers['x-all']], ['a b', undefined]);
});

test('exporters by name: none sends nothing, console prints; by --import, from the environment alone (R6)', async () => {
  const { seen, url } = await receiver();
  const child = spawn(
    process.execPath,
    [
      '--conditions=@breakwater/source',
      '--import=@breakwater/node/register',
      '--input-type=module',
      '-e',
      `import { trace } from '@opentelemetry/api';
       trace.getTracer('x').startSpan('printed span').end();`,
    ],
    {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        OTEL_RESOURCE_ATTRIBUTES: 'service.name=child',
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_TRACES_EXPORTER: 'console',
        OTEL_METRICS_EXPORTER: 'none',
      },
    },
  );
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 0);
  assert.match(said, /printed span/);
  assert.match(said, /"service\.name":"child"/);
  assert.deepEqual([...new Set(seen.map(({ path }) => path))], ['/v1/logs']);
});

/** A receiver that refuses what is sent to `paths`. */
async function refusing(...paths: readonly string[]): Promise<{ readonly seen: Received[]; readonly url: string }> {
  const { seen, listener } = recorder();
  const server = createServer((request, response) => {
    if (paths.includes(request.url ?? '')) request.resume().on('end', () => response.writeHead(400).end());
    else listener(request, response);
  });
  return { seen, url: `http://127.0.0.1:${await listen(server)}` };
}

test('flush sends all that can be sent and names every signal that cannot (R12)', async () => {
  const { seen, url } = await refusing('/v1/traces', '/v1/metrics');
  const sink = memorySink();
  await withService({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, { sinks: [sink] }, async (service) => {
    trace.getTracer('x').startSpan('s').end();
    logs.getLogger('x').emit({ body: 'by a library' });
    service.log.info('by the log');
    await assert.rejects(service.flush(), (error: AggregateError) => {
      const said = error.errors.map((each: Error) => each.message);
      assert.equal(said.length, 2, said.join(', '));
      return true;
    });
    const bodies = seen.map(({ body }) => body.toString('latin1')).join('');
    assert.match(bodies, /by a library/);
    assert.match(bodies, /by the log/);
    const said = sink
      .records()
      .filter(({ scope, severityText }) => scope === 'opentelemetry' && severityText === 'ERROR');
    assert.deepEqual(
      said.map(({ eventName }) => eventName),
      ['opentelemetry.message'],
    );
    const report = await service.shutdown();
    assert.deepEqual(
      report.steps.map(({ name, outcome }) => [name, outcome]),
      [
        ['log', 'done'],
        ['opentelemetry', 'failed'],
      ],
    );
    assert.equal(report.ok, false);
  });
});

test('records that the log could not send are told by flush and at the end (R12)', async () => {
  const { url } = await refusing('/v1/logs');
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_EXPORTER_OTLP_TIMEOUT: '200' };
  for (const endpoint of [url, 'http://127.0.0.1:1']) {
    await withService({ ...env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, {}, async (service) => {
      service.log.info('lost');
      await assert.rejects(service.flush(), (error: AggregateError) => {
        assert.match(error.errors.map(String).join('; '), /^Error: otlp did not write \d+ records$/);
        return true;
      });
      service.log.info('lost too');
      const { ok, steps } = await service.shutdown();
      const step = steps.find(({ name }) => name === 'log');
      assert.deepEqual([ok, step?.outcome], [false, 'failed'], endpoint);
      assert.match(String(step?.error), /otlp did not write \d+ records/);
    });
  }
});

test('spans and records are cut to their limits, each signal’s own before those of all (R13)', async () => {
  const { seen, url } = await receiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_ATTRIBUTE_COUNT_LIMIT: '2',
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '5',
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '3',
    OTEL_SPAN_EVENT_COUNT_LIMIT: '1',
    OTEL_SPAN_LINK_COUNT_LIMIT: '0',
    OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
  };
  const attributes = { a: '123456789', b: '1', c: '2', d: '3' };
  await withService(env, {}, async (service) => {
    const span = trace.getTracer('x').startSpan('s', { attributes });
    span.addEvent('first').addEvent('last', attributes).addLink({ context: span.spanContext() }).end();
    logs.getLogger('x').emit({ body: 'by a library', attributes });
    await service.flush();
  });
  const sent = (path: string, part: string): string =>
    seen.find(({ path: at, body }) => at === path && body.includes(part))!.body.toString();
  const [span] = JSON.parse(sent('/v1/traces', '"s"')).resourceSpans[0].scopeSpans[0].spans;
  const namesOf = (of: { readonly attributes: readonly { readonly key: string }[] }): string =>
    of.attributes.map(({ key }) => key).join('');
  assert.deepEqual([namesOf(span), span.droppedAttributesCount], ['abc', 1]);
  assert.equal(span.attributes[0].value.stringValue, '12345');
  assert.deepEqual([span.events.length, span.events[0].name, span.droppedEventsCount], [1, 'last', 1]);
  assert.deepEqual([namesOf(span.events[0]), span.droppedLinksCount], ['ab', 1]);
  const [record] = JSON.parse(sent('/v1/logs', 'by a library')).resourceLogs[0].scopeLogs[0].logRecords;
  assert.deepEqual([namesOf(record), record.attributes[0].value.stringValue], ['ab', '123']);
});

test('histograms are exponential where the variable says so (R6)', async () => {
  const { seen, url } = await receiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'base2_exponential_bucket_histogram',
  };
  await withService(env, {}, async (service) => {
    metrics.getMeter('x').createHistogram('h').record(7);
    metrics.getMeter('x').createCounter('c').add(7);
    await service.flush();
  });
  const sent = seen.find(({ path }) => path === '/v1/metrics')!.body.toString();
  assert.match(sent, /"name":"h"[^}]*"exponentialHistogram"/);
  assert.match(sent, /"name":"c"[^}]*"sum"/);
});

test('the guard of a pool is watched as a policy is: metrics of connections, its breaker, lines of the log (R23)', async () => {
  const { seen, url } = await receiver();
  const sink = memorySink();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  const away = Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
  const refuse = (_text?: string): Promise<never> => Promise.reject(away);
  const raw = { options: { max: 3 }, totalCount: 0, idleCount: 0, connect: refuse, query: refuse, on: () => {} };
  const { guard, query } = guardPgPool(raw, { name: 'orders-db', breaker: { consecutiveFailures: 1 } });
  await withService(env, { sinks: [sink] }, async (service) => {
    const stop = service.watch(guard);
    await service.flush();
    await assert.rejects(query('SELECT 1'), away);
    guard.setReadOnly();
    guard.setReadWrite();
    await service.flush();
    stop();
    guard.setReadOnly();
  });
  const sent = seen.filter(({ path }) => path === '/v1/metrics').map(({ body }) => body.toString());
  for (const name of ['db.client.connection.max', 'breakwater.breaker.state', 'breakwater.dependency.read_only'])
    assert.ok(
      sent.some((body) => body.includes(`"name":"${name}"`)),
      name,
    );
  const said = sink.records().map(({ body }) => body);
  assert.equal(said.filter((body) => body === 'orders-db is read-only, by hand').length, 1);
  assert.equal(said.filter((body) => body === 'orders-db takes writes again').length, 1);
  assert.ok(
    sink.records().some(({ attributes }) => attributes['event'] === 'breaker.opened'),
    said.join('; '),
  );
});

test('spans that found the queue full are counted (R14)', async () => {
  const { seen, url } = await receiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
    OTEL_BSP_MAX_QUEUE_SIZE: '2',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
  };
  // The receiver is in this process: its own requests would have spans.
  await withService(env, { instrumentHttp: false }, async (service) => {
    for (let count = 0; count < 5; count++) trace.getTracer('x').startSpan('s').end();
    await service.flush();
  });
  const sent = seen.filter(({ path }) => path === '/v1/metrics').map(({ body }) => JSON.parse(body.toString()));
  const counted = sent
    .flatMap(({ resourceMetrics }) => resourceMetrics[0].scopeMetrics)
    .flatMap(({ metrics: list }) => list)
    .filter(({ name }) => name === 'otel.sdk.processor.span.processed')
    .flatMap(({ sum }) => sum.dataPoints)
    .filter(({ attributes }) => JSON.stringify(attributes).includes('queue_full'));
  // One is under way, two are queued.
  assert.equal(counted.at(-1).asDouble ?? counted.at(-1).asInt, 2);
});

test('beside another OpenTelemetry SDK none is started, and the other one stays (R24)', () => {
  const other = { getTracer: () => trace.getTracer('other') };
  assert.ok(trace.setGlobalTracerProvider(other));
  try {
    const sink = memorySink();
    assert.throws(() => start({ service: 'test', stdout: false, sinks: [sink] }), { code: 'ERR_BREAKWATER_STARTED' });
    assert.throws(() => currentService(), { code: 'ERR_BREAKWATER_NOT_STARTED' });
    sink.write('late\n', 9);
    assert.equal(sink.counts().dropped.closed, 1);
    assert.equal((trace.getTracerProvider() as ProxyTracerProvider).getDelegate(), other);
    assert.equal(propagation.fields().length, 0);
  } finally {
    trace.disable();
  }
});

test('beside another OpenTelemetry SDK, one that does not end well is told, and ends no process (R24)', async (t) => {
  const shutdown = t.mock.method(MeterProvider.prototype, 'shutdown', () => Promise.reject(new Error('no end')));
  trace.setGlobalTracerProvider({ getTracer: () => trace.getTracer('other') });
  t.after(() => trace.disable());
  const warned = once(process, 'warning');
  assert.throws(() => start({ service: 'test', stdout: false }), { code: 'ERR_BREAKWATER_STARTED' });
  const [warning] = (await warned) as [Error & { code?: string; detail?: string }];
  assert.equal(shutdown.mock.callCount(), 1);
  assert.equal(warning.code, 'BREAKWATER_NODE');
  assert.match(String(warning.detail), /no end/);
});

test('a sampler decides over roots, a parent-based one leaves it to a caller who has decided (R7)', async () => {
  const caller = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    traceFlags: 1,
    isRemote: true,
  });
  const { url } = await receiver();
  for (const [OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, ofRoot, ofCalled] of [
    ['always_on', '0', true, true],
    ['always_off', '1', false, false],
    ['traceidratio', '0', false, false],
    ['parentbased_always_on', '', true, true],
    ['parentbased_always_off', '', false, true],
    ['parentbased_traceidratio', '0', false, true],
  ] as const) {
    const env = { OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, OTEL_EXPORTER_OTLP_ENDPOINT: url };
    const recorded = await withService(env, {}, () => {
      const tracer = trace.getTracer('x');
      return [ROOT_CONTEXT, caller].map((parent) => tracer.startSpan('s', {}, parent).isRecording());
    });
    assert.deepEqual(recorded, [ofRoot, ofCalled], OTEL_TRACES_SAMPLER);
  }
});

test('OTEL_SDK_DISABLED leaves the log (R6)', async () => {
  const { seen, url } = await receiver();
  const sink = memorySink();
  await withService({ OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: url }, { sinks: [sink] }, (service) => {
    assert.equal(trace.getTracer('x').startSpan('s').isRecording(), false);
    service.log.info('said');
  });
  assert.ok(sink.records().some((record) => record.body === 'said'));
  assert.equal(seen.length, 0);
});

test('batches are as large as OTEL_BSP_MAX_EXPORT_BATCH_SIZE and OTEL_BLRP_MAX_EXPORT_BATCH_SIZE say (R9)', async () => {
  const { seen, url } = await receiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2',
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '3',
    OTEL_BSP_SCHEDULE_DELAY: '60000',
    OTEL_BLRP_SCHEDULE_DELAY: '60000',
    OTEL_METRICS_EXPORTER: 'none',
  };
  await withService(env, {}, async (service) => {
    for (let count = 0; count < 5; count++) {
      trace.getTracer('x').startSpan('counted').end();
      service.log.info('counted');
    }
    await service.flush();
    const of = (path: string): number => seen.filter((each) => each.path === path).length;
    // Six records: the service's own first one is among them.
    assert.deepEqual([of('/v1/traces'), of('/v1/logs')], [3, 2]);
  });
});

test('a caller’s baggage goes on to listed hosts, and into the log where it is allowed; propagators may be none (R21)', async () => {
  const { url } = await receiver();
  const told: Record<string, string>[] = [];
  const upstream = createServer((request, response) => {
    // As they came: `headers` hold the ids in force here, made when none were sent.
    const pairs = request.rawHeaders.map((name, index, all) => [name.toLowerCase(), all[index + 1] ?? ''] as const);
    told.push(Object.fromEntries(pairs.filter((_, index) => index % 2 === 0)));
    response.end();
  });
  const headers = {
    baggage: 'tier=gold,secret=x',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  };
  for (const OTEL_PROPAGATORS of ['', 'none', 'tracecontext']) {
    const sink = memorySink();
    const options = { sinks: [sink], log: { baggage: ['tier'] } };
    await withService({ OTEL_PROPAGATORS, OTEL_EXPORTER_OTLP_ENDPOINT: url }, options, async (service) => {
      const upstreamPort = upstream.listening ? (upstream.address() as AddressInfo).port : await listen(upstream);
      const own = createServer(async (_request, response) => {
        service.log.info('within');
        await fetch(`http://127.0.0.1:${upstreamPort}`);
        response.end();
      });
      // From outside of the service's instrumentation: the request's own fields are all there is.
      await fetch(`http://127.0.0.1:${await listen(own)}`, { headers });
    });
    const [last] = told.slice(-1);
    assert.equal(last!['baggage'], OTEL_PROPAGATORS === '' ? headers.baggage : undefined);
    assert.equal(
      last!['traceparent']?.slice(3, 35),
      OTEL_PROPAGATORS === 'none' ? undefined : headers.traceparent.slice(3, 35),
    );
    const line = sink.records().find((record) => record.body === 'within');
    assert.equal(line!.attributes['baggage.tier'], OTEL_PROPAGATORS === '' ? 'gold' : undefined);
    assert.equal(line!.attributes['baggage.secret'], undefined);
  }
  assert.equal(propagation.fields().length, 0);
});

test('a receiver with a certificate of one’s own is trusted for all signals when its file is given, and not else (R6)', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-tls-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  try {
    execFileSync('openssl', [...args, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  } catch {
    t.skip('openssl is not installed');
    return;
  }
  const { seen, listener } = recorder();
  const pem = { key: readFileSync(key), cert: readFileSync(certificate) };
  const port = await listen(
    createSecureServer({ ...pem, ca: pem.cert, requestCert: true, rejectUnauthorized: true }, listener),
  );
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_CERTIFICATE: certificate,
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: certificate,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: key,
  };
  await withService(env, {}, (service) => {
    trace.getTracer('x').startSpan('s').end();
    return service.flush();
  });
  assert.deepEqual([...new Set(seen.map(({ path }) => path))].sort(), ['/v1/logs', '/v1/metrics', '/v1/traces']);
  const before = seen.length;
  await withService(
    { OTEL_EXPORTER_OTLP_ENDPOINT: env.OTEL_EXPORTER_OTLP_ENDPOINT },
    { shutdownTimeoutMs: 300 },
    () => {
      trace.getTracer('x').startSpan('s').end();
    },
  );
  assert.equal(seen.length, before);
});
