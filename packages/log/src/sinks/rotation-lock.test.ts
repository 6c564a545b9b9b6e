import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { giveBackLock, takeLock, takeOver } from './rotation-lock.ts';

const MINUTE = 60_000;

test('R25 the lock of a process that was killed goes to one other, which then has it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-log-lock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const lock = join(folder, 'log.lock');
  assert.equal(takeLock(lock), true);
  assert.equal(takeLock(lock), false);
  assert.equal(takeLock(lock, Date.now() + MINUTE), true);
  assert.equal(takeLock(lock), false, 'taken over is taken');
  assert.deepEqual(readdirSync(folder), ['log.lock']);
  giveBackLock(lock);
  assert.equal(takeLock(lock), true);
  giveBackLock(lock);
  assert.deepEqual(readdirSync(folder), []);
});

test('R25 of several that find the same lock left behind, one takes it, however late the others come', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-log-lock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const lock = join(folder, 'log.lock');
  writeFileSync(lock, '');
  utimesSync(lock, 0, 0);
  const found = statSync(lock);
  assert.equal(takeOver(lock, found), true);
  assert.equal(takeOver(lock, found), false, 'while the first has it');
  giveBackLock(lock);
  assert.equal(takeOver(lock, found), false, 'when the first is done');
  assert.equal(takeLock(lock), true);
  assert.equal(takeOver(lock, found), false, 'while the next one has one of its own');
  assert.deepEqual(readdirSync(folder), ['log.lock']);
});
