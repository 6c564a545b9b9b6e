import type { RowWriter } from './row-writer.ts';

export type FieldSignal = 'logs' | 'spans' | 'metrics';
export type FieldLevel = 'attribute' | 'resource';
export type FieldType = 'string' | 'int' | 'double' | 'bool' | 'other';

export interface Field {
  readonly signal: FieldSignal;
  readonly level: FieldLevel;
  readonly key: string;
  readonly type: FieldType;
}

/** The keys of one signal, level and type: each is encoded once, and noticed when it is first seen. */
export interface KeyTable {
  write(writer: RowWriter, key: string): void;
}

/** Remembers which attribute keys were seen, so that each is written to the table `fields` once per half day. */
export interface FieldCatalogue {
  keys(signal: FieldSignal, level: FieldLevel, type: FieldType): KeyTable;
  /** Fields first seen since the last call. */
  takeNew(): Field[];
  /** Back into the queue, after they could not be written. */
  putBack(fields: readonly Field[]): void;
}

/** Of one signal, level and type. A sender that makes up keys must not fill the memory. */
const MAX_KEYS = 10_000;
/** Rows of `fields` live for 30 days after `last_seen`. */
const FORGET_AFTER_MS = 12 * 60 * 60 * 1000;

export function createFieldCatalogue(options: {
  readonly now: () => number;
  readonly log: (line: string) => void;
}): FieldCatalogue {
  let fresh: Field[] = [];
  let forgetAt = options.now() + FORGET_AFTER_MS;
  const known: Map<string, Uint8Array>[] = [];

  return {
    keys(signal, level, type) {
      const encoded = new Map<string, Uint8Array>();
      known.push(encoded);
      return {
        write(writer, key) {
          const bytes = encoded.get(key);
          if (bytes !== undefined) {
            writer.bytes(bytes);
            return;
          }
          const start = writer.position;
          writer.string(key);
          if (encoded.size < MAX_KEYS) {
            encoded.set(key, Uint8Array.prototype.slice.call(writer.view(start, writer.position)));
            fresh.push({ signal, level, key, type });
            if (encoded.size === MAX_KEYS) {
              options.log(`store: ${MAX_KEYS} ${level} keys of type ${type} in ${signal}: new ones are not listed`);
            }
          }
        },
      };
    },
    takeNew() {
      if (options.now() >= forgetAt) {
        forgetAt = options.now() + FORGET_AFTER_MS;
        for (const encoded of known) {
          encoded.clear();
        }
      }
      const taken = fresh;
      fresh = [];
      return taken;
    },
    putBack(fields) {
      fresh.unshift(...fields);
    },
  };
}
