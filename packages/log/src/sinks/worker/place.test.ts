import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { step } from './place.ts';
import { CELL, CONTROL_BYTES, FREE, isDead, linesBetween, put, unlockDead, viewsOf, WORKER } from './shared.ts';

const views = () => viewsOf({ control: new SharedArrayBuffer(CONTROL_BYTES), ring: new SharedArrayBuffer(4096) });

test('R28 lines that a worker has written and not confirmed when it died are confirmed by whoever comes next', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-log-place-'));
  const path = join(folder, 'log');
  const own = views();
  const fd = openSync(path, 'a');
  Atomics.store(own.cells, CELL.fd, fd);
  const options = { path, maxBytes: 1e6, maxFiles: 1, durable: true };
  const line = Buffer.from('a line\n');
  put(own, line, 0, line.length);
  Atomics.store(own.cells, CELL.taken, line.length);
  assert.equal(linesBetween(own, Atomics.load(own.cells, CELL.done), line.length), 1);
  assert.equal(step(own, options), 'moved');
  assert.equal(Atomics.load(own.cells, CELL.done), line.length);
  assert.equal(step(own, options), 'empty');
  put(own, line, 0, line.length);
  assert.equal(step(own, options), 'moved');
  assert.equal(readFileSync(path, 'utf8'), 'a line\n');
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

test('R28 the lock of a thread that has ended is given back, that of one that lives is not', {
  skip: process.platform !== 'linux',
}, () => {
  const own = views();
  Atomics.store(own.cells, CELL.lock, WORKER);
  for (const [thread, dead] of [
    [0, false],
    [process.pid, false],
    // Above what Linux gives to a thread.
    [2 ** 22 + 1, true],
  ] as const) {
    Atomics.store(own.cells, CELL.thread, thread);
    assert.equal(isDead(own), dead);
    unlockDead(own);
    assert.equal(Atomics.load(own.cells, CELL.lock), dead ? FREE : WORKER);
  }
});
