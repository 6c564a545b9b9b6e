import { checkOptions, text, whole } from '@breakwater/errors/options';
import { type LogRecord, toRecord } from '../record.ts';
import { type Sink, type SinkCounts, Tally } from '../sink.ts';

/** Keeps records for a test to look at. */
export interface MemorySink extends Sink {
  /** The lines as written. */
  readonly lines: readonly string[];
  /** The lines as data, oldest first. */
  records(): LogRecord[];
  clear(): void;
}

export interface MemoryOptions {
  readonly name?: string | undefined;
  readonly maxRecords?: number | undefined;
}

const rules = { name: text, maxRecords: /* @__PURE__ */ whole(1) };

/** Keeps the last `maxRecords` lines (default 10 000); older ones are dropped as `queue-full`. */
export function memorySink(options: MemoryOptions = {}): MemorySink {
  checkOptions('memorySink', options, rules);
  const tally = new Tally();
  const lines: string[] = [];
  const max = options.maxRecords ?? 10_000;
  let closed = false;
  return {
    name: options.name ?? 'memory',
    lines,
    write(line) {
      tally.emitted++;
      if (closed) {
        tally.drop('closed');
        return;
      }
      if (lines.length >= max) {
        lines.shift();
        tally.written--;
        tally.drop('queue-full');
      }
      tally.written++;
      lines.push(line);
    },
    records: () => lines.map(toRecord),
    clear() {
      lines.length = 0;
    },
    flush: () => Promise.resolve(),
    flushSync() {},
    close() {
      closed = true;
      return Promise.resolve();
    },
    counts: (): SinkCounts => tally.counts(),
  };
}
