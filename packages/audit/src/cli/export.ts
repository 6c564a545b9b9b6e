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
    const time = new Date(String(value));
    if (Number.isNaN(time.getTime())) throw new UsageError(`--${name} must be an ISO 8601 time, and is "${value}"`);
    return { [name]: time };
  }
}
