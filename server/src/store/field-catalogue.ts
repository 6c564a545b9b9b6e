import type { RowWriter } from './row-writer.ts';

export type FieldSignal = 'logs' | 'spans' | 'metrics';
export type FieldLevel = 'attribute' | 'resource';
export type FieldType = 'string' | 'int' | 'double' | 'bool' | 'other';

export interface Field {
  readonly signal: FieldSignal;
  readonly level: FieldLevel;
  readonly key: string;
  readonly type: FieldType;
  /** How often, roughly: counted while the key is remembered, halved every half day. */
  readonly seen: number;
  /** A service that sent it. */
  readonly service: string;
}

/** The keys of one signal, level and type: each is encoded once, and noticed when it is first seen. */
export interface KeyTable {
  write(writer: RowWriter, key: string): void;
}

/**
 * Remembers which attribute keys were seen, so that each is written to the table `fields`: at first sight, at the 10th,
 * 100th … sight, and once per half day. A service that makes up keys costs itself its own least seen ones, and then
 * has new ones written from their 10th sight on; those of other services stay.
 */
export interface FieldCatalogue {
  /** The service whose attributes are written next. */
  source: string;
  keys(signal: FieldSignal, level: FieldLevel, type: FieldType): KeyTable;
  /** Fields to be written, of those noticed since the last call. */
  takeNew(): Field[];
  /** Back into the queue, after they could not be written. */
  putBack(fields: readonly Field[]): void;
}

/** Of one signal, level and type. */
export const MAX_KEYS = 10_000;
/** Of these, first sent by one service. */
export const MAX_KEYS_OF_SERVICE = 1_000;
/** A part of them is forgotten at a time, so that looking for the least seen ones is rare. */
const FORGOTTEN_SHARE = 0.25;
/** Rows of `fields` live for 30 days after `last_seen`. */
const REPEAT_AFTER_MS = 12 * 60 * 60 * 1000;
const TIER = 10;

interface Entry {
  readonly bytes: Uint8Array;
  readonly source: string;
  seen: number;
  /** Written to the table again when `seen` reaches it. */
  nextAt: number;
}

export function createFieldCatalogue(options: {
  readonly now: () => number;
  readonly log: (line: string) => void;
}): FieldCatalogue {
  let fresh: Field[] = [];
  let repeatAt = options.now() + REPEAT_AFTER_MS;
  const tables: { repeat(): void }[] = [];

  const catalogue: FieldCatalogue = {
    source: '',

    keys(signal, level, type) {
      const known = new Map<string, Entry>();
      const perSource = new Map<string, number>();
      /** Services that had more keys than they may, and '' in the place of all of them together. */
      const crowded = new Set<string>();

      const list = (key: string, entry: Entry): void => {
        entry.nextAt = tierAbove(entry.seen);
        fresh.push({ signal, level, key, type, seen: entry.seen, service: catalogue.source });
      };
      const forget = (key: string, { source }: Entry): void => {
        known.delete(key);
        const left = (perSource.get(source) ?? 0) - 1;
        if (left > 0) perSource.set(source, left);
        else perSource.delete(source);
      };
      const forgetLeastSeen = (isCandidate: (entry: Entry) => boolean): void => {
        const candidates = [...known].filter(([, entry]) => isCandidate(entry)).sort(([, a], [, b]) => a.seen - b.seen);
        for (const [key, entry] of candidates.slice(0, Math.ceil(candidates.length * FORGOTTEN_SHARE)))
          forget(key, entry);
      };
      const makeRoom = (source: string): void => {
        const tooMany = (perSource.get(source) ?? 0) >= MAX_KEYS_OF_SERVICE;
        if (!tooMany && known.size < MAX_KEYS) return;
        const who = tooMany ? source : '';
        if (!crowded.has(who)) {
          crowded.add(who);
          const whose = tooMany ? `the service ${JSON.stringify(source.slice(0, 100))} has` : 'all services have';
          options.log(
            `store: ${whose} over ${tooMany ? MAX_KEYS_OF_SERVICE : MAX_KEYS} ${level} keys of type ${type} in ${signal}: rare ones are not suggested`,
          );
        }
        forgetLeastSeen((entry) => !tooMany || entry.source === source);
      };

      tables.push({
        repeat() {
          crowded.clear();
          for (const [key, entry] of known) {
            entry.seen = Math.floor(entry.seen / 2);
            entry.nextAt = 0;
            if (entry.seen === 0) forget(key, entry);
          }
        },
      });
      return {
        write(writer, key) {
          const entry = known.get(key);
          if (entry !== undefined) {
            writer.bytes(entry.bytes);
            entry.seen += 1;
            if (entry.seen >= entry.nextAt) list(key, entry);
            return;
          }
          const start = writer.position;
          writer.string(key);
          const { source } = catalogue;
          makeRoom(source);
          const bytes = Uint8Array.prototype.slice.call(writer.view(start, writer.position));
          const added: Entry = { bytes, source, seen: 1, nextAt: TIER };
          known.set(key, added);
          perSource.set(source, (perSource.get(source) ?? 0) + 1);
          if (!crowded.has(source) && !crowded.has('')) list(key, added);
        },
      };
    },

    takeNew() {
      if (options.now() >= repeatAt) {
        repeatAt = options.now() + REPEAT_AFTER_MS;
        for (const table of tables) table.repeat();
      }
      const taken = fresh;
      fresh = [];
      return taken;
    },

    putBack(fields) {
      fresh.unshift(...fields);
    },
  };
  return catalogue;
}

/** 10, 100, 1000 …: the first above `seen`. */
function tierAbove(seen: number): number {
  let tier = TIER;
  while (tier <= seen) tier *= TIER;
  return tier;
}
