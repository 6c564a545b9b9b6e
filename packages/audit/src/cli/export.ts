import { setImmediate as turn } from 'node:timers/promises';
import { canonicalize } from '../canonical.ts';
import type { AuditEntry } from '../event.ts';
import { toCsvHeader, toCsvRow } from '../export/csv.ts';
import { toOcsf } from '../export/ocsf.ts';
import { type EntryFilter, readEntries } from '../query.ts';
import { parse } from './parse.ts';
import type { CliOutput } from './run.ts';
import { openSource } from './sources.ts';
import { UsageError } from './usage.ts';

const FORMATS: { readonly [name: string]: (index: number, entry: AuditEntry, origin: string) => string } = {
  ndjson: (index, entry) => canonicalize({ index, entry }),
  csv: toCsvRow,
  ocsf: (index, entry, origin) => canonicalize(toOcsf(index, entry, origin)),
};

export async function runExport(args: string[], { out, err }: CliOutput): Promise<number> {
  const text = { type: 'string' } as const;
  const { positionals, values } = parse({
    args,
    allowPositionals: true,
    options: { format: text, actor: text, resource: text, action: text, from: text, to: text },
  });
  const [where] = positionals;
  if (where === undefined || positionals.length !== 1) throw new UsageError('export needs one directory or URL');
  const format = String(values['format'] ?? 'ndjson');
  const toLine = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (toLine === undefined) throw new UsageError(`--format must be ndjson, csv or ocsf, and is "${format}"`);
  const filter: EntryFilter = {
    ...textOption('actor'),
    ...textOption('resource'),
    ...textOption('action'),
    ...timeOption('from'),
    ...timeOption('to'),
  };
  if (format === 'csv') out(`${toCsvHeader()}\r\n`);
  let count = 0;
  for await (const { index, entry, origin } of readEntries(openSource(where), filter)) {
    out(`${toLine(index, entry, origin)}${format === 'csv' ? '\r\n' : '\n'}`);
    count += 1;
    // A directory is read without a turn of the event loop, in which a closed pipe would be heard of.
    if (count % 256 === 0) await turn();
  }
  err(`${count} entries\n`);
  return 0;

  function textOption(name: string): { [name: string]: string } {
    const value = values[name];
    return value === undefined ? {} : { [name]: String(value) };
  }
  function timeOption(name: string): { [name: string]: Date } {
    const value = values[name];
    if (value === undefined) return {};
    const time = toTime(String(value));
    if (time === null)
      throw new UsageError(
        `--${name} must be an ISO 8601 date (2026-11-25, midnight UTC) or time with zone, and is "${value}"`,
      );
    return { [name]: time };
  }
}

/** Null for what `Date` would guess at: `11/12/2026`, `5`, the 31st of November, a time whose zone would be this machine's. */
function toTime(text: string): Date | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text);
  const time = new Date(text);
  const day = new Date(match?.[1] ?? '');
  const isGood = match !== null && !Number.isNaN(time.getTime()) && !Number.isNaN(day.getTime());
  return isGood && day.toISOString().startsWith(match[1]!) ? time : null;
}
