import type { Rule } from '@breakwater/errors/options';
import { parseCheckpoint } from './checkpoint.ts';
import { AuditError } from './errors.ts';
import type { AuditEntry } from './event.ts';
import { parseNote } from './note.ts';
import { checkOptions } from './option.ts';
import { parseEntry } from './stored.ts';
import { CHECKPOINT_PATH, decodeBundle, entriesPath, TILE_WIDTH } from './tiles.ts';

/** Which entries to take. All given conditions must hold; none takes everything. */
export interface EntryFilter {
  readonly actor?: string;
  /** An id, or `type:id`. */
  readonly resource?: string;
  readonly action?: string;
  /** Not before this time. */
  readonly from?: Date;
  /** Before this time. */
  readonly to?: Date;
}

const text: Rule = ['text', (value) => typeof value === 'string'];
const date: Rule = ['a Date that is one', (value) => value instanceof Date && !Number.isNaN(value.getTime())];
const RULES: { readonly [option in keyof EntryFilter]-?: Rule } = {
  actor: text,
  resource: text,
  action: text,
  from: date,
  to: date,
};

/** Throws `AUDIT_INVALID_OPTION` for a condition that is unknown or wrong: without it everything would match. */
export function matchesFilter(entry: AuditEntry, filter: EntryFilter): boolean {
  checkOptions('filter', filter, RULES);
  return matches(entry, filter);
}

function matches(entry: AuditEntry, filter: EntryFilter): boolean {
  const time = Date.parse(entry.time);
  return (
    (filter.actor === undefined || entry.actor.id === filter.actor) &&
    (filter.resource === undefined ||
      entry.resource.id === filter.resource ||
      `${entry.resource.type}:${entry.resource.id}` === filter.resource) &&
    (filter.action === undefined || entry.action === filter.action) &&
    (filter.from === undefined || time >= filter.from.getTime()) &&
    (filter.to === undefined || time < filter.to.getTime())
  );
}

/**
 * The published entries that match, in order, with their index and the trail's origin. Reads one bundle at a time and
 * every bundle once: the trail has no index beside itself. Pruned bundles are passed over. It does not verify;
 * `verifyTrail` does. Throws as `matchesFilter` does.
 */
export async function* readEntries(
  source: { read(path: string): Promise<Uint8Array | null> },
  filter: EntryFilter = {},
): AsyncGenerator<{ index: number; entry: AuditEntry; origin: string }> {
  checkOptions('filter', filter, RULES);
  const note = await source.read(CHECKPOINT_PATH);
  if (note === null) throw new AuditError('AUDIT_NOT_FOUND', 'There is no checkpoint, so no published trail');
  const { size, origin } = parseCheckpoint(parseNote(Buffer.from(note).toString('utf8')).text);
  for (let first = 0; first < size; first += TILE_WIDTH) {
    const bundle = await source.read(entriesPath(first / TILE_WIDTH, Math.min(TILE_WIDTH, size - first)));
    if (bundle === null) continue;
    for (const [i, bytes] of decodeBundle(bundle).entries()) {
      const entry = parseEntry(bytes);
      if (matches(entry, filter)) yield { index: first + i, entry, origin };
    }
  }
}
