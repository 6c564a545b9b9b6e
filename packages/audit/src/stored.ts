import type { JsonValue } from './canonical.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { AuditError } from './errors.ts';
import type { AuditEntry } from './event.ts';
import { parseNote, type Signer, verifyNote } from './note.ts';
import type { AuditStore } from './store.ts';
import { decodeBundle, entriesPath, partialWidth, TILE_WIDTH } from './tiles.ts';

/** The record of what was pruned: `below`, the `entry` that says so, and below which index the files are `removed`. */
export const PRUNED_PATH = 'pruned';

/** The stored checkpoint, which must be signed by this key for this trail. Throws `AUDIT_BAD_SIGNATURE`. */
export function openCheckpoint(text: string, signer: Signer): ReturnType<typeof parseCheckpoint> {
  const note = parseNote(text);
  const [own] = verifyNote(note, [signer.verifier]);
  if (own === undefined)
    throw new AuditError(
      'AUDIT_BAD_SIGNATURE',
      `The stored checkpoint is not signed by "${signer.name}" with this key`,
    );
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== signer.name)
    throw new AuditError(
      'AUDIT_BAD_SIGNATURE',
      `The store holds the trail "${checkpoint.origin}", not "${signer.name}"`,
    );
  return checkpoint;
}

/** An entry's bytes out of its bundle. Throws `AUDIT_NOT_FOUND`. */
export async function readEntry(store: Pick<AuditStore, 'read'>, index: number, size: number): Promise<Uint8Array> {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) {
    throw new AuditError('AUDIT_NOT_FOUND', `The published trail has ${size} entries; there is none at ${index}`);
  }
  const bundleIndex = Math.floor(index / TILE_WIDTH);
  const isLast = bundleIndex === Math.floor(size / TILE_WIDTH);
  const path = entriesPath(bundleIndex, isLast ? partialWidth(0, size) : TILE_WIDTH);
  const bundle = await store.read(path);
  const entry = bundle === null ? undefined : decodeBundle(bundle)[index % TILE_WIDTH];
  if (entry === undefined)
    throw new AuditError(
      'AUDIT_NOT_FOUND',
      `Entry ${index} is not in the store; its bundle ${path} was pruned or lost`,
    );
  return entry;
}

export function parseEntry(bytes: Uint8Array): AuditEntry {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as AuditEntry;
}

export async function readText(store: AuditStore, path: string): Promise<string | null> {
  const bytes = await store.read(path);
  return bytes === null ? null : Buffer.from(bytes).toString('utf8');
}

/** What the file `pruned` says; zeros where there is none. Throws `AUDIT_CORRUPT` where it cannot be read. */
export async function readPruned(store: AuditStore): Promise<{ below: number; removed: number }> {
  const text = await readText(store, PRUNED_PATH);
  if (text === null) return { below: 0, removed: 0 };
  try {
    const { below, removed } = JSON.parse(text) as { [key: string]: JsonValue };
    if (Number.isSafeInteger(below) && Number.isSafeInteger(removed))
      return { below: below as number, removed: removed as number };
  } catch (cause) {
    throw new AuditError('AUDIT_CORRUPT', `The file ${PRUNED_PATH} cannot be read`, { cause });
  }
  throw new AuditError('AUDIT_CORRUPT', `The file ${PRUNED_PATH} does not say what was pruned`);
}
