/**
 * Ingest, end to end: OTLP/HTTP protobuf log requests, encoded beforehand, from many connections to a server in a process
 * of its own with its embedded engine. A record counts when its request has been acknowledged, that is when it is
 * durable; the count asked from the API at the end must be the count sent.
 *
 * The records are like those of a mid-sized system: 30 services of 3 processes, 6 resource and 6 record attributes, a
 * body of about 127 bytes, 60 % with trace and span id. Two shapes of request: an SDK's (512 records of one process) and
 * a collector's (4,096 records of 8 processes). Every record is another one, so that the size on disk is an honest one.
 *
 *   npm run bench -- ingest [--records 400000]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startEngine } from '../server/src/engine/engine.ts';
import { toProtobuf } from '../server/src/ingest/testing/otlp-messages.ts';

interface Shape {
  readonly name: string;
  readonly processes: number;
  readonly recordsOfProcess: number;
  readonly connections: number;
}
const SHAPES: readonly Shape[] = [
  { name: 'sdk', processes: 1, recordsOfProcess: 512, connections: 32 },
  { name: 'collector', processes: 8, recordsOfProcess: 512, connections: 8 },
];
const { values } = parseArgs({ options: { records: { type: 'string', default: '400000' } } });
const RECORDS = Number(values.records);
const SERVICES = 30;
const PROCESSES = SERVICES * 3;

let seed = 1;
const random = (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const hex = (bytes: number): string => {
  let text = '';
  while (text.length < bytes * 2) {
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }
  return text;
};
const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
const int = (key: string, value: number): object => ({ key, value: { intValue: String(value) } });
const WORDS =
  'order payment gateway timeout retry customer request response upstream connection pool exhausted cart checkout shipping inventory reservation released invoice failed accepted completed cache miss latency database query slow lock acquired'.split(
    ' ',
  );
const ROUTES = ['/api/orders/{id}', '/api/cart', '/api/checkout', '/api/inventory/{sku}', '/health'];

const resources = Array.from({ length: PROCESSES }, (_, i) => {
  const service = `service-${i % SERVICES}`;
  return {
    attributes: [
      text('service.name', service),
      text('service.version', `1.4.${i % SERVICES}`),
      text('deployment.environment.name', 'production'),
      text('k8s.pod.name', `${service}-7d9f8b6c5-${hex(2)}`),
      text('host.name', `node-${i % 7}.eu-west-1.internal`),
      int('process.pid', 1_000 + i),
    ],
  };
});

let traceId = hex(16);
function newRecord(timeMs: number): object {
  let body = '';
  while (body.length < 100 + random() * 40) {
    body += `${pick(WORDS)} `;
  }
  const level = random();
  if (random() < 0.2) {
    traceId = hex(16);
  }
  const ids = random() < 0.6 ? { traceId, spanId: hex(8), flags: 1 } : {};
  const timeUnixNano = `${Math.floor(timeMs)}${String(Math.floor(random() * 1e6)).padStart(6, '0')}`;
  return {
    timeUnixNano,
    observedTimeUnixNano: timeUnixNano,
    severityNumber: level < 0.9 ? 9 : 13,
    severityText: level < 0.9 ? 'INFO' : 'WARN',
    body: { stringValue: `${body}id=${Math.floor(random() * 1e6)}` },
    attributes: [
      text('http.request.method', random() < 0.7 ? 'GET' : 'POST'),
      text('http.route', pick(ROUTES)),
      int('http.response.status_code', random() < 0.95 ? 200 : 503),
      text('user.id', `u-${Math.floor(random() * 50_000)}`),
      text('client.address', `10.${Math.floor(random() * 255)}.${Math.floor(random() * 255)}.7`),
      { key: 'duration_ms', value: { doubleValue: random() * 300 } },
    ],
    ...ids,
  };
}

/** Over the last ten minutes, oldest first. */
function newRequests(shape: Shape): Uint8Array[] {
  const size = shape.processes * shape.recordsOfProcess;
  const count = Math.ceil(RECORDS / size);
  const start = Date.now() - 600_000;
  return Array.from({ length: count }, (_, i) => {
    const timeMs = (k: number): number => start + ((i + k / shape.recordsOfProcess) / count) * 600_000;
    return toProtobuf('LogsRequest', {
      resourceLogs: Array.from({ length: shape.processes }, (_, p) => ({
        resource: resources[(i * shape.processes + p) % PROCESSES],
        scopeLogs: [
          {
            scope: { name: `@shop/${pick(['http', 'db', 'checkout'])}`, version: '1.0.0' },
            logRecords: Array.from({ length: shape.recordsOfProcess }, (_, k) => newRecord(timeMs(k))),
          },
        ],
      })),
    });
  });
}

/** Sends a request again while the answer is 503, as every OTLP client does. Returns how often. */
async function sendUntilAccepted(agent: Agent, url: string, body: Uint8Array): Promise<number> {
  for (let retries = 0; ; retries++) {
    const { status, retryAfterMs } = await send(agent, url, body);
    if (status === 200) {
      return retries;
    }
    if (status !== 503) {
      throw new Error(`the server answered ${status}`);
    }
    await new Promise((done) => setTimeout(done, retryAfterMs));
  }
}

function send(agent: Agent, url: string, body: Uint8Array): Promise<{ status: number; retryAfterMs: number }> {
  return new Promise((done, fail) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const outgoing = request(url, { agent, method: 'POST', headers }, (answer) => {
      answer.resume();
      answer.on('error', fail);
      answer.on('end', () => {
        done({ status: answer.statusCode ?? 0, retryAfterMs: Number(answer.headers['retry-after'] ?? 1) * 1_000 });
      });
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

/** Highest resident memory of a process so far. Linux only; 0 elsewhere. */
function peakMemoryMiB(pid: number): number {
  return process.platform === 'linux' ? statusLine(pid, 'VmHWM') / 1024 : 0;
}

function statusLine(pid: number, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}

/** User and system time of a process so far. Linux only; 0 elsewhere. */
function cpuMs(pid: number): number {
  if (process.platform !== 'linux') {
    return 0;
  }
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

interface Figures {
  readonly recordsPerSecond: number;
  readonly queryableAfterMs: number;
  readonly bytesPerRecord: number;
  readonly bytesBeforeMerge: number;
  readonly serverMiB: number;
  readonly engineMiB: number;
  readonly serverCpuMicros: number;
  readonly engineCpuMicros: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly retries: number;
}

async function measure(shape: Shape): Promise<Figures> {
  const requests = newRequests(shape);
  const records = requests.length * shape.processes * shape.recordsOfProcess;
  const dataDir = mkdtempSync(join(tmpdir(), 'breakwater-bench-ingest-'));
  try {
    const server = await startServer(dataDir);
    const enginePid = Number(JSON.parse(readFileSync(join(dataDir, 'telemetry', 'owner.json'), 'utf8')).pid);
    const agent = new Agent({ keepAlive: true, maxSockets: shape.connections });
    const url = `${server.otlpUrl}/v1/logs`;
    const latencies: number[] = [];
    let next = 0;
    let retries = 0;
    const connection = async (): Promise<void> => {
      for (let body = requests[next++]; body !== undefined; body = requests[next++]) {
        const sentAt = performance.now();
        retries += await sendUntilAccepted(agent, url, body);
        latencies.push(performance.now() - sentAt);
      }
    };
    const serverPid = server.process.pid as number;
    const cpuBefore = { server: cpuMs(serverPid), engine: cpuMs(enginePid) };
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: shape.connections }, connection));
    const tookMs = performance.now() - startedAt;
    const serverCpuMicros = ((cpuMs(serverPid) - cpuBefore.server) * 1_000) / records;
    const engineCpuMicros = ((cpuMs(enginePid) - cpuBefore.engine) * 1_000) / records;
    const status = async (): Promise<{ store: { rows: number; bytesOnDisk: number } }> =>
      (await fetch(`${server.pageUrl}/api/v1/status`)).json() as Promise<{
        store: { rows: number; bytesOnDisk: number };
      }>;
    let { store } = await status();
    while (store.rows < records && performance.now() - startedAt < tookMs + 10_000) {
      ({ store } = await status());
    }
    const queryableAfterMs = performance.now() - startedAt - tookMs;
    if (store.rows !== records) {
      throw new Error(`${records} records were acknowledged, ${store.rows} are there`);
    }
    const serverMiB = peakMemoryMiB(serverPid);
    const engineMiB = peakMemoryMiB(enginePid);
    agent.destroy();
    await stopServer(server.process);
    latencies.sort((a, b) => a - b);
    return {
      recordsPerSecond: (records / tookMs) * 1_000,
      queryableAfterMs,
      bytesBeforeMerge: store.bytesOnDisk / records,
      bytesPerRecord: (await mergedBytes(join(dataDir, 'telemetry'))) / records,
      serverMiB,
      engineMiB,
      serverCpuMicros,
      engineCpuMicros,
      medianMs: latencies[Math.floor(latencies.length / 2)] ?? 0,
      p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
      retries,
    };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function startServer(dataDir: string): Promise<{ process: ChildProcess; otlpUrl: string; pageUrl: string }> {
  const main = fileURLToPath(new URL('../server/src/main.ts', import.meta.url));
  const server = fork(main, ['--port', '0', '--otlp-port', '0', '--data', dataDir], {
    execArgv: ['--conditions=@breakwater/source'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((done, fail) => {
    server.once('exit', (code) => fail(new Error(`the server ended with ${code}`)));
    server.once('message', (message) => {
      const { otlpUrl, pageUrl } = message as { otlpUrl: string; pageUrl: string };
      done({ process: server, otlpUrl, pageUrl });
    });
  });
}

async function stopServer(server: ChildProcess): Promise<void> {
  const ended = new Promise((done) => server.once('exit', done));
  server.kill('SIGTERM');
  await ended;
}

/** Bytes of the logs table when everything is merged into one part a day. */
async function mergedBytes(telemetryDir: string): Promise<number> {
  const engine = await startEngine({ dataDir: telemetryDir, log: () => {} });
  try {
    const ask = async (body: string): Promise<string> => {
      const authorization = `Basic ${btoa(`${engine.username}:${engine.password}`)}`;
      const answer = await fetch(engine.url, { method: 'POST', body, headers: { authorization } });
      const result = await answer.text();
      if (!answer.ok) {
        throw new Error(result);
      }
      return result;
    };
    await ask('OPTIMIZE TABLE breakwater.logs FINAL');
    return Number(
      await ask(
        "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'breakwater' AND table = 'logs'",
      ),
    );
  } finally {
    await engine.stop();
  }
}

const round = (value: number, digits = 0): number => Number(value.toFixed(digits));
const results: object[] = [];
const table: object[] = [];
for (const shape of SHAPES) {
  const figures = await measure(shape);
  const size = shape.processes * shape.recordsOfProcess;
  table.push({
    requests: `${shape.name}: ${size} records, ${shape.connections} connections`,
    'records/s': round(figures.recordsPerSecond),
    'ack median ms': round(figures.medianMs),
    'ack p99 ms': round(figures.p99Ms),
    'queryable after ms': round(figures.queryableAfterMs),
    'B/record': round(figures.bytesPerRecord, 1),
    'B/record unmerged': round(figures.bytesBeforeMerge, 1),
    'server CPU us': round(figures.serverCpuMicros, 1),
    'engine CPU us': round(figures.engineCpuMicros, 1),
    'server MiB': round(figures.serverMiB),
    'engine MiB': round(figures.engineMiB),
    'retries (503)': figures.retries,
  });
  const result = (name: string, value: number, unit: string, goal: number, better: 'higher' | 'lower'): void => {
    const met = better === 'higher' ? value >= goal : value <= goal;
    results.push({ name: `${shape.name}: ${name}`, value, unit, goal, better, met });
  };
  result('accepted and queryable', round(figures.recordsPerSecond), 'records/s', 40_000, 'higher');
  result('CPU of the server', round(figures.serverCpuMicros, 1), 'us/record', 15, 'lower');
  result('CPU of the engine, merges included', round(figures.engineCpuMicros, 1), 'us/record', 25, 'lower');
  result('on disk after merges', round(figures.bytesPerRecord, 1), 'B/record', 100, 'lower');
  result('peak memory, server', round(figures.serverMiB), 'MiB', 700, 'lower');
  result('peak memory, engine', round(figures.engineMiB), 'MiB', 1_500, 'lower');
}
console.table(table);
console.log(JSON.stringify({ bench: 'ingest', results }));
