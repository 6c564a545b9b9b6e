import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayWrite, operationOf } from './statement.ts';

test('H34 reads are told from what may write, in doubt it may', () => {
  const reads = [
    'SELECT 1',
    '  select * from a where b = $1;  ',
    '-- UPDATE x\nSELECT 1',
    '/* DELETE */ SELECT \'INSERT INTO t\', "update" FROM t',
    "SELECT E'it\\'s; DELETE FROM t'",
    'SELECT $tag$ DELETE FROM t $tag$, $$;DROP TABLE t$$',
    'WITH a AS (SELECT 1) SELECT * FROM a',
    '(SELECT 1) UNION (SELECT 2)',
    'BEGIN ISOLATION LEVEL READ COMMITTED',
    'COMMIT',
    'ROLLBACK TO SAVEPOINT s',
    'SET LOCAL statement_timeout = 5',
    'EXPLAIN SELECT 1',
    'VALUES (1)',
    'TABLE t',
    'SHOW transaction_read_only',
    'COPY t TO STDOUT',
    'COPY (SELECT * FROM t) TO STDOUT',
    'DECLARE c CURSOR FOR SELECT 1',
    'SELECT updated_at, deleted FROM insertions',
  ];
  for (const text of reads) assert.equal(mayWrite(text), false, text);
  const writes = [
    'INSERT INTO t VALUES (1)',
    'update t set a = 1',
    'WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone',
    'SELECT 1; DROP TABLE t',
    'SELECT * INTO b FROM a',
    'SELECT * FROM t FOR UPDATE',
    'SELECT * FROM t FOR KEY SHARE',
    'SELECT * FROM t FOR NO KEY UPDATE',
    "SELECT nextval('s')",
    'EXPLAIN ANALYZE DELETE FROM t',
    'PREPARE p AS INSERT INTO t VALUES ($1)',
    'EXECUTE p',
    'CALL f()',
    'DO $$ BEGIN END $$',
    'COPY t FROM STDIN',
    "COPY t TO PROGRAM 'sh'",
    'CREATE TABLE t ()',
    'VACUUM',
    'NOTIFY c',
    '/* /* */ SELECT 1 */ CALL f()',
    '42',
  ];
  for (const text of writes) assert.equal(mayWrite(text), true, text);
  assert.equal(mayWrite(''), false);
});

test('H35 the name of a statement is a command of SQL, never what a caller wrote', () => {
  assert.equal(operationOf('  /* a */ -- b\n (select 1)'), 'SELECT');
  assert.equal(operationOf('sk_live_4242'), 'statement');
  assert.equal(operationOf('hunter DELETE'), 'statement');
  assert.equal(operationOf(''), 'statement');
});

test('H34 hostile text costs linear time', () => {
  const startedAt = performance.now();
  for (const text of ["'".repeat(100_001), '/*'.repeat(50_000), '$a$'.repeat(33_333), '-'.repeat(100_000)])
    mayWrite(text);
  assert.ok(performance.now() - startedAt < 500);
});
