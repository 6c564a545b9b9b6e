import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createOtlpServer, type OtlpServer } from '../server/src/ingest/otlp-server.ts';
import { createRecordingSink, type RecordingSink } from '../server/src/ingest/testing/recording-sink.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const app = fileURLToPath(new URL('support/node-service/app.ts', import.meta.url));

interface App {
  readonly child: ChildProcess;
  output(): string;
  errors(): string;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

/** Starts the program with the register entry and these variables. */
function startApp(mode: string, env: Readonly<Record<string, string>>): App {
  const child = spawn(
    process.execPath,
    ['--conditions=@breakwater/source', '--import', '@breakwater/node/register', app, mode],
    { cwd: root, env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  let output = '';
  let errors = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }) as Awaited<App['ended']>);
  return { child, output: () => output, errors: () => errors, ended };
}

/** The numbers of the records with body `line`, in order. */
const numbersIn = (text: string): number[] =>
  text
    .split('\n')
    .filter((line) => line.includes('"body":"line"'))
    .map((line) => (JSON.parse(line) as { attributes: { number: number } }).attributes.number);
const ALL = Array.from({ length: 10_000 }, (_, number) => number);

describe('a program under --import @breakwater/node/register', { timeout: 120_000 }, () => {
  let sink: RecordingSink;
  let server: OtlpServer;
  let env: Record<string, string>;

  before(async () => {
    sink = createRecordingSink();
    server = createOtlpServer({ host: '127.0.0.1', port: 0, sink, log: () => {} });
    const { port } = await server.start();
    env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  });
  after(() => server.stop());

  const of = <T extends { resource: { serviceName: string } }>(records: readonly T[], service: string): T[] =>
    records.filter((record) => record.resource.serviceName === service);
  const numbersSent = (service: string): number[] =>
    of(sink.logs, service)
      .filter((record) => record.body === 'line')
      .map((record) => Number(record.attributes.get('number')));

  test('mistakes are listed before the first line of the program runs (R3)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-node-'));
    try {
      const path = join(folder, 'config.json');
      writeFileSync(path, '{"traceRatio": 3}');
      const { ended, output, errors } = startApp('end', {
        BREAKWATER_CONFIG: path,
        BREAKWATER_LOG_LEVEL: 'loud',
        OTEL_EXPORTER_OTLP_HEADERS: 'hunter2',
      });
      assert.deepEqual(await ended, { code: 1, signal: null });
      assert.equal(output(), '');
      assert.equal(
        errors(),
        `@breakwater/node: 4 mistakes in the configuration:
  options: service (or BREAKWATER_SERVICE, OTEL_SERVICE_NAME): expected a text of 1 to 255 characters, got nothing
  environment: OTEL_EXPORTER_OTLP_HEADERS: expected headers (name=value,name=value), values percent-encoded, each name once, none that describes the body, got [hidden]
  environment: BREAKWATER_LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent, got "loud"
  ${path}: traceRatio: expected a number from 0 to 1, got 3
`,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('every signal arrives, correlated, and SIGTERM ends the service in order (R10, R11, R20, R22, R23, R30)', async () => {
    const { child, ended, output } = startApp('serve', {
      ...env,
      OTEL_SERVICE_NAME: 'serve',
      BREAKWATER_VERSION: '1.2.3',
      BREAKWATER_ENVIRONMENT: 'test',
      OTEL_RESOURCE_ATTRIBUTES: 'team=payments',
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const traceId = 'c0ffee00000000000000000000000001';
    const response = await fetch(`http://127.0.0.1:${port}/order?token=secret`, {
      headers: { traceparent: `00-${traceId}-00000000000000aa-01`, 'x-correlation-id': 'order-77' },
    });
    assert.equal(response.headers.get('x-correlation-id'), 'order-77');
    const upstream = (await response.json()) as { correlationId: string; traceId: string };
    assert.deepEqual([upstream.correlationId, upstream.traceId], ['order-77', traceId]);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 0, signal: null });

    const spans = of(sink.spans, 'serve');
    assert.deepEqual(
      spans.map((span) => span.kind).sort(),
      ['client', 'server', 'server'],
      'the exporters own requests have no spans',
    );
    assert.ok(spans.every((span) => span.traceId === traceId));
    const client = spans.find((span) => span.kind === 'client')!;
    const inner = spans.find((span) => span.parentSpanId === client.spanId)!;
    const outer = spans.find((span) => span.spanId === client.parentSpanId)!;
    assert.equal(outer.parentSpanId, '00000000000000aa');
    assert.equal(inner.attributes.get('url.path'), '/upstream');
    assert.equal(outer.attributes.get('http.response.status_code'), 200n);
    assert.equal(client.attributes.get('url.full'), `http://127.0.0.1:${port}/upstream`);
    assert.ok(outer.events.some((event) => event.name === 'breakwater.breaker.isolated'));

    const logs = of(sink.logs, 'serve');
    const called = logs.find((record) => record.body === 'upstream called')!;
    assert.equal(called.traceId, traceId);
    assert.equal(called.spanId, inner.spanId);
    assert.equal(called.attributes.get('breakwater.correlation_id'), 'order-77');
    const calling = logs.find((record) => record.body === 'calling upstream')!;
    assert.equal(calling.attributes.get('big'), 2n ** 60n);
    const { attributes, environment } = called.resource;
    assert.deepEqual(
      [attributes.get('service.version'), environment, attributes.get('team')],
      ['1.2.3', 'test', 'payments'],
    );
    assert.equal(logs.find((record) => record.body === 'Circuit breaker isolated')?.scope.name, 'resilience');
    assert.deepEqual(
      logs.filter((record) => record.eventName !== '').map((record) => record.eventName),
      ['service.started', 'process.signal', 'service.stopped'],
    );
    const values = logs.flatMap((record) => [...record.attributes.values()].map(String));
    assert.ok(!values.some((value) => value.includes('4111 1111')));
    assert.ok(!output().includes('4111 1111'));

    const names = new Set(of(sink.points, 'serve').map((point) => point.name));
    for (const name of [
      'http.server.request.duration',
      'http.client.request.duration',
      'nodejs.eventloop.delay.p99',
      'nodejs.eventloop.utilization',
      'v8js.memory.heap.used',
      'process.memory.usage',
      'process.cpu.time',
      'breakwater.policy.events',
      'breakwater.breaker.state',
      'breakwater.log.written',
    ])
      assert.ok(names.has(name), `${name} is missing among ${[...names].join(', ')}`);
  });

  test('a host that is not listed is told nothing (R21)', async () => {
    const { child, ended } = startApp('serve', {
      ...env,
      OTEL_SERVICE_NAME: 'private',
      BREAKWATER_PROPAGATE_TO: 'elsewhere.example',
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const response = await fetch(`http://127.0.0.1:${port}/order`, { headers: { 'x-correlation-id': 'order-78' } });
    const upstream = (await response.json()) as { correlationId: string; traceId: string };
    assert.notEqual(upstream.correlationId, 'order-78');
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
    const client = of(sink.spans, 'private').find((span) => span.kind === 'client')!;
    assert.notEqual(upstream.traceId, client.traceId);
  });

  test('requests that overlap on shared sockets never mix their context; hostile ids are replaced (R22)', async () => {
    const { child, ended, output } = startApp('serve', { ...env, OTEL_SERVICE_NAME: 'mix' });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const traces = new Set<string>();
    await Promise.all(
      Array.from({ length: 1_000 }, async (_, number) => {
        const response = await fetch(`http://127.0.0.1:${port}/mix/${number}`, {
          headers: { 'x-correlation-id': `id-${number}` },
        });
        const seen = (await response.json()) as { correlationId: string; traceId: string };
        assert.equal(seen.correlationId, `id-${number}`);
        traces.add(seen.traceId);
      }),
    );
    assert.equal(traces.size, 1_000);
    const hostile = await fetch(`http://127.0.0.1:${port}/mix/x`, { headers: { 'x-correlation-id': '"}<script>' } });
    assert.match(hostile.headers.get('x-correlation-id')!, /^[0-9a-f-]{36}$/);
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
    const lines = output()
      .split('\n')
      .filter((line) => line.includes('"body":"mixed"'))
      .map((line) => (JSON.parse(line) as { attributes: Record<string, string> }).attributes)
      .filter((attributes) => attributes['path'] !== '/mix/x');
    assert.equal(lines.length, 1_000);
    for (const attributes of lines)
      assert.equal(attributes['breakwater.correlation_id'], `id-${attributes['path']!.slice(5)}`);
  });

  test('SIGTERM under load: not one request fails, and health says what is going on (R36)', async () => {
    const { child, ended, errors } = startApp('load', {
      ...env,
      OTEL_SERVICE_NAME: 'load',
      BREAKWATER_DRAIN_MS: '500',
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const url = `http://127.0.0.1:${port}`;
    assert.equal(await (await fetch(`${url}/readyz`)).text(), 'started');
    let answered = 0;
    let draining = false;
    // Clients that leave as a load balancer's do: no new request once health says that the service drains.
    const client = async (): Promise<void> => {
      while (!draining) {
        assert.equal(await (await fetch(url)).text(), 'done');
        if (++answered === 100) child.kill('SIGTERM');
        draining ||= answered > 100 && (await (await fetch(`${url}/readyz`)).text()) === 'draining';
      }
    };
    await Promise.all(Array.from({ length: 20 }, client));
    assert.ok(answered >= 100);
    assert.deepEqual(await ended, { code: 0, signal: null }, errors());
    assert.equal(of(sink.points, 'load').filter((point) => point.attributes.get('error.type') === 'aborted').length, 0);
  });

  const ends: readonly { mode: string; code: number; what: string }[] = [
    { mode: 'end', code: 0, what: 'an event loop with nothing more to do' },
    { mode: 'twice', code: 0, what: 'shutdown() called twice' },
    { mode: 'throw', code: 1, what: 'an exception thrown from a timer' },
    { mode: 'reject', code: 1, what: 'an unhandled rejection' },
    { mode: 'sigterm', code: 0, what: 'SIGTERM' },
  ];
  for (const { mode, code, what } of ends)
    test(`${what}: 10,000 lines arrive on stdout and at the receiver, each exactly once (R33)`, async () => {
      const { child, ended, output, errors } = startApp(mode, { ...env, OTEL_SERVICE_NAME: mode });
      if (mode === 'sigterm') {
        await once(child, 'message');
        child.kill('SIGTERM');
      }
      assert.deepEqual(await ended, { code, signal: null }, errors());
      assert.deepEqual(numbersIn(output()), ALL);
      assert.deepEqual(numbersSent(mode), ALL);
      if (code !== 1) return;
      const fatal = of(sink.logs, mode).filter((record) => record.severityNumber === 21);
      assert.equal(fatal.length, 1);
      assert.equal(fatal[0]!.attributes.get('exception.message'), 'unforeseen');
    });

  test('a hook that fails turns the exit code into 1, and is recorded (R30, R32)', async () => {
    const { child, ended } = startApp('broken', { ...env, OTEL_SERVICE_NAME: 'broken' });
    await once(child, 'message');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 1, signal: null });
    assert.deepEqual(numbersSent('broken'), ALL);
    const step = of(sink.logs, 'broken').find((record) => record.eventName === 'shutdown.step')!;
    assert.equal(step.body, 'Shutdown: queue failed');
    assert.equal(step.attributes.get('exception.message'), 'two messages left');
  });

  test('an exception while hooks run is recorded and turns the exit code into 1 (R30)', async () => {
    const { child, ended, errors } = startApp('throw-late', { ...env, OTEL_SERVICE_NAME: 'throw-late' });
    await once(child, 'message');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 1, signal: null }, errors());
    const fatal = of(sink.logs, 'throw-late').filter((record) => record.severityNumber === 21);
    assert.equal(fatal[0]!.attributes.get('exception.message'), 'unforeseen');
  });

  test('a receiver that never answers is left behind in time, and standard error says so (R30, R35)', async () => {
    const silent = createServer((request) => request.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const { child, ended, errors, output } = startApp('sigterm', {
        OTEL_SERVICE_NAME: 'silent',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
        BREAKWATER_SHUTDOWN_TIMEOUT_MS: '900',
      });
      await once(child, 'message');
      child.kill('SIGTERM');
      assert.deepEqual(await ended, { code: 1, signal: null });
      assert.deepEqual(numbersIn(output()), ALL);
      assert.match(
        errors(),
        /^@breakwater\/node: opentelemetry (?:timed out|failed) after \d+ ms, telemetry was lost/m,
      );
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  test('a second signal ends a service that is stuck at once; stdout has every line (R30)', async () => {
    const { child, ended, output } = startApp('stuck', { ...env, OTEL_SERVICE_NAME: 'stuck' });
    await once(child, 'message');
    child.kill('SIGTERM');
    // The hook runs, and will not end.
    await once(child, 'message');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 143, signal: null });
    assert.deepEqual(numbersIn(output()), ALL);
  });

  test('a hook that hangs is left behind in time, and what was said is sent (R32)', async () => {
    const { child, ended } = startApp('stuck', {
      ...env,
      OTEL_SERVICE_NAME: 'left-behind',
      BREAKWATER_SHUTDOWN_TIMEOUT_MS: '900',
    });
    await once(child, 'message');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 1, signal: null });
    assert.deepEqual(numbersSent('left-behind'), ALL);
    const step = of(sink.logs, 'left-behind').find((record) => record.eventName === 'shutdown.step')!;
    assert.equal(step.body, 'Shutdown: queue timed out');
  });

  test('process.exit: every line is on stdout and at the receiver, the exit code stays (R34)', async () => {
    const { ended, output } = startApp('exit', { ...env, OTEL_SERVICE_NAME: 'exit' });
    assert.deepEqual(await ended, { code: 7, signal: null });
    assert.deepEqual(numbersIn(output()), ALL);
    assert.deepEqual(numbersSent('exit'), ALL);
    assert.match(output(), /kept by a request that goes on/);
  });

  test('spans and records of libraries that use the OpenTelemetry API arrive as well (R10)', () => {
    assert.deepEqual(
      of(sink.spans, 'end').map((span) => span.name),
      ['work'],
    );
    assert.equal(of(sink.logs, 'end').filter((record) => record.body === 'from a library').length, 1);
  });

  test('an endpoint that is gone costs the time for shutting down once, and stdout has every line (R35)', async () => {
    const startedAt = performance.now();
    const { ended, output, errors } = startApp('end', {
      OTEL_SERVICE_NAME: 'gone',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      BREAKWATER_SHUTDOWN_TIMEOUT_MS: '1000',
    });
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.deepEqual(numbersIn(output()), ALL);
    assert.match(errors(), /opentelemetry .* telemetry was lost/);
    assert.ok(performance.now() - startedAt < 8_000);
  });
});
