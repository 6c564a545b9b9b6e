import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { ClickHouseClient } from '@clickhouse/client';
import { StoreMigrationError } from './errors.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** The numbered `.sql` files of a folder, in order. Throws StoreMigrationError where the numbers are not 1, 2, 3, … */
export function readMigrations(folder: URL): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((name, index) => {
    const version = Number(/^(\d{4})_/.exec(name)?.[1]);
    if (version !== index + 1) {
      throw new StoreMigrationError(`migration ${name} should have the number ${index + 1}`);
    }
    return { version, name, sql: readFileSync(new URL(name, folder), 'utf8') };
  });
}

/** Statements are separated by a line that holds only a semicolon. */
export function toStatements(sql: string): string[] {
  return sql
    .split(/^;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/**
 * Creates the database where it is missing and applies the migrations it does not have. Statements must be repeatable
 * (IF NOT EXISTS), because ClickHouse has no transactions: what a crash cut short is run again from its beginning.
 *
 * Throws StoreMigrationError where an applied migration has changed or is unknown.
 */
export async function migrate(
  clients: { readonly withoutDatabase: ClickHouseClient; readonly inDatabase: ClickHouseClient },
  database: string,
  migrations: readonly Migration[],
  log: (line: string) => void,
): Promise<void> {
  const client = clients.withoutDatabase;
  const exists = await client.query({
    query: 'SELECT 1 FROM system.databases WHERE name = {database:String}',
    query_params: { database },
    format: 'JSONEachRow',
  });
  if ((await exists.json()).length === 0) {
    await client.command({ query: `CREATE DATABASE IF NOT EXISTS \`${database}\` ENGINE = Atomic` });
  }
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS \`${database}\`.migrations
      (version UInt32, name String, checksum String, applied_at DateTime('UTC')) ENGINE = MergeTree ORDER BY version`,
  });
  const rows = await client.query({
    query: `SELECT version, name, checksum FROM \`${database}\`.migrations ORDER BY version`,
    format: 'JSONEachRow',
  });
  const applied = new Map(
    (await rows.json<{ version: number; name: string; checksum: string }>()).map((row) => [row.version, row]),
  );
  const newest = Math.max(0, ...applied.keys());
  if (newest > migrations.length) {
    throw new StoreMigrationError(
      `the database ${database} has migration ${newest}, this version knows ${migrations.length}: start a newer version`,
    );
  }
  for (const migration of migrations) {
    const checksum = createHash('sha256').update(migration.sql).digest('hex');
    const done = applied.get(migration.version);
    if (done !== undefined) {
      if (done.checksum !== checksum) {
        throw new StoreMigrationError(
          `migration ${migration.name} was changed after it was applied to the database ${database}`,
        );
      }
      continue;
    }
    log(`store: applying migration ${migration.name}`);
    for (const statement of toStatements(migration.sql)) {
      await clients.inDatabase.command({ query: statement });
    }
    await client.insert({
      table: `\`${database}\`.migrations`,
      values: [
        { version: migration.version, name: migration.name, checksum, applied_at: Math.floor(Date.now() / 1000) },
      ],
      format: 'JSONEachRow',
    });
  }
}
