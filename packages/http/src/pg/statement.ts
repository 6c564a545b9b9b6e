/** Reads of which nothing else need be known. */
const PLAIN = new Set(
  'SHOW FETCH MOVE CLOSE BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE SET RESET DISCARD DEALLOCATE LISTEN UNLISTEN'.split(
    ' ',
  ),
);
/** Reads unless a word below is in them. */
const QUERIES = new Set('SELECT WITH VALUES TABLE EXPLAIN DECLARE PREPARE'.split(' '));
const WRITES =
  /\b(?:(?:INSERT|UPDATE|DELETE|MERGE|INTO|TRUNCATE|CREATE|NEXTVAL|SETVAL|FOR\s+(?:KEY\s+)?SHARE)\b|(?:LO_\w+|PG_NOTIFY)\s*\()/i;
// Comments, texts and quoted names: what stands in them is no word of SQL. Each alternative consumes what it begins.
const OPAQUE =
  /--[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)|\bE'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\$([A-Za-z_]\w*)?\$[\s\S]*?(?:\$\1\$|$)/gi;

/**
 * Whether a statement of PostgreSQL may write. In doubt it may: whatever does not begin as a query, every locking or
 * data-modifying query, `CALL`, `DO`, `EXECUTE`. A function that a query calls is not looked into, but for those of
 * sequences and large objects.
 */
export function mayWrite(text: string): boolean {
  const bare = text.replace(OPAQUE, ' ');
  // A comment inside a comment: what is left is not what the server sees.
  if (bare.includes('*/') || bare.includes('/*')) return true;
  return bare.split(';').some((statement) => {
    const first = /[A-Za-z]+/.exec(statement)?.[0].toUpperCase();
    // Only closing brackets and blanks: the end of a list of statements.
    if (first === undefined) return /\S/.test(statement);
    if (PLAIN.has(first)) return false;
    if (first === 'COPY') return !/\)?\s*TO\s+(?!PROGRAM)/i.test(statement) || WRITES.test(statement);
    return !QUERIES.has(first) || WRITES.test(statement);
  });
}

const NAMED = new Set([
  ...PLAIN,
  ...QUERIES,
  ...'INSERT UPDATE DELETE MERGE COPY CALL DO CREATE ALTER DROP TRUNCATE LOCK REFRESH VACUUM EXECUTE NOTIFY'.split(' '),
]);

/** The command of a statement, for labels: `SELECT`; `statement` for one it does not know. */
export function operationOf(text: string): string {
  const word = /^(?:\s|--[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/|\()*([A-Za-z]{1,20})\b/.exec(text)?.[1]?.toUpperCase();
  return word !== undefined && NAMED.has(word) ? word : 'statement';
}
