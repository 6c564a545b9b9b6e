import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Engine, EngineLockedError, EngineStartError, type EngineState, startEngine } from './engine.ts';
import { isAlive, waitFor } from './testing/wait-for.ts';

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-engine-'));
  folders.push(folder);
  return folder;
};
after(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function post(engine: Engine, sql: string, search: Record<string, string> = {}): Promise<Response> {
  const headers = { authorization: `Basic ${btoa(`${engine.username}:${engine.password}`)}` };
  return fetch(`${engine.url}/?${new URLSearchParams(search)}`, { method: 'POST', headers, body: sql });
}

async function ask(engine: Engine, sql: string): Promise<string> {
  const response = await post(engine, sql);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text.trim();
}

describe('the life of an engine', { timeout: 120_000 }, () => {
  let engine: Engine;
  let dataDir: string;
  const lines: string[] = [];
  before(async () => {
    dataDir = newFolder();
    engine = await startEngine({ dataDir, log: (line) => lines.push(line) });
    await ask(engine, 'CREATE DATABASE kept ENGINE = Atomic');
    await ask(engine, 'CREATE TABLE kept.t (a UInt64) ENGINE = MergeTree ORDER BY a');
    await ask(engine, 'INSERT INTO kept.t VALUES (1), (2), (3)');
  });
  after(() => engine.stop());

  it('runs outside of this process, with a thread for every session and some for files', () => {
    assert.notEqual(engine.pid, process.pid);
    if (process.platform === 'linux') {
      const environment = readFileSync(`/proc/${engine.pid}/environ`, 'utf8').split('\0');
      const threads = Number(environment.find((line) => line.startsWith('UV_THREADPOOL_SIZE='))?.split('=')[1]);
      assert.ok(threads >= 12, `UV_THREADPOOL_SIZE is ${threads}`);
    }
  });

  it('keeps its secret out of the environment and the command line', () => {
    if (process.platform === 'linux') {
      for (const file of ['environ', 'cmdline']) {
        assert.ok(!readFileSync(`/proc/${engine.pid}/${file}`, 'utf8').includes(engine.password), file);
      }
    }
  });

  it('refuses a second opener, and names the process that has the directory', async () => {
    const lines: string[] = [];
    await assert.rejects(startEngine({ dataDir, log: (line) => lines.push(line) }), (error: unknown) => {
      assert.ok(error instanceof EngineLockedError);
      assert.deepEqual(lines, []);
      assert.equal(error.code, 'ENGINE_LOCKED');
      assert.equal(error.holderPid, process.pid);
      assert.match(error.message, new RegExp(`process ${process.pid}`));
      return true;
    });
    assert.equal(await ask(engine, 'SELECT count() FROM kept.t'), '3');
  });

  it('says why a directory cannot be used', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    await assert.rejects(startEngine({ dataDir: join(file, 'data'), log: () => {} }), (error: unknown) => {
      assert.ok(error instanceof EngineStartError);
      assert.equal(error.code, 'ENGINE_START_FAILED');
      assert.match(error.message, /not writable \(ENOTDIR\)/);
      return true;
    });
    await assert.rejects(startEngine({ dataDir: newFolder(), maxMemoryBytes: 1, log: () => {} }), /maxMemoryBytes/);
  });

  it('does not answer without its secret', async () => {
    const response = await fetch(`${engine.url}/?query=SELECT+1`);
    assert.equal(response.status, 403);
    assert.equal(response.headers.get('x-clickhouse-exception-code'), '516');
    assert.equal((await fetch(`${engine.url}/ping`)).status, 200);
  });

  it('does not end at the signals that reach the whole process group', async () => {
    const { pid } = engine;
    assert.ok(pid !== undefined);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.kill(pid, signal);
    }
    assert.equal(await ask(engine, 'SELECT count() FROM kept.t'), '3');
    assert.equal(engine.pid, pid);
  });

  it('comes back behind the same address after a crash, and callers that connect meanwhile only wait', async () => {
    const states: EngineState[] = [];
    const end = engine.onState((state) => states.push(state));
    const { url, pid } = engine;
    assert.ok(pid !== undefined);
    process.kill(pid, 'SIGKILL');
    await waitFor('the crash to be seen', () => engine.state === 'restarting');
    assert.equal(await ask(engine, 'SELECT count() FROM kept.t'), '3');
    assert.equal(engine.url, url);
    assert.notEqual(engine.pid, pid);
    assert.deepEqual(states, ['restarting', 'ready']);
    assert.ok(lines.some((line) => /ended unexpectedly \(SIGKILL\)/.test(line)));
    end();
  });

  it('comes back from crash after crash', async () => {
    for (let crash = 0; crash < 3; crash++) {
      process.kill(engine.pid as number, 'SIGKILL');
      await waitFor('the crash to be seen', () => engine.state === 'restarting');
      await waitFor('the restart', () => engine.state === 'ready');
    }
    assert.equal(await ask(engine, 'SELECT count() FROM kept.t'), '3');
  });

  it('stops while a query runs, leaves no process, and may be stopped again', async () => {
    const { pid } = engine;
    assert.ok(pid !== undefined);
    const running = post(engine, 'SELECT count() FROM numbers(1e12) WHERE NOT ignore(cityHash64(number))');
    const ended = assert.rejects(running.then((response) => assert.equal(response.status, 200)));
    await waitFor('the query to run', async () => (await ask(engine, 'SELECT count() FROM system.processes')) === '2');
    await engine.stop();
    await ended;
    assert.ok(!isAlive(pid));
    await engine.stop();
    await assert.rejects(fetch(`${engine.url}/ping`));
  });

  it('finds its data at the next start', async () => {
    const next = await startEngine({ dataDir, log: () => {} });
    try {
      assert.equal(await ask(next, 'SELECT sum(a) FROM kept.t'), '6');
    } finally {
      await next.stop();
    }
  });
});

describe('an insert with a token', { timeout: 60_000 }, () => {
  it('can be repeated when the engine was killed after it noted the block and before it committed the part', async () => {
    const dataDir = newFolder();
    let engine = await startEngine({ dataDir, log: () => {} });
    const insert = (token: string, values: string): Promise<Response> =>
      post(engine, `INSERT INTO d.t VALUES ${values}`, { insert_deduplication_token: token });
    try {
      await ask(engine, 'CREATE DATABASE d ENGINE = Atomic');
      await ask(
        engine,
        'CREATE TABLE d.t (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100',
      );
      for (const token of ['one', 'two', 'two']) {
        assert.equal((await insert(token, '(1), (2)')).status, 200);
      }
      const folder = await ask(engine, "SELECT data_paths[1] FROM system.tables WHERE database = 'd' AND name = 't'");
      const lastPart = await ask(
        engine,
        "SELECT name FROM system.parts WHERE database = 'd' ORDER BY min_block_number DESC LIMIT 1",
      );
      await engine.stop();
      // What a kill between the two leaves behind.
      rmSync(join(folder, lastPart), { recursive: true });
      engine = await startEngine({ dataDir, log: () => {} });
      assert.equal(await ask(engine, 'SELECT count() FROM d.t'), '2');
      for (const token of ['one', 'two', 'two']) {
        assert.equal((await insert(token, '(1), (2)')).status, 200);
      }
      assert.equal(await ask(engine, 'SELECT count() FROM d.t'), '4');
    } finally {
      await engine.stop();
    }
  });
});

describe('an engine whose parent dies', { timeout: 60_000 }, () => {
  it('ends by itself, so that the directory is free again', async () => {
    const dataDir = newFolder();
    const script = fileURLToPath(new URL('./testing/engine-parent.ts', import.meta.url));
    const parent: ChildProcess = fork(script, [dataDir], { execArgv: ['--conditions=@breakwater/source'] });
    const { pid } = await new Promise<{ pid: number }>((done) =>
      parent.once('message', (message) => done(message as { pid: number })),
    );
    assert.ok(isAlive(pid));
    parent.kill('SIGKILL');
    await waitFor('the engine to end', () => !isAlive(pid));
    const next = await startEngine({ dataDir, log: () => {} });
    await next.stop();
  });
});
