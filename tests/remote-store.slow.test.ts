/** The app on a ClickHouse it did not start: here the embedded engine of another process's making. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { LogsPage, StatusAnswer } from '../server/src/api/types.ts';
import { type Engine, startEngine } from '../server/src/engine/engine.ts';
import { startServerProcess, temporaryFolder } from './support/server-process.ts';

describe('a server with --clickhouse-url', { timeout: 120_000 }, () => {
  const engineFolder = temporaryFolder();
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ dataDir: engineFolder.path, log: () => undefined });
  });
  after(async () => {
    await engine.stop();
    engineFolder.remove();
  });
  const urlWith = (password: string, database = ''): string =>
    `http://${engine.username}:${password}@${new URL(engine.url).host}/${database}`;

  test('stores and answers as with its own engine, in the database of the URL, and finds it again', async () => {
    const folder = temporaryFolder();
    const args = ['--clickhouse-url', urlWith(engine.password, 'elsewhere')];
    try {
      const first = await startServerProcess(folder.path, args);
      const message = {
        resourceLogs: [
          { scopeLogs: [{ logRecords: [{ timeUnixNano: `${Date.now()}000000`, body: { stringValue: 'far away' } }] }] },
        ],
      };
      const sent = await fetch(`${first.otlpUrl}/v1/logs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(message),
      });
      assert.equal(sent.status, 200);
      const status = await first.api<StatusAnswer>('/status');
      assert.deepEqual([status.store.kind, status.store.state, status.store.rows > 0], ['remote', 'ready', true]);
      assert.equal(await first.stop(), 0);

      const second = await startServerProcess(folder.path, args);
      const found = await second.api<LogsPage>('/logs?query=%22far%20away%22');
      assert.equal(found.rows.length, 1);
      assert.doesNotMatch(first.output() + second.output(), new RegExp(engine.password));
      assert.equal(await second.stop(), 0);
    } finally {
      folder.remove();
    }
  });

  test('says in one line what is wrong with the address, without the password, and ends', async () => {
    const stranger = createServer((_request, response) => response.writeHead(404).end('<html>\n\nnot here</html>'));
    await new Promise<void>((done) => stranger.listen(0, '127.0.0.1', done));
    const closed = createServer();
    await new Promise<void>((done) => closed.listen(0, '127.0.0.1', done));
    const closedPort = (closed.address() as AddressInfo).port;
    await new Promise((done) => closed.close(done));
    const folder = temporaryFolder();
    try {
      for (const [url, reason] of [
        [urlWith('hunter2'), /password/],
        [`http://ana:hunter2@127.0.0.1:${closedPort}`, /ECONNREFUSED/],
        [`http://ana:hunter2@127.0.0.1:${(stranger.address() as AddressInfo).port}`, /not ClickHouse's HTTP interface/],
        ['http://ana:hunter2%zz@127.0.0.1', /a % in its user or password/],
      ] as const) {
        await assert.rejects(startServerProcess(folder.path, ['--clickhouse-url', url]), (error: Error) => {
          const lines = error.message.split('\n').filter((line) => line.startsWith('breakwater: '));
          assert.match(error.message, /before it was ready \(1\)/);
          assert.equal(lines.length, 1, error.message);
          assert.match(lines[0] as string, reason);
          assert.doesNotMatch(error.message, /hunter2|\n {4}at /);
          return true;
        });
      }
    } finally {
      stranger.close();
      folder.remove();
    }
  });

  test('on every address, the status names the wildcard, which the page replaces by the host it came from', async () => {
    const folder = temporaryFolder();
    try {
      const args = ['--host', '0.0.0.0', '--clickhouse-url', urlWith(engine.password, 'wildcard')];
      const server = await startServerProcess(folder.path, args);
      const [, password] = /Login {3}\S+\n\s+(\S+)/.exec(server.output()) ?? assert.fail(server.output());
      const local = `http://127.0.0.1:${new URL(server.pageUrl).port}/api/v1`;
      const login = await fetch(`${local}/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user: 'admin', password }),
      });
      assert.equal(login.status, 200);
      const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const status = (await (await fetch(`${local}/status`, { headers: { cookie } })).json()) as StatusAnswer;
      assert.equal(status.otlpEndpoint, `http://0.0.0.0:${new URL(server.otlpUrl).port}`);
      assert.equal(await server.stop(), 0);
    } finally {
      folder.remove();
    }
  });
});
