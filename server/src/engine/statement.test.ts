import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseStatement, StatementError } from './statement.ts';

function insertParts(sql: string): { head: string; format: string; data: string } {
  const statement = parseStatement(sql);
  assert.equal(statement.kind, 'insert');
  assert.ok(statement.kind === 'insert');
  return { head: sql.slice(0, statement.headEnd), format: statement.format, data: sql.slice(statement.dataAt) };
}

describe('parseStatement', () => {
  it('tells reading statements from others', () => {
    for (const sql of [
      'SELECT 1',
      ' -- c\nselect 1',
      'WITH 1 AS a SELECT a',
      '(SELECT 1)',
      '/* x */ SHOW TABLES',
      'EXPLAIN SELECT 1',
    ]) {
      assert.equal(parseStatement(sql).kind, 'select', sql);
    }
    for (const sql of ['CREATE TABLE t (a Int8)', 'INSERT INTO t SELECT 1', 'DROP TABLE t', 'SET a = 1']) {
      assert.equal(parseStatement(sql).kind, 'command', sql);
    }
  });

  it('refuses a second statement, but not a semicolon in a string, a name or a comment', () => {
    for (const sql of ['SELECT 1; SELECT 2', "SELECT ';';DROP TABLE t", 'SELECT 1;;x', 'SELECT 1 -- \n;DROP TABLE t']) {
      assert.throws(() => parseStatement(sql), StatementError, sql);
    }
    for (const sql of [
      'SELECT 1;',
      'SELECT 1 ; -- end',
      "SELECT '; DROP TABLE t'",
      'SELECT `a;b`',
      'SELECT "a;""b"',
      'SELECT /* ; */ 1',
      'SELECT $x$;$x$',
      "SELECT 'it''s; \\'; '",
    ]) {
      assert.equal(parseStatement(sql).kind, 'select', sql);
    }
  });

  it('ends where the statement ends', () => {
    const statement = parseStatement('SELECT 1 ; -- end');
    assert.ok(statement.kind === 'select');
    assert.equal(statement.end, 'SELECT 1'.length);
  });

  it('refuses empty texts, unterminated quotations and writing to files', () => {
    for (const sql of ['', '  -- nothing', "SELECT 'a", 'SELECT `a', 'SELECT /* a', "SELECT 1 INTO OUTFILE '/tmp/x'"]) {
      assert.throws(() => parseStatement(sql), StatementError, sql);
    }
  });

  it('finds the names of parameters, not those in strings', () => {
    const { params } = parseStatement("SELECT {a:String}, '{b:String}', { c : Array(UInt8)} -- {d:String}");
    assert.deepEqual([...params], ['a', 'c']);
  });

  it('finds where the data of an INSERT begins', () => {
    assert.deepEqual(insertParts('INSERT INTO t (a, format) FORMAT JSONEachRow\n{"a":1}\n\nDROP TABLE t'), {
      head: 'INSERT INTO t (a, format) ',
      format: 'JSONEachRow',
      data: '{"a":1}\n\nDROP TABLE t',
    });
    assert.deepEqual(insertParts("INSERT INTO t VALUES ('a;b'); DROP"), {
      head: 'INSERT INTO t ',
      format: 'Values',
      data: " ('a;b'); DROP",
    });
    assert.equal(insertParts('INSERT INTO t FORMAT TSV\n\n\n').data, '\n\n');
  });

  it('finds SETTINGS and input() of an INSERT', () => {
    const sql = "INSERT INTO t SETTINGS a = 1 SELECT b FROM input('b DateTime64(9, \\'UTC\\')') FORMAT RowBinary";
    const statement = parseStatement(sql);
    assert.ok(statement.kind === 'insert');
    assert.equal(sql.slice(statement.sourceAt, statement.sourceAt + 8), 'SETTINGS');
    assert.equal(statement.input?.structure, "'b DateTime64(9, \\'UTC\\')'");
  });

  it('takes arbitrary bytes behind the head of an INSERT, and never more than its head as SQL', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const data = Buffer.from(bytes).toString('latin1');
        const first = data[0];
        fc.pre(first === undefined || /[A-Za-z0-9"{(]/.test(first));
        assert.equal(insertParts(`INSERT INTO t FORMAT RowBinary\n${data}`).data, data);
      }),
      { numRuns: 200 },
    );
  });

  it('takes any text in a string as a string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const literal = `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
        const sql = `SELECT ${literal} AS a`;
        const statement = parseStatement(sql);
        assert.ok(statement.kind === 'select');
        assert.equal(statement.end, sql.length);
        assert.equal(statement.params.size, 0);
      }),
      { numRuns: 50 },
    );
  });
});
