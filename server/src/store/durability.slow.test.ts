/** What was acknowledged is there, once, whatever is killed and whenever. */
import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isAlive, waitFor } from '../engine/testing/wait-for.ts';
import { openStore, type Store } from './store.ts';
import { openTestStore } from './testing/open-test-store.ts';
import { newLog, newSpan } from './testing/records.ts';

async function countOf(store: Store, sql: string): Promise<number> {
  const { rows } = await store.query<{ n: string }>(sql);
  return Number(rows[0]?.n);
}

describe('a store whose engine is killed', { timeout: 120_000 }, () => {
  it('loses nothing and doubles nothing, also in the table of traces, and its callers see only a delay', async () => {
    const test = await openTestStore({ flushRows: 300 });
    try {
      let inserted = 0;
      let writing = true;
      const worker = async (): Promise<void> => {
        while (writing) {
          const size = 100 + (inserted % 50);
          const logs = Array.from({ length: size }, () => newLog());
          const spans = Array.from({ length: size }, () => newSpan());
          await Promise.all([test.store.insertLogs(logs), test.store.insertSpans(spans)]);
          inserted += size;
        }
      };
      const workers = Promise.all([worker(), worker(), worker(), worker()]);
      for (let kills = 0; kills < 8; kills++) {
        const before = inserted;
        await waitFor('some inserts', () => inserted > before + 500);
        // At a different point of an insert every time.
        await new Promise((done) => setTimeout(done, (kills * 7) % 40));
        const { pid } = test.engine;
        assert.ok(pid !== undefined);
        process.kill(pid, 'SIGKILL');
        await waitFor('the restart', () => test.engine.pid !== undefined && test.engine.pid !== pid);
      }
      writing = false;
      await workers;
      for (const table of ['logs', 'spans']) {
        assert.equal(await countOf(test.store, `SELECT count() AS n FROM ${table}`), inserted, table);
        assert.equal(await countOf(test.store, `SELECT uniqExact(id) AS n FROM ${table}`), inserted, table);
      }
      assert.equal(await countOf(test.store, 'SELECT sum(spans) AS n FROM traces'), inserted);
      assert.equal(test.store.state(), 'ready');
    } finally {
      await test.remove();
    }
  });

  it('answers queries that were under way', async () => {
    const test = await openTestStore();
    try {
      const queries = Array.from({ length: 2 }, () =>
        test.store.query('SELECT count() AS n, sum(sleepEachRow(0.7)) FROM numbers(2)'),
      );
      await waitFor('the queries to run', async () => {
        return (
          (await countOf(test.store, "SELECT count() AS n FROM system.processes WHERE query LIKE '%sleepEachRow%'")) > 1
        );
      });
      process.kill(test.engine.pid as number, 'SIGKILL');
      for (const { rows } of await Promise.all(queries)) {
        assert.equal(rows.length, 1);
      }
    } finally {
      await test.remove();
    }
  });
});

describe('a server that is killed as a whole', { timeout: 120_000 }, () => {
  it('has everything it acknowledged at the next start', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'breakwater-killed-'));
    const script = fileURLToPath(new URL('./testing/store-parent.ts', import.meta.url));
    const acknowledged: bigint[] = [];
    try {
      for (let kills = 0; kills < 3; kills++) {
        const parent = fork(script, [dataDir], { execArgv: ['--conditions=@breakwater/source'] });
        let enginePid = 0;
        let batches = 0;
        parent.on('message', (message: { enginePid?: number; acknowledged?: string[] }) => {
          enginePid = message.enginePid ?? enginePid;
          acknowledged.push(...(message.acknowledged ?? []).map(BigInt));
          batches += message.acknowledged === undefined ? 0 : 1;
        });
        await waitFor('some batches', () => batches >= 10);
        const gone = new Promise((done) => parent.once('close', done));
        parent.kill('SIGKILL');
        await gone;
        await waitFor('the engine to end', () => !isAlive(enginePid));
      }
      const test = await openTestStore({}, dataDir);
      try {
        const { rows } = await test.store.query<{ n: string; distinct: string }>(
          `SELECT count() AS n, uniqExact(id) AS distinct FROM (SELECT id FROM logs UNION ALL SELECT id FROM spans)
           WHERE id IN (SELECT arrayJoin({ids:Array(UInt64)}))`,
          { ids: acknowledged.slice(0, 20_000) },
        );
        const expected = String(Math.min(acknowledged.length, 20_000));
        assert.deepEqual(rows, [{ n: expected, distinct: expected }]);
        const all = 'SELECT sum(n) AS n FROM (SELECT count() AS n FROM logs UNION ALL SELECT count() AS n FROM spans)';
        assert.ok((await countOf(test.store, all)) >= acknowledged.length);
        const [inTraces, inSpans] = await Promise.all([
          countOf(test.store, 'SELECT sum(spans) AS n FROM traces'),
          countOf(test.store, 'SELECT count() AS n FROM spans'),
        ]);
        // Unacknowledged batches may have reached one table and not the other.
        assert.ok(Math.abs(inTraces - inSpans) <= 3 * 600, `${inTraces} of ${inSpans} spans are in traces`);
      } finally {
        await test.remove();
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

describe('a store with a full disk', { timeout: 120_000 }, () => {
  const unable = mountProblem();
  it('says so, and works again when there is room', { skip: unable }, async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'breakwater-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'breakwater-test', dataDir]);
    try {
      const test = await openTestStore({ flushRows: 100 }, dataDir);
      const some = (): ReturnType<typeof newLog>[] => Array.from({ length: 100 }, () => newLog());
      await test.store.insertLogs(some());
      const filler = join(dataDir, 'filler');
      const { bavail, bsize } = statfsSync(dataDir);
      writeFileSync(filler, Buffer.alloc(bavail * bsize - 64 * 1024, 1));
      const refused = assert.rejects(test.store.insertLogs(some()), (error: Error & { retryAfterSeconds?: number }) => {
        assert.equal((error as { code?: string }).code, 'STORE_DISK_FULL', error.message);
        assert.ok((error.retryAfterSeconds ?? 0) > 0);
        return true;
      });
      await refused;
      assert.equal(test.store.state(), 'unavailable');
      assert.equal(test.store.hasRoom(), false);
      assert.equal(await countOf(test.store, 'SELECT count() AS n FROM logs'), 100);
      rmSync(filler);
      await waitFor('the store to take records again', () => test.store.hasRoom());
      await test.store.insertLogs(some());
      assert.equal(await countOf(test.store, 'SELECT count() AS n FROM logs'), 200);
      assert.equal(test.store.state(), 'ready');
      await test.remove();
    } finally {
      execFileSync('umount', ['-l', dataDir]);
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

/** Why no small file system can be mounted here, or false. */
function mountProblem(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'needs root on Linux to mount a small file system';
  }
  const probe = mkdtempSync(join(tmpdir(), 'breakwater-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'breakwater-test', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe], { stdio: 'ignore' });
    return false;
  } catch {
    return 'root may not mount file systems here';
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

describe('a store that is opened', { timeout: 60_000 }, () => {
  it('refuses wrong options by name, and says when nobody answers', async () => {
    const options = { url: 'http://127.0.0.1:1', username: '', password: '', log: () => {} };
    await assert.rejects(openStore({ ...options, flushRows: 0 }), /flushRows must be a positive integer, got 0/);
    await assert.rejects(openStore({ ...options, database: 'a-b' }), /database must be an identifier/);
    await assert.rejects(openStore(options), { code: 'STORE_UNAVAILABLE', message: /127\.0\.0\.1:1 cannot be opened/ });
  });

  it('does not start on tables of a newer version, or of another migration with the same number', async () => {
    const test = await openTestStore();
    const { url, username, password } = test.engine;
    const again = (): Promise<Store> => openStore({ url, username, password, log: () => {} });
    try {
      await (await again()).close();
      const post = (sql: string): Promise<Response> =>
        fetch(`${url}/`, {
          method: 'POST',
          body: sql,
          headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
        });
      await post("INSERT INTO breakwater.migrations VALUES (99, '0099_future.sql', 'x', now())");
      await assert.rejects(again(), { code: 'STORE_MIGRATION_FAILED', message: /has migration 99/ });
      await post('DELETE FROM breakwater.migrations WHERE version = 99');
      await post(
        "ALTER TABLE breakwater.migrations UPDATE checksum = 'x' WHERE version = 1 SETTINGS mutations_sync = 1",
      );
      await assert.rejects(again(), { code: 'STORE_MIGRATION_FAILED', message: /was changed after it was applied/ });
    } finally {
      await test.remove();
    }
  });

  it('splits what spans too many days for one insert', async () => {
    const test = await openTestStore();
    try {
      const day = 24n * 60n * 60n * 1_000_000_000n;
      const start = BigInt(Date.now()) * 1_000_000n;
      const logs = Array.from({ length: 130 }, (_, i) => newLog({ timeUnixNano: start + BigInt(i) * day }));
      await test.store.insertLogs(logs);
      assert.equal(await countOf(test.store, 'SELECT count() AS n FROM logs'), 130);
    } finally {
      await test.remove();
    }
  });
});
