import { AuditError } from '../errors.ts';
import { createProofFile } from '../proof-file.ts';
import { readEntries } from '../query.ts';
import type { TrailSource } from '../verify/source.ts';
import { parse } from './parse.ts';
import type { CliOutput } from './run.ts';
import { openSource } from './sources.ts';
import { UsageError } from './usage.ts';

/** Writes the proof of one entry, named by its index or by the id that `append` answered. */
export async function runProve(args: string[], output: CliOutput): Promise<number> {
  const { positionals } = parse({ args, allowPositionals: true, options: {} });
  const [where, entry] = positionals;
  if (
    where === undefined ||
    entry === undefined ||
    positionals.length !== 2 ||
    !/^(?:\d{1,15}|[0-9a-f-]{36})$/.test(entry)
  )
    throw new UsageError('prove needs a directory or URL and the index or the id of an entry');
  const source = openSource(where);
  const index = entry.length < 36 ? Number(entry) : await indexOf(source, entry);
  output.out(await createProofFile(source, index));
  return 0;
}

/** The trail has no index by id beside itself, so this reads it until the entry is there. */
async function indexOf(source: TrailSource, id: string): Promise<number> {
  for await (const { index, entry } of readEntries(source)) if (entry.id === id) return index;
  throw new AuditError(
    'AUDIT_NOT_FOUND',
    `The published trail has no entry with the id ${id}; it may have been pruned`,
  );
}
