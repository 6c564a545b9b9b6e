import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { problemOf } from './problem.ts';

function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('a full disk and a read-only state database are told, a mistake in the SQL is not', () => {
  const full = new DatabaseSync(':memory:');
  full.exec('PRAGMA max_page_count = 3; CREATE TABLE t (x)');
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-problem-'));
  const path = join(folder, 'state.sqlite');
  new DatabaseSync(path).close();
  const readOnly = new DatabaseSync(path, { readOnly: true });
  try {
    const fullProblem = problemOf(failureOf(() => full.exec('INSERT INTO t VALUES (randomblob(100000))')))?.problem;
    assert.equal(fullProblem?.status, 503);
    assert.equal(fullProblem?.code, 'STATE_UNAVAILABLE');
    assert.match(fullProblem?.detail ?? '', /disk of the data directory is full/);
    const readOnlyProblem = problemOf(failureOf(() => readOnly.exec('CREATE TABLE t (x)')))?.problem;
    assert.match(readOnlyProblem?.detail ?? '', /may not be written/);
    assert.equal(problemOf(failureOf(() => full.exec('SELECT nothing FROM nowhere'))), undefined);
  } finally {
    full.close();
    readOnly.close();
    rmSync(folder, { recursive: true });
  }
});
