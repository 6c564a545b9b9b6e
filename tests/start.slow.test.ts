import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { IncidentsAnswer, LogsPage, StatusAnswer, TracesPage } from '../server/src/api/types.ts';
import { temporaryFolder, waitFor } from './support/server-process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Started {
  readonly child: ChildProcess;
  output(): string;
  readonly exit: Promise<number | null>;
}

function npmStart(args: readonly string[], env: Record<string, string> = {}): Started {
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  return { child, output: () => output, exit: new Promise((resolve) => child.once('exit', resolve)) };
}

function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  return Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    }),
  ).finally(() => {
    for (const server of servers) server.close();
  });
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url);
  assert.equal(response.status, 200, `${url}: ${await response.clone().text()}`);
  return (await response.json()) as T;
}

/** Processes whose command line holds the text: what a clean end must leave none of. */
async function processesWith(text: string): Promise<string[]> {
  const { execFileSync } = await import('node:child_process');
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text) && !line.includes('ps -eo'));
}

describe('npm start', { timeout: 280_000 }, () => {
  const folder = temporaryFolder();
  after(() => folder.remove());

  test('serves the page, and within two minutes shows a fault, its incident and its resolution; Ctrl-C ends all of it', async () => {
    const [port, otlpPort, shopPort, controlPort] = await freePorts(4);
    const args = ['--port', String(port), '--otlp-port', String(otlpPort), '--data', folder.path];
    const env = { SHOP_PORT: String(shopPort), SHOP_CONTROL_PORT: String(controlPort) };
    const started = npmStart(args, env);
    const api = `http://127.0.0.1:${port}/api/v1`;
    try {
      await waitFor(
        'the shop',
        async () => (started.output().includes('Ctrl-C ends everything') ? true : undefined),
        60_000,
      );
      const readyAt = performance.now();
      assert.match(started.output(), new RegExp(`OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:${otlpPort}`));
      const page = await fetch(`http://127.0.0.1:${port}/`);
      assert.match(await page.text(), /<title>Breakwater/);
      assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'/);

      const incident = await waitFor(
        'the resolved incident',
        async () =>
          (await get<IncidentsAnswer>(`${api}/incidents`)).incidents.find((entry) => entry.status === 'resolved'),
        150_000,
      );
      const seconds = (performance.now() - readyAt) / 1_000;
      assert.ok(seconds < 125, `resolved ${seconds.toFixed(0)} s after the start`);
      assert.ok(incident.services.includes('payments'));
      const range = `from=${Date.now() - 600_000}&to=${Date.now() + 60_000}`;
      const { traces } = await get<TracesPage>(`${api}/traces?${range}&limit=20`);
      assert.ok(
        traces.some((trace) => trace.services.length === 3),
        'a trace goes through three services',
      );
    } finally {
      started.child.kill('SIGINT');
    }
    assert.equal(await started.exit, 0, started.output());
    assert.deepEqual(await processesWith(folder.path), []);

    const startAgain = async (): Promise<{ again: Started; tookMs: number }> => {
      const before = performance.now();
      const again = npmStart([...args, '--no-shop'], env);
      await waitFor(
        'another start',
        async () => (again.output().includes('Ctrl-C ends everything') ? true : undefined),
        30_000,
      );
      return { again, tookMs: performance.now() - before };
    };
    const end = async (again: Started): Promise<void> => {
      again.child.kill('SIGTERM');
      assert.equal(await again.exit, 0, again.output());
    };
    const second = await startAgain();
    const range = `from=${Date.now() - 600_000}&to=${Date.now() + 60_000}`;
    const logs = await get<LogsPage>(`${api}/logs?query=service:payments&${range}`);
    const { incidents } = await get<IncidentsAnswer>(`${api}/incidents`);
    const { demo } = await get<StatusAnswer>(`${api}/status`);
    await end(second.again);
    assert.ok(logs.rows.length > 0, 'the logs of the first run are there');
    assert.equal(incidents.length, 1);
    assert.equal(demo.available, false);
    // Another test shares the machine: the faster of two starts is the one to judge.
    const third = second.tookMs < 5_000 ? second : await startAgain();
    if (third !== second) await end(third.again);
    assert.ok(
      third.tookMs < 5_000,
      `the second start took ${second.tookMs.toFixed(0)} ms, the third ${third.tookMs.toFixed(0)} ms`,
    );
  });

  test('a taken port, a held or unwritable data directory and a wrong option end with one clear line', async () => {
    const blocker: Server = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const taken = (blocker.address() as AddressInfo).port;
    const other = temporaryFolder();
    const holder = npmStart(['--no-shop', '--port', '0', '--otlp-port', '0', '--data', other.path]);
    try {
      await waitFor(
        'the holder',
        async () => (holder.output().includes('Ctrl-C ends everything') ? true : undefined),
        30_000,
      );
      const expectations: [string[], RegExp][] = [
        [
          ['--port', String(taken), '--otlp-port', '0', '--data', folder.path],
          new RegExp(`^breakwater: .*[Pp]ort ${taken} .*--port`, 'm'),
        ],
        [['--port', '0', '--otlp-port', '0', '--data', other.path], /^breakwater: .*(another process|process \d+)/m],
        [['--port', '0', '--otlp-port', '0', '--data', '/proc/nowhere'], /^breakwater: .*\/proc\/nowhere/m],
        [['--prot', '1'], /^breakwater: .*--prot/m],
      ];
      for (const [args, expected] of expectations) {
        const failing = npmStart(['--no-shop', ...args]);
        assert.notEqual(await failing.exit, 0, args.join(' '));
        assert.match(failing.output(), expected);
        assert.doesNotMatch(failing.output(), /^\s+at /m, 'no stack trace');
      }
    } finally {
      blocker.close();
      holder.child.kill('SIGTERM');
      await holder.exit;
      other.remove();
    }
  });

  test('a server that is killed is named, and nothing is left running', async () => {
    const killed = temporaryFolder();
    const started = npmStart(['--no-shop', '--port', '0', '--otlp-port', '0', '--data', killed.path]);
    try {
      await waitFor(
        'the server',
        async () => (started.output().includes('Ctrl-C ends everything') ? true : undefined),
        30_000,
      );
      const [line] = (await processesWith(killed.path)).filter((entry) => entry.includes('server/src/main.ts'));
      process.kill(Number(line?.trim().split(' ')[0]), 'SIGKILL');
      assert.notEqual(await started.exit, 0);
      assert.match(started.output(), /The server was ended by SIGKILL/);
      await waitFor('the engine to end', async () =>
        (await processesWith(killed.path)).length === 0 ? true : undefined,
      );
    } finally {
      killed.remove();
    }
  });

  test('bound to other addresses it demands a login and an ingest key, shown once', async () => {
    const guarded = temporaryFolder();
    const [port, otlpPort] = await freePorts(2);
    const args = [
      '--no-shop',
      '--host',
      '0.0.0.0',
      '--port',
      String(port),
      '--otlp-port',
      String(otlpPort),
      '--data',
      guarded.path,
    ];
    const first = npmStart(args);
    try {
      await waitFor(
        'the guarded server',
        async () => (first.output().includes('Ctrl-C ends everything') ? true : undefined),
        30_000,
      );
      const key = /Key +(\S+)/.exec(first.output())?.[1];
      const password = /Login +admin\n +(\S+)/.exec(first.output())?.[1];
      assert.ok(key && password, first.output());
      const send = (headers: Record<string, string>): Promise<Response> =>
        fetch(`http://127.0.0.1:${otlpPort}/v1/logs`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: '{}',
        });
      assert.equal((await send({})).status, 401);
      assert.equal((await send({ authorization: 'Bearer wrong' })).status, 401);
      assert.equal((await send({ authorization: `Bearer ${key}` })).status, 200);
      const api = `http://127.0.0.1:${port}/api/v1`;
      assert.equal((await fetch(`${api}/incidents`)).status, 401);
      const login = await fetch(`${api}/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user: 'admin', password }),
      });
      assert.ok(login.ok, await login.clone().text());
      const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
      assert.equal((await fetch(`${api}/incidents`, { headers: { cookie } })).status, 200);
    } finally {
      first.child.kill('SIGTERM');
      await first.exit;
    }
    const second = npmStart(args);
    try {
      await waitFor(
        'the second start',
        async () => (second.output().includes('Ctrl-C ends everything') ? true : undefined),
        30_000,
      );
      assert.doesNotMatch(second.output(), /Login|Key/);
    } finally {
      second.child.kill('SIGTERM');
      await second.exit;
      guarded.remove();
    }
  });
});
