import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreQueryError } from './errors.ts';
import { clickhouseCodeOf, toInsertFailure } from './insert-failure.ts';
import { toStatements } from './migrate.ts';
import { checkReadOnly } from './read-query.ts';

describe('checkReadOnly', () => {
  it('lets one SELECT pass', () => {
    for (const sql of [
      'SELECT 1',
      "WITH 1 AS a SELECT a, 'FORMAT ; SETTINGS'",
      '(SELECT 1) UNION ALL (SELECT 2);',
      'EXPLAIN SELECT 1',
    ]) {
      checkReadOnly(sql);
    }
  });

  it('refuses everything else', () => {
    for (const sql of [
      '',
      'SELECT 1; SELECT 2',
      'DROP TABLE t',
      'INSERT INTO t SELECT 1',
      'SELECT 1 FORMAT CSV',
      'SELECT 1 SETTINGS max_threads = 1',
      "SELECT 1 INTO OUTFILE 'x'",
      'SHOW TABLES',
      'SET a = 1',
      '1 + 1',
    ]) {
      assert.throws(() => checkReadOnly(sql), StoreQueryError, sql);
    }
  });
});

describe('toInsertFailure', () => {
  const failure = (code: number, message = ''): string =>
    toInsertFailure(Object.assign(new Error(message), { code: String(code), type: 'T' }));

  it('tells trouble of the store from trouble with the rows', () => {
    assert.equal(toInsertFailure(Object.assign(new Error('hang up'), { code: 'ECONNRESET' })), 'retry');
    assert.equal(toInsertFailure(new Error('Timeout error.')), 'retry');
    assert.equal(failure(202), 'retry');
    assert.equal(failure(243), 'disk_full');
    assert.equal(failure(241), 'memory');
    assert.equal(failure(117), 'refused');
    assert.equal(failure(252, 'Too many partitions for single INSERT block'), 'refused');
    assert.equal(failure(252, 'Too many parts (3000). Merges are processing significantly slower'), 'retry');
    assert.equal(clickhouseCodeOf('text'), undefined);
  });
});

describe('toStatements', () => {
  it('splits at lines that hold only a semicolon', () => {
    assert.deepEqual(toStatements("-- a\nSELECT ';'\n;\nSELECT 2 -- ;\n;\n\n"), ["-- a\nSELECT ';'", 'SELECT 2 -- ;']);
  });
});
