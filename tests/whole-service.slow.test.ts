import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LogsPage, MetricsAnswer, TraceDetail } from '../server/src/api/types.ts';
import { findPostgres, type Postgres, startPostgres } from './support/postgres.ts';
import { type ServerProcess, startServerProcess, temporaryFolder, waitFor } from './support/server-process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const postgres = findPostgres();

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Program {
  readonly child: ChildProcess;
  readonly url: string;
  output(): string;
  readonly ended: Promise<number | null>;
}

/** Starts a program of the example on a free port and waits until it answers. */
async function startProgram(file: string, env: Readonly<Record<string, string>>): Promise<Program> {
  const port = await freePort();
  const path = `packages/node/examples/whole-service/${file}`;
  const child = spawn(process.execPath, ['--conditions=@breakwater/source', path], {
    cwd: root,
    env: { PATH: process.env['PATH'], PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const url = `http://127.0.0.1:${port}`;
  await waitFor(`${file} to answer`, async () => {
    if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}:\n${output}`);
    return fetch(url).catch(() => undefined);
  });
  return { child, url, output: () => output, ended };
}

describe('the whole service of the example, read back from a Breakwater server', {
  timeout: 240_000,
  skip: 'missing' in postgres ? postgres.missing : false,
}, () => {
  const folder = temporaryFolder();
  let server: ServerProcess;
  let database: Postgres;
  let payments: Program;
  let orders: Program;
  let ready = 0;
  const answers = new Map<string, { status: number; body: Record<string, unknown>; correlationId: string }>();

  before(async () => {
    if ('missing' in postgres) return;
    database = await startPostgres(postgres.bin);
    server = await startServerProcess(folder.path);
    payments = await startProgram('payments.ts', {});
    orders = await startProgram('orders.ts', {
      DATABASE_URL: database.url,
      PAYMENTS_URL: payments.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: server.otlpUrl,
    });
    for (const item of ['lamp', 'flaky', 'broken', 'lamp']) {
      const correlationId = `call-${answers.size + 1}`;
      const response = await fetch(`${orders.url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-correlation-id': correlationId },
        body: JSON.stringify({ item }),
      });
      assert.equal(response.headers.get('x-correlation-id'), correlationId);
      const body = (await response.json()) as Record<string, unknown>;
      answers.set(correlationId, { status: response.status, body, correlationId });
    }
    ready = (await fetch(`${orders.url}/readyz`)).status;
    orders.child.kill('SIGTERM');
    assert.equal(await orders.ended, 0, orders.output());
  });
  after(async () => {
    orders?.child.kill('SIGKILL');
    payments?.child.kill('SIGKILL');
    await server?.stop();
    database?.stop();
    folder.remove();
  });

  const range = (): string => `from=${Date.now() - 3_600_000}&to=${Date.now() + 60_000}`;
  const logsOf = async (correlationId: string): Promise<LogsPage['rows']> => {
    const { rows } = await server.api<LogsPage>(`/logs?limit=1000&query=service%3Aorders&${range()}`);
    return rows
      .filter((row) =>
        row.attributes.some(
          ({ key, value }) =>
            key === 'breakwater.correlation_id' && 'stringValue' in value && value.stringValue === correlationId,
        ),
      )
      .reverse();
  };

  test('the callers were answered: paid at once, paid after retries, refused, paid', () => {
    assert.equal(ready, 200);
    const statuses = [...answers.values()].map(({ status }) => status);
    assert.deepEqual(statuses, [200, 200, 503, 200]);
    assert.deepEqual(answers.get('call-1')!.body, { id: '1' });
    assert.equal(answers.get('call-3')!.body['code'], 'PAYMENT_FAILED');
    assert.equal(answers.get('call-3')!.body['correlationId'], 'call-3');
  });

  test('the records of one call are found by its correlation id, in order, retries included', async () => {
    const rows = await logsOf('call-2');
    const names = rows.map((row) => (row.eventName === '' ? row.body : row.eventName));
    assert.deepEqual(names, [
      'http.request.started',
      'Operation failed, retrying',
      'Operation failed, retrying',
      'Operation succeeded after retry',
      'order.placed',
      'http.request.completed',
    ]);
    assert.equal(new Set(rows.map((row) => row.traceId)).size, 1);
  });

  test('the trace of the call has its server span and one client span per attempt', async () => {
    const [first] = await logsOf('call-2');
    const trace = await server.api<TraceDetail>(`/traces/${first!.traceId}`);
    const spans = trace.spans.filter((span) => span.service === 'orders');
    const request = spans.find((span) => span.kind === 'server')!;
    assert.equal(request.name, 'POST /orders');
    const attempts = spans.filter((span) => span.kind === 'client');
    assert.deepEqual(attempts.map((span) => [span.name, span.status, span.parentSpanId === request.spanId]).sort(), [
      ['POST', 'error', true],
      ['POST', 'error', true],
      ['POST', 'unset', true],
    ]);
    assert.ok(request.events.some((event) => event.name === 'breakwater.retry.succeeded'));
    assert.equal(trace.logs.length, 6);
  });

  test('the call that failed has its error, with code, and a span that says so', async () => {
    const rows = await logsOf('call-3');
    const failed = rows.find((row) => row.eventName === 'http.request.failed')!;
    const attributes = new Map(failed.attributes.map(({ key, value }) => [key, value]));
    assert.deepEqual(attributes.get('error.type'), { stringValue: 'PAYMENT_FAILED' });
    assert.deepEqual(attributes.get('exception.message'), { stringValue: 'Payments said 503' });
    const trace = await server.api<TraceDetail>(`/traces/${failed.traceId}`);
    const request = trace.spans.find((span) => span.kind === 'server')!;
    assert.equal(request.status, 'error');
  });

  test('metrics of process, requests, policies and the pool are there', async () => {
    const { metrics } = await server.api<MetricsAnswer>(`/metrics?${range()}`);
    const names = metrics.filter(({ services }) => services.includes('orders')).map(({ name }) => name);
    for (const name of [
      'process.memory.usage',
      'http.server.request.duration',
      'breakwater.policy.events',
      'db.client.connection.count',
    ])
      assert.ok(names.includes(name), `${name} is missing among ${names.join(', ')}`);
  });
});
