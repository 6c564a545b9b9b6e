/** What chDB does wrong in process must not be visible through the engine. One test per trap. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { type Engine, startEngine } from './engine.ts';
import { READERS } from './ipc.ts';
import { waitFor } from './testing/wait-for.ts';

const ENDLESS = 'SELECT count() FROM numbers(1e12) WHERE NOT ignore(cityHash64(number))';

describe('the engine, seen by @clickhouse/client', { timeout: 180_000 }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'breakwater-traps-'));
  let engine: Engine;
  let client: ClickHouseClient;
  before(async () => {
    engine = await startEngine({ dataDir, log: () => {} });
    client = connect();
    await client.command({ query: 'CREATE DATABASE t ENGINE = Atomic' });
    await client.command({ query: 'CREATE TABLE t.rows (a UInt64, b String) ENGINE = MergeTree ORDER BY a' });
  });
  after(async () => {
    await client.close();
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  function connect(gzip = false): ClickHouseClient {
    const { url, username, password } = engine;
    const log = { level: ClickHouseLogLevel.OFF };
    return createClient({ url, username, password, log, max_open_connections: 30, compression: { request: gzip } });
  }

  async function rows<T>(query: string, query_params?: Record<string, unknown>): Promise<T[]> {
    const options = query_params === undefined ? {} : { query_params };
    const result = await client.query({ query, format: 'JSONEachRow', ...options });
    return result.json<T>();
  }

  async function codeOf(promise: Promise<unknown>): Promise<string> {
    try {
      await promise;
    } catch (error) {
      assert.ok(error instanceof ClickHouseError, String(error));
      return error.code;
    }
    return assert.fail('no error');
  }

  /** Every session answers with what was asked, and nothing more. What leaks may be too long to be compared in full. */
  async function assertClean(after: string): Promise<void> {
    const answers = Array.from({ length: READERS * 2 }, () => rows('SELECT 1 AS one'));
    for (const answer of await Promise.all(answers)) {
      assert.equal(JSON.stringify(answer).slice(0, 100), '[{"one":1}]', after);
    }
  }

  async function running(pattern = '%1e12%'): Promise<number> {
    const found = await rows<{ n: number }>(
      `SELECT toUInt32(count()) AS n FROM system.processes WHERE query LIKE '${pattern}'`,
    );
    return (found[0] as { n: number }).n - 1; // without this one
  }

  it('1: stores what follows a blank line in inserted data, and never executes it', async () => {
    const evil = 'x\n\nDROP TABLE t.rows\n;\n\nDROP TABLE t.rows\n';
    const cases: [format: string, data: string][] = [
      ['JSONEachRow', `{"a":1,"b":"x"}\n\n{"a":2,"b":${JSON.stringify(evil)}}\n\n`],
      ['CSV', `1,x\n2,"${evil}"\n`],
      ['TabSeparated', `1\tx\n2\t${evil.replaceAll('\n', '\\n')}\n`],
    ];
    for (const [format, data] of cases) {
      await client.command({ query: 'TRUNCATE TABLE t.rows' });
      const values = Readable.from([data], { objectMode: false });
      const { stream } = await client.exec({ query: `INSERT INTO t.rows FORMAT ${format}`, values });
      await stream.toArray();
      assert.deepEqual(await rows('SELECT b FROM t.rows ORDER BY a'), [{ b: 'x' }, { b: evil }], format);
    }
    await client.command({ query: 'TRUNCATE TABLE t.rows' });
    await client.command({ query: `INSERT INTO t.rows FORMAT JSONEachRow\n{"a":1,"b":"x"}\n\n{"a":2,"b":"y"}\n` });
    assert.equal(
      await codeOf(client.command({ query: 'INSERT INTO t.rows FORMAT TSV\n3\tz\n\nDROP TABLE t.rows\n' })),
      '27',
    );
    // The format Values ends at a semicolon; what follows it is dropped.
    await client.command({ query: "INSERT INTO t.rows VALUES (4, 'z'); DROP TABLE t.rows" });
    assert.deepEqual(await rows('SELECT b FROM t.rows ORDER BY a'), [{ b: 'x' }, { b: 'y' }, { b: 'z' }]);
  });

  it('2: stores binary data whole, whatever bytes it has', async () => {
    await client.command({ query: 'TRUNCATE TABLE t.rows' });
    const parts: Buffer[] = [];
    for (let a = 0; a < 20_000; a++) {
      const row = Buffer.alloc(8 + 1 + 6);
      row.writeBigUInt64LE(BigInt(a) * 0x0a0an);
      row.write('\x06a\n\n;\n\n', 8, 'latin1');
      parts.push(row);
    }
    const expected = [{ n: 20_000, good: 20_000 }];
    const count = "SELECT toUInt32(count()) AS n, toUInt32(countIf(b = 'a\\n\\n;\\n\\n')) AS good FROM t.rows";
    for (const query of [
      'INSERT INTO t.rows FORMAT RowBinary',
      "INSERT INTO t.rows (a, b) SELECT a, b FROM input('a UInt64, b String') FORMAT RowBinary",
    ]) {
      await client.command({ query: 'TRUNCATE TABLE t.rows' });
      const { stream } = await client.exec({
        query,
        values: Readable.from([Buffer.concat(parts)], { objectMode: false }),
      });
      await stream.toArray();
      assert.deepEqual(await rows(count), expected, query);
    }
  });

  it('stores a large batch once, however often it comes with the same token', async () => {
    await client.command({
      query: `CREATE TABLE t.once (a UInt64) ENGINE = MergeTree PARTITION BY a % 3 ORDER BY a
        SETTINGS non_replicated_deduplication_window = 100`,
    });
    const batch = Buffer.from(new BigUint64Array(150_000).map((_, a) => BigInt(a)).buffer);
    const query = "INSERT INTO t.once (a) SELECT a FROM input('a UInt64') FORMAT RowBinary";
    for (const token of ['x', 'x', 'y', 'x', 'y']) {
      const values = Readable.from([batch], { objectMode: false });
      const clickhouse_settings = { insert_deduplication_token: token };
      await (await client.exec({ query, values, clickhouse_settings })).stream.toArray();
    }
    const once = await rows('SELECT toUInt32(count()) AS n, toUInt32(uniqExact(a)) AS distinct FROM t.once');
    assert.deepEqual(once, [{ n: 300_000, distinct: 150_000 }]);
  });

  it('takes a gzip body', async () => {
    await client.command({ query: 'TRUNCATE TABLE t.rows' });
    const gzip = connect(true);
    const values = Array.from({ length: 5_000 }, (_, a) => ({ a, b: `row ${a}` }));
    await gzip.insert({ table: 't.rows', format: 'JSONEachRow', values });
    await gzip.close();
    assert.deepEqual(await rows('SELECT toUInt32(count()) AS n FROM t.rows'), [{ n: 5_000 }]);
  });

  it('3: does not give the rows of a failed query to the next one', async () => {
    // In the text, not as parameters of the request: undoing those with SET would clean the session by accident.
    const failing: [query: string, settings: string, code: string][] = [
      ['SELECT number, throwIf(number = 50000) FROM numbers(100000)', 'max_threads = 1', '395'],
      ['SELECT number FROM numbers(100000)', 'max_result_rows = 5000', '396'],
      ['SELECT number, sleepEachRow(0.0001) FROM numbers(100000)', 'max_execution_time = 0.3', '159'],
    ];
    for (const [select, settings, code] of failing) {
      const query = `${select} SETTINGS max_block_size = 1000, ${settings}`;
      const failures = Array.from({ length: READERS }, () =>
        codeOf(client.query({ query, format: 'JSONEachRow' }).then((result) => result.text())),
      );
      assert.deepEqual(await Promise.all(failures), Array(READERS).fill(code), query);
      await assertClean(query);
    }
  });

  it('3, 7: a query whose caller goes is stopped, and leaves nothing behind in its session', async () => {
    const abort = new AbortController();
    const queries = [
      ENDLESS,
      'SELECT number FROM numbers(1e12) WHERE number % 1000000 = 0 SETTINGS max_block_size = 1000',
    ];
    const aborted = queries.map((query) => assert.rejects(client.query({ query, abort_signal: abort.signal })));
    await waitFor('the queries to run', async () => (await running()) === queries.length);
    abort.abort();
    await Promise.all(aborted);
    await waitFor('the queries to be stopped', async () => (await running()) === 0, 5_000);
    await assertClean('after KILL QUERY');
  });

  it('4, 5: a slow query holds up neither another one nor an insert with its file', async () => {
    const abort = new AbortController();
    const slow = Array.from({ length: READERS - 1 }, () =>
      assert.rejects(client.query({ query: ENDLESS, abort_signal: abort.signal })),
    );
    await waitFor('the slow queries to run', async () => (await running()) === READERS - 1);
    const startedAt = performance.now();
    assert.deepEqual(await rows('SELECT 1 AS one'), [{ one: 1 }]);
    await client.insert({ table: 't.rows', format: 'JSONEachRow', values: [{ a: 1, b: 'x' }] });
    assert.ok((await client.ping()).success);
    const tookMs = performance.now() - startedAt;
    assert.equal(await running(), READERS - 1);
    abort.abort();
    await Promise.all(slow);
    assert.ok(tookMs < 2_000, `took ${tookMs} ms`);
  });

  it('6: parameters of queries that run at the same time stay apart, and do not wait for each other', async () => {
    const abort = new AbortController();
    const query_params = { limit: '1000000000000' };
    const query = 'SELECT count() FROM numbers({limit:UInt64}) WHERE NOT ignore(cityHash64(number))';
    const slow = assert.rejects(client.query({ query, query_params, abort_signal: abort.signal }));
    await waitFor('the slow query to run', async () => (await running('%cityHash64%')) === 1);
    const echoed = Array.from({ length: 60 }, (_, i) =>
      rows<{ v: string }>(`SELECT {value:String} AS v, sleep(0.01)`, { value: `value ${i}` }),
    );
    const values = (await Promise.all(echoed)).map((answer) => answer[0]?.v);
    assert.deepEqual(
      values,
      Array.from({ length: 60 }, (_, i) => `value ${i}`),
    );
    assert.equal(await running('%cityHash64%'), 1);
    abort.abort();
    await slow;
  });

  it('takes parameters as they are', async () => {
    const texts = [
      '',
      "it's",
      '\\',
      '\\N',
      'a\tb\nc\r',
      '\u0000\b\f',
      "'); DROP TABLE t.rows; --",
      '{x:String}',
      'ünï 💥',
      '`"$$',
    ];
    for (const text of texts) {
      const query = 'SELECT {text:String} AS text, {list:Array(String)} AS list, {none:Nullable(String)} AS none';
      assert.deepEqual(await rows(query, { text, list: [text, text], none: null }), [
        { text, list: [text, text], none: null },
      ]);
    }
    const numbers = { low: -9223372036854775808n, high: 18446744073709551615n, map: { k: "v'" } };
    assert.deepEqual(
      await rows(
        'SELECT toString({low:Int64}) AS low, toString({high:UInt64}) AS high, {map:Map(String, String)} AS map',
        numbers,
      ),
      [{ low: '-9223372036854775808', high: '18446744073709551615', map: { k: "v'" } }],
    );
    const long = 'x'.repeat(1_000_000);
    assert.deepEqual(await rows('SELECT toUInt32(length({long:String})) AS n', { long }), [{ n: 1_000_000 }]);
    // A parameter of an earlier query on the same session is not taken for a missing one.
    await Promise.all(Array.from({ length: READERS }, () => rows('SELECT {text:String} AS t', { text: 'x' })));
    assert.equal(await codeOf(rows('SELECT {text:String} AS t')), '456');
    assert.equal(await codeOf(rows('SELECT {n:UInt8} AS n', { n: 'x' })), '457');
  });

  it('8: settings of a query end with it', async () => {
    const query = "SELECT getSetting('max_block_size') AS size, getSetting('max_threads') AS threads";
    const usual = await rows(query);
    const with_settings = Array.from({ length: READERS * 2 }, async () => {
      const clickhouse_settings = { max_block_size: '1234', max_threads: 1 };
      return (await client.query({ query, format: 'JSONEachRow', clickhouse_settings })).json();
    });
    assert.deepEqual(await Promise.all(with_settings), Array(READERS * 2).fill([{ size: 1234, threads: 1 }]));
    const without = Array.from({ length: READERS * 2 }, () => rows(query));
    assert.deepEqual(await Promise.all(without), Array(READERS * 2).fill(usual));
    const unknown = client.query({ query, clickhouse_settings: { no_such_setting: 1 } as Record<string, number> });
    assert.equal(await codeOf(unknown), '115');
  });

  it('11: runs one statement, not two', async () => {
    assert.equal(await codeOf(client.command({ query: 'SELECT 1; DROP TABLE t.rows' })), '62');
    assert.equal(await codeOf(client.command({ query: 'TRUNCATE TABLE t.rows; DROP TABLE t.rows' })), '62');
    assert.equal(await codeOf(client.command({ query: '' })), '62');
    await client.command({ query: 'SELECT 1;' });
  });

  it('lets a read-only query neither write nor read files', async () => {
    const clickhouse_settings = { readonly: '1' };
    const refused = [
      "SELECT * FROM file('/etc/passwd', 'LineAsString', 'line String')",
      "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString', 'line String')",
      "SELECT * FROM file('/etc/passwd', 'LineAsString', 'line String') SETTINGS readonly = 0",
    ];
    for (const query of refused) {
      assert.equal(await codeOf(client.query({ query, clickhouse_settings, format: 'JSONEachRow' })), '164', query);
    }
    assert.equal(await codeOf(client.command({ query: 'TRUNCATE TABLE t.rows', clickhouse_settings })), '164');
    const allowed = await client.query({ query: 'SELECT 1 AS one', clickhouse_settings, format: 'JSONEachRow' });
    assert.deepEqual(await allowed.json(), [{ one: 1 }]);
    await client.command({ query: 'TRUNCATE TABLE t.rows' });
  });

  it('reports errors as a server does', async () => {
    const error = await client.query({ query: 'SELECT * FROM t.nothing' }).catch((caught: unknown) => caught);
    assert.ok(error instanceof ClickHouseError);
    assert.equal(error.code, '60');
    assert.equal(error.type, 'UNKNOWN_TABLE');
    const result = await client.query({ query: 'SELECT 1', query_id: 'my-id' });
    assert.equal(result.query_id, 'my-id');
    assert.equal(result.response_headers['x-clickhouse-query-id'], 'my-id');
    await result.text();
  });

  it('keeps to its memory limit', async () => {
    const query = 'SELECT length(groupArray(randomString(100000))) FROM numbers(1000000)';
    assert.equal(await codeOf(client.query({ query })), '241');
    assert.deepEqual(await rows('SELECT 1 AS one'), [{ one: 1 }]);
  });
});
