import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** The server's own state (rules, alerts, incidents, receivers, users): small, changed in place, in SQLite. */
export interface State {
  readonly db: DatabaseSync;
  /** A prepared statement, kept for the next call with the same text. */
  prepare(sql: string): StatementSync;
  /**
   * Runs `work` in one transaction: all of it is durable when the call returns, or none of it where `work` throws.
   * Inside another transaction it becomes part of that one. `work` is synchronous.
   */
  transaction<T>(work: () => T): T;
  /** Closes the database. Further use throws. Calling it twice is allowed. */
  close(): void;
}

/** The database cannot be opened or brought to this version's schema. Nothing was changed by the step that failed. */
export class StateOpenError extends Error {
  override readonly name = 'StateOpenError';
  readonly code = 'STATE_OPEN_FAILED';
}

interface Migration {
  version: number;
  file: string;
  sql: string;
}

const MIGRATIONS_FOLDER = new URL('./migrations/', import.meta.url);

function readMigrations(): Migration[] {
  const files = readdirSync(MIGRATIONS_FOLDER).filter((file) => file.endsWith('.sql'));
  const migrations = files.toSorted().map((file) => {
    const version = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1]);
    return { version, file, sql: readFileSync(new URL(file, MIGRATIONS_FOLDER), 'utf8') };
  });
  for (const [index, { version, file }] of migrations.entries()) {
    if (version !== index + 1) throw new StateOpenError(`migration ${file} must be number ${index + 1}`);
  }
  return migrations;
}

/**
 * Opens the database, creating it (readable by its owner only, as it holds secrets) and applying the numbered
 * migrations of `migrations/` it has not seen. Each runs in a transaction of its own; `user_version` counts them.
 * Every commit is synced to disk before it returns.
 *
 * @param path a file, or `:memory:`
 * @throws StateOpenError where the file cannot be opened, is no database, or was written by a newer version
 */
export function openState(path: string): State {
  const migrations = readMigrations();
  let db: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
    db = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 5_000 });
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    migrate(db, migrations);
  } catch (error) {
    db?.close();
    if (error instanceof StateOpenError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const advice = isDamaged(error)
      ? '. The file is damaged: put a copy back, or move it away. Without it the server starts with new rules, incidents and receivers; the telemetry stays.'
      : '';
    throw new StateOpenError(`cannot open the state database ${path}: ${reason}${advice}`, { cause: error });
  }
  return createState(db);
}

/** By SQLite's primary result codes: IOERR (what a broken header gives), CORRUPT, NOTADB. */
function isDamaged(error: unknown): boolean {
  return [10, 11, 26].includes(Number((error as { errcode?: unknown }).errcode) & 0xff);
}

function userVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}

function migrate(db: DatabaseSync, migrations: readonly Migration[]): void {
  const found = userVersion(db);
  if (found > migrations.length) {
    throw new StateOpenError(
      `the state database has version ${found}, this server knows ${migrations.length}: start the newer server that wrote it`,
    );
  }
  for (const { version, file, sql } of migrations) {
    try {
      runInTransaction(db, () => {
        // Read again inside: another process may have migrated while this one waited for the lock.
        if (userVersion(db) >= version) return;
        db.exec(sql);
        db.exec(`PRAGMA user_version = ${version}`);
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StateOpenError(`state migration ${file} failed: ${reason}`, { cause: error });
    }
  }
}

function runInTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  let result: T;
  try {
    result = work();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
  return result;
}

function createState(db: DatabaseSync): State {
  const statements = new Map<string, StatementSync>();
  return {
    db,
    prepare(sql) {
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = db.prepare(sql);
        statements.set(sql, statement);
      }
      return statement;
    },
    transaction(work) {
      return db.isTransaction ? work() : runInTransaction(db, work);
    },
    close() {
      statements.clear();
      if (db.isOpen) db.close();
    },
  };
}
