import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openState, StateOpenError } from './state.ts';

function withFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-state-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a new database has the default rules, and a removed one does not come back', () => {
  withFolder((folder) => {
    const path = join(folder, 'state.db');
    const first = openState(path);
    assert.equal(first.db.prepare('SELECT count(*) AS n FROM alert_rules').get()?.['n'], 4);
    first.db.exec("DELETE FROM alert_rules WHERE id = 'default-latency'");
    first.close();
    first.close();
    const second = openState(path);
    assert.equal(second.db.prepare('SELECT count(*) AS n FROM alert_rules').get()?.['n'], 3);
    second.close();
  });
});

test('only its owner can read the file, which holds secrets', () => {
  withFolder((folder) => {
    const path = join(folder, 'state.db');
    const state = openState(path);
    state.db.exec("INSERT INTO receivers VALUES ('a', 'a', 'webhook', 1, 'http://a', 'secret', 0, 0)");
    for (const file of [path, `${path}-wal`]) assert.equal(statSync(file).mode & 0o077, 0, file);
    state.close();
  });
});

test('a transaction that throws leaves nothing, and a nested one belongs to the outer one', () => {
  const state = openState(':memory:');
  const count = () => state.prepare('SELECT count(*) AS n FROM error_groups').get()?.['n'];
  const insert = (id: string) =>
    state.prepare("INSERT INTO error_groups (id, status, changed_at) VALUES (?, 'open', 0)").run(id);
  assert.throws(
    () =>
      state.transaction(() => {
        state.transaction(() => insert('a'));
        throw new Error('boom');
      }),
    /boom/,
  );
  assert.equal(count(), 0);
  assert.equal(
    state.transaction(() => {
      insert('a');
      return 'done';
    }),
    'done',
  );
  assert.equal(count(), 1);
  state.close();
});

test('the timeline cannot be changed or shortened', () => {
  const state = openState(':memory:');
  state.db.exec(
    "INSERT INTO incidents (number, id, title, status, severity, environment, services_json, opened_at) VALUES (1, 'i', 't', 'open', 'low', '', '[]', 0)",
  );
  state.db.exec("INSERT INTO timeline VALUES ('i', 1, 0, '{}')");
  assert.throws(() => state.db.exec("UPDATE timeline SET entry_json = '[]'"), /append-only/);
  assert.throws(() => state.db.exec('DELETE FROM timeline'), /append-only/);
  state.close();
});

test('a file that is no database, a newer version and a missing folder each give one clear error', () => {
  withFolder((folder) => {
    const noise = join(folder, 'noise.db');
    writeFileSync(noise, 'this is not a database, and long enough to be noticed as such by SQLite'.repeat(40));
    assert.throws(() => openState(noise), {
      name: 'StateOpenError',
      code: 'STATE_OPEN_FAILED',
      message: /noise\.db: .* damaged: .* move it away/,
    });

    const newer = join(folder, 'newer.db');
    const db = new DatabaseSync(newer);
    db.exec('PRAGMA user_version = 999');
    db.close();
    assert.throws(() => openState(newer), /has version 999/);

    assert.throws(
      () => openState(join(folder, 'missing', 'state.db')),
      (error) => error instanceof StateOpenError && !/damaged/.test(error.message),
    );
  });
});
