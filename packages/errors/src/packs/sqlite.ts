import { type Rule, type RulePack, words } from '../pack.ts';

// One table for three drivers: node:sqlite gives the number in `errcode`, better-sqlite3, sqlite3 and libsql the symbol in `code`.
const rows: readonly (readonly [reason: string, symbols: string, numbers: readonly number[]])[] = [
  [
    'busy',
    'SQLITE_BUSY SQLITE_BUSY_RECOVERY SQLITE_BUSY_TIMEOUT SQLITE_LOCKED SQLITE_LOCKED_SHAREDCACHE SQLITE_PROTOCOL',
    [5, 261, 773, 6, 262, 15],
  ],
  ['serialization-failure', 'SQLITE_BUSY_SNAPSHOT SQLITE_ABORT_ROLLBACK', [517, 516]],
  [
    'unique-violation',
    'SQLITE_CONSTRAINT_UNIQUE SQLITE_CONSTRAINT_PRIMARYKEY SQLITE_CONSTRAINT_ROWID',
    [2067, 1555, 2579],
  ],
  ['foreign-key-violation', 'SQLITE_CONSTRAINT_FOREIGNKEY', [787]],
  [
    'constraint-violation',
    'SQLITE_CONSTRAINT SQLITE_CONSTRAINT_CHECK SQLITE_CONSTRAINT_NOTNULL SQLITE_CONSTRAINT_TRIGGER SQLITE_CONSTRAINT_COMMITHOOK SQLITE_CONSTRAINT_FUNCTION SQLITE_CONSTRAINT_VTAB SQLITE_CONSTRAINT_PINNED SQLITE_CONSTRAINT_DATATYPE',
    [19, 275, 1299, 1811, 531, 1043, 2323, 2835, 3091],
  ],
  ['query-invalid', 'SQLITE_ERROR SQLITE_RANGE', [1, 25]],
  ['schema-mismatch', 'SQLITE_SCHEMA', [17]],
  ['invalid-data', 'SQLITE_MISMATCH SQLITE_TOOBIG', [20, 18]],
  ['storage-full', 'SQLITE_FULL', [13]],
  ['out-of-memory', 'SQLITE_NOMEM SQLITE_IOERR_NOMEM', [7, 3082]],
  [
    'data-corrupted',
    'SQLITE_CORRUPT SQLITE_CORRUPT_VTAB SQLITE_CORRUPT_SEQUENCE SQLITE_CORRUPT_INDEX SQLITE_NOTADB SQLITE_FORMAT',
    [11, 267, 523, 779, 26, 24],
  ],
  [
    'file-access-denied',
    'SQLITE_READONLY SQLITE_READONLY_DBMOVED SQLITE_READONLY_DIRECTORY SQLITE_READONLY_CANTLOCK SQLITE_PERM SQLITE_AUTH',
    [8, 1032, 1544, 520, 3, 23],
  ],
  ['database-missing', 'SQLITE_CANTOPEN SQLITE_CANTOPEN_ISDIR SQLITE_CANTOPEN_FULLPATH', [14, 526, 782]],
  ['cancelled', 'SQLITE_INTERRUPT', [9]],
  ['bug', 'SQLITE_MISUSE', [21]],
];

/** SQLite by result code, from node:sqlite, better-sqlite3, sqlite3 and libsql. */
export const sqlite: RulePack = {
  domain: 'sqlite',
  title: 'SQLite (node:sqlite, better-sqlite3, sqlite3, libsql)',
  sources: ['https://www.sqlite.org/rescode.html'],
  rules: [
    ...rows.flatMap(([reason, symbols, numbers]): Rule[] => [
      { when: { code: words(symbols) }, is: reason },
      { when: { errcode: numbers, code: 'ERR_SQLITE_ERROR' }, is: reason, codeAt: 'errcode' },
    ]),
    { when: { code: 'SQLITE_IOERR*' }, is: 'device-failed' },
    { when: { code: 'SQLITE_CONSTRAINT*' }, is: 'constraint-violation' },
    { when: { code: 'ERR_SQLITE_ERROR' }, is: 'query-invalid', but: { confidence: 'low' } },
    {
      when: { code: 'ERR_INVALID_STATE', message: ['database is not open', 'statement has been finalized'] },
      is: 'bug',
    },
  ],
};
