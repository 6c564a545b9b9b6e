import { isDeepStrictEqual } from 'node:util';
import type { LogRecord } from './record.ts';
import type { MemorySink } from './sinks/memory.ts';

/** What a record must have; what is not given does not matter. A `RegExp` is tried on the body. */
export interface LogMatch {
  readonly level?: string;
  readonly body?: string | RegExp;
  readonly eventName?: string;
  readonly traceId?: string;
  readonly scope?: string;
  /** Each named attribute must equal. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

export interface LogExpectation {
  /** Some record matches, exactly `times` if given. Returns those that do. */
  toInclude(match: LogMatch, times?: number): LogRecord[];
  toExclude(match: LogMatch): void;
  /** Records match in this order, others between them allowed. */
  toIncludeInOrder(matches: readonly LogMatch[]): void;
}

/** Looks at what a memory sink holds. Failures are `AssertionError`s that show the records. */
export function expectLogs(sink: MemorySink): LogExpectation {
  const fail = (message: string): never => {
    const { AssertionError } = process.getBuiltinModule('node:assert');
    throw new AssertionError({ message: `${message}; the records are:\n${sink.lines.join('')}` });
  };
  return {
    toInclude(match, times) {
      const found = sink.records().filter((record) => isMatch(record, match));
      if (times === undefined ? found.length === 0 : found.length !== times)
        fail(`${found.length} records match ${describe(match)}, expected ${times ?? 'at least one'}`);
      return found;
    },
    toExclude(match) {
      if (sink.records().some((record) => isMatch(record, match))) fail(`a record matches ${describe(match)}`);
    },
    toIncludeInOrder(matches) {
      let next = 0;
      for (const record of sink.records()) {
        const wanted = matches[next];
        if (wanted !== undefined && isMatch(record, wanted)) next++;
      }
      if (next < matches.length) fail(`no record at its place matches ${describe(matches[next]!)}`);
    },
  };
}

function isMatch(record: LogRecord, match: LogMatch): boolean {
  if (match.level !== undefined && record.severityText !== match.level.toUpperCase()) return false;
  if (typeof match.body === 'string' && record.body !== match.body) return false;
  if (match.body instanceof RegExp && record.body.search(match.body) === -1) return false;
  if (match.eventName !== undefined && record.eventName !== match.eventName) return false;
  if (match.traceId !== undefined && record.traceId !== match.traceId) return false;
  if (match.scope !== undefined && record.scope !== match.scope) return false;
  return Object.entries(match.attributes ?? {}).every(([name, value]) =>
    isDeepStrictEqual(record.attributes[name], value),
  );
}

function describe(match: LogMatch): string {
  return JSON.stringify(match, (_name, value: unknown) => (value instanceof RegExp ? String(value) : value));
}
