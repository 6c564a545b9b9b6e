import type { CheckedBundle } from '../verify/bundles.ts';

export interface NotableEntry {
  readonly index: number;
  readonly entry: Uint8Array;
}

const OWN_TYPE = Buffer.from('"type":"trail.');

/**
 * Collects, of the bundles of one range, what a report shows: the first and the last proved entry and those that the
 * trail wrote itself. The entries are copies.
 */
export function createNotableEntries(): { readonly onBundle: (bundle: CheckedBundle) => void; take(): NotableEntry[] } {
  const kept: NotableEntry[] = [];
  let last: NotableEntry | null = null;
  return {
    onBundle(bundle) {
      const { bytes, count, first } = bundle;
      // Almost no bundle holds one: looking through all of it at once costs less than looking at each entry.
      const mayHoldOwn = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(OWN_TYPE);
      for (let place = 0; place < count && (mayHoldOwn || kept.length === 0); place += 1) {
        const entry = bundle.entry(place);
        if (entry === null) continue;
        const isOwn = Buffer.from(entry.buffer, entry.byteOffset, entry.length).includes(OWN_TYPE);
        if (isOwn || kept.length === 0) kept.push({ index: first + place, entry: Uint8Array.from(entry) });
      }
      for (let place = count - 1; place >= 0; place -= 1) {
        const entry = bundle.entry(place);
        if (entry === null) continue;
        last = { index: first + place, entry: Uint8Array.from(entry) };
        break;
      }
    },
    take() {
      return last === null || kept.at(-1)?.index === last.index ? kept : [...kept, last];
    },
  };
}
