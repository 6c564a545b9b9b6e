import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensureDataDir } from './data-dir.ts';

test('missing folders are made, for this user only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-data-'));
  try {
    const path = join(folder, 'a', 'b');
    ensureDataDir(path);
    ensureDataDir(path);
    assert.equal(statSync(path).mode & 0o777, 0o700);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a file in the way and a file system without room for folders are named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-data-'));
  try {
    writeFileSync(join(folder, 'file'), '');
    assert.throws(() => ensureDataDir(join(folder, 'file')), /file cannot be written \(ENOTDIR\)/);
    assert.throws(() => ensureDataDir(join(folder, 'file', 'x')), /file\/x cannot be written \(ENOTDIR\).*--data/);
    if (process.platform === 'linux')
      assert.throws(() => ensureDataDir('/proc/nowhere/x'), /\/proc\/nowhere\/x cannot be written \(ENOENT\)/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
