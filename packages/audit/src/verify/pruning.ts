import { toText } from './bytes.ts';
import type { TrailSource } from './source.ts';

/** What the file `pruned` claims: content below `below` is gone, and the entry at index `entry` records it. */
export interface Pruning {
  readonly below: number;
  readonly entry: number;
}

const NOTHING: Pruning = { below: 0, entry: -1 };

/** Reads the claim. A file that cannot be read claims nothing, so what is absent counts as missing. */
export async function readPruning(source: TrailSource, size: number): Promise<Pruning> {
  const bytes = await source.read('pruned');
  const claim = bytes === null ? null : readObject(bytes);
  const below = claim?.['below'];
  const entry = claim?.['entry'];
  if (typeof below !== 'number' || typeof entry !== 'number') return NOTHING;
  if (!Number.isSafeInteger(below) || !Number.isSafeInteger(entry) || below < 0 || below > entry || entry >= size)
    return NOTHING;
  return { below, entry };
}

/** The index that a proved entry allows pruning below; -1 where it is not a record of pruning. */
export function pruningOf(entry: Uint8Array): number {
  const value = readObject(entry);
  const details = value?.['details'];
  if (value?.['type'] !== 'trail.prune' || typeof details !== 'object' || details === null) return -1;
  const below = (details as Record<string, unknown>)['below'];
  return typeof below === 'number' ? below : -1;
}

function readObject(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(toText(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
