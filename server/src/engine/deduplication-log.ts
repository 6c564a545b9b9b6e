import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

const ADD = '1';
const DROP = '2';

/** An insert that is noted in the deduplication log of a table, without its part. */
export interface LostEntry {
  /** The newest log of the table. */
  readonly logFile: string;
  readonly part: string;
  readonly block: string;
}

/**
 * The entries of a data directory whose part is not there.
 *
 * The engine notes an inserted block in the log of its table before it commits the part. When it is killed between the
 * two, a repetition of the insert would be taken for a duplicate, answered with success, and lost. Also found, to no
 * harm, are entries of parts that were dropped since (retention).
 */
export function findLostEntries(chdbDir: string): LostEntry[] {
  const store = join(chdbDir, 'store');
  return listFolder(store).flatMap((prefix) =>
    listFolder(join(store, prefix)).flatMap((table) => findInTable(join(store, prefix, table))),
  );
}

/** Takes {@link findLostEntries} back and returns how many there were. For a directory that no engine has open. */
export function repairDeduplicationLogs(chdbDir: string): number {
  const lost = findLostEntries(chdbDir);
  for (const { logFile, part, block } of lost) {
    const text = readFileSync(logFile, 'utf8');
    if (!text.endsWith('\n')) {
      // A line that a crash cut short: what is appended must begin on a new one.
      truncateSync(logFile, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
    }
    appendFileSync(logFile, `${DROP}\t${part}\t${block}\n`);
  }
  return lost.length;
}

function findInTable(tableDir: string): LostEntry[] {
  const logDir = join(tableDir, 'deduplication_logs');
  const files = listFolder(logDir)
    .filter((name) => logNumber(name) > 0)
    .sort((a, b) => logNumber(a) - logNumber(b))
    .map((name) => join(logDir, name));
  const logFile = files.at(-1);
  if (logFile === undefined) {
    return [];
  }
  const blocks = new Map<string, string>();
  for (const file of files) {
    for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
      const [operation, part, block] = line.split('\t');
      if (operation === ADD && part !== undefined && block !== undefined) {
        blocks.set(block, part);
      } else if (operation === DROP && block !== undefined) {
        blocks.delete(block);
      }
    }
  }
  const parts = listFolder(tableDir).map(parsePart);
  return [...blocks]
    .filter(([, part]) => !isCovered(parsePart(part), parts))
    .map(([block, part]) => ({ logFile, part, block }));
}

interface Part {
  readonly partition: string;
  readonly firstBlock: number;
  readonly lastBlock: number;
}

/** `20261125_3_7_1`: the blocks 3 to 7 of a partition, merged once. */
function parsePart(name: string): Part | undefined {
  const match = /^(?!tmp|delete)([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/.exec(name);
  return match === null
    ? undefined
    : { partition: match[1] as string, firstBlock: Number(match[2]), lastBlock: Number(match[3]) };
}

/** Whether the part, or one it was merged into, is among them. A name nobody can read is left alone. */
function isCovered(wanted: Part | undefined, parts: readonly (Part | undefined)[]): boolean {
  return (
    wanted === undefined ||
    parts.some(
      (part) =>
        part !== undefined &&
        part.partition === wanted.partition &&
        part.firstBlock <= wanted.firstBlock &&
        part.lastBlock >= wanted.lastBlock,
    )
  );
}

function logNumber(name: string): number {
  return Number(/^deduplication_log_(\d+)\.txt$/.exec(name)?.[1] ?? 0);
}

function listFolder(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
