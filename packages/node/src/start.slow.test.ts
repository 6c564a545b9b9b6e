import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { memorySink } from '@breakwater/log/testing';
import { createBreaker } from '@breakwater/resilience';
import { context, metrics, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { ConfigError } from './config/config-error.ts';
import { currentService, type StartOptions, start } from './start.ts';

const quiet: StartOptions = { service: 'test', telemetry: false, stdout: false };

const LISTENED = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'exit',
  'beforeExit',
  'uncaughtException',
  'unhandledRejection',
  'warning',
];

function traces(): unknown {
  return {
    listeners: LISTENED.map((event) => process.listenerCount(event)),
    patched: Object.hasOwn(Server.prototype, 'emit'),
    watched: ['undici:request:create', 'http.client.request.created'].map((name) => channel(name).hasSubscribers),
    recording: trace.getTracer('x').startSpan('x').isRecording(),
    context: context.with(ROOT_CONTEXT.setValue(Symbol.for('x'), 1), () => context.active() === ROOT_CONTEXT),
    meter: metrics.getMeter('x').constructor.name,
  };
}

test('a service can be started, stopped and started again, and leaves nothing behind (R24)', async () => {
  const requests: string[] = [];
  const receiver = createServer((request, response) => {
    requests.push(request.url ?? '');
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const otlpEndpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/base/`;
  const before = traces();
  try {
    for (let count = 0; count < 2; count++) {
      const service = start({ ...quiet, telemetry: true, otlpEndpoint });
      assert.notDeepEqual(traces(), before);
      assert.equal(currentService(), service);
      service.watch(createBreaker({ name: 'b' }));
      trace.getTracer('x').startSpan('x').end();
      await service.flush();
      assert.deepEqual([...new Set(requests.splice(0))].sort(), [
        '/base/v1/logs',
        '/base/v1/metrics',
        '/base/v1/traces',
      ]);
      const report = await service.shutdown();
      assert.deepEqual(
        report.steps.map(({ name, outcome }) => [name, outcome]),
        [
          ['log', 'done'],
          ['opentelemetry', 'done'],
        ],
      );
      assert.equal(service.state, 'stopped');
      assert.deepEqual(traces(), before);
    }
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
});

test('while one runs, another is refused; while none runs, there is no current one', async () => {
  assert.throws(() => currentService(), { code: 'ERR_BREAKWATER_NOT_STARTED' });
  const service = start(quiet);
  assert.throws(() => start(quiet), { code: 'ERR_BREAKWATER_STARTED' });
  await service.shutdown();
  assert.throws(() => currentService(), { code: 'ERR_BREAKWATER_NOT_STARTED' });
});

test('whatever is wrong, nothing was started (R3)', () => {
  const before = traces();
  const wrong: readonly (readonly [StartOptions, string])[] = [
    [{ ...quiet, telemetry: true, log: { redact: { presets: ['none such'] } as never } }, 'REDACT_INVALID_OPTION'],
    [{ ...quiet, service: '' }, 'ERR_BREAKWATER_CONFIG'],
    [null as never, 'ERR_BREAKWATER_OPTION'],
  ];
  for (const [options, code] of wrong) assert.throws(() => start(options), { code });
  assert.throws(() => start({ ...quiet, service: '' }), ConfigError);
  assert.deepEqual(traces(), before);
});

test('options that are no settings have their mistakes in the same list (R3)', () => {
  const options = {
    service: '',
    sinks: [{}],
    configFile: 7,
    log: { flushLevel: 'loud', baggage: 'tier', level: 'info', redacts: {} },
    metadata: 1,
  };
  assert.throws(
    () => start(options as never),
    (error: ConfigError) => {
      assert.deepEqual(
        error.mistakes.map(({ name, shown }) => [name, shown]),
        [
          ['"metadata"', 'an unknown name'],
          ['"log.level"', 'an unknown name'],
          ['"log.redacts"', 'an unknown name'],
          ['configFile', '7'],
          ['sinks', 'a list'],
          ['log.baggage', '"tier"'],
          ['log.flushLevel', '"loud"'],
          ['service', '""'],
        ],
      );
      return true;
    },
  );
  assert.throws(() => start({ ...quiet, log: 'info' as never }), /options: log: expected an object, got "info"/);
});

test('options of the log are passed on, and the sinks of the caller are closed at the end', async () => {
  const sink = memorySink();
  const service = start({
    ...quiet,
    sinks: [sink],
    log: { redact: false, sampler: ({ message }) => (message === 'rare' ? 0 : 1) },
  });
  service.log.info('card', { card: '4111 1111 1111 1111' });
  service.log.info('rare');
  await service.shutdown();
  const bodies = sink.records().map((record) => record.body);
  assert.deepEqual(bodies, ['Service started', 'card', 'Service stopped', 'log records dropped: 1 (sampled)']);
  assert.equal(sink.records()[1]!.attributes['card'], '4111 1111 1111 1111');
  sink.write('late\n', 9);
  assert.equal(sink.counts().dropped.closed, 1);
});

test('what comes when the service has stopped is refused; health is drained', async () => {
  const service = start(quiet);
  assert.throws(() => service.watch({} as never), { code: 'ERR_BREAKWATER_OPTION', option: 'policy' });
  await service.shutdown();
  assert.throws(() => service.onShutdown('resources', 'pool', () => {}), { code: 'ERR_BREAKWATER_STOPPED' });
  assert.throws(() => service.serve(createServer()), { code: 'ERR_BREAKWATER_STOPPED' });
  assert.equal((await service.createHealth().report()).phase, 'draining');
});
