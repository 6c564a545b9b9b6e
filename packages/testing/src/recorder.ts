/** Something that was recorded, and when. */
export interface Entry<E> {
  readonly atMs: number;
  readonly event: E;
}

/** Keeps what it is told, with the time, for comparison: `policy.on(recorder.record)`. */
export interface Recorder<E> {
  readonly entries: readonly Entry<E>[];
  readonly record: (event: E) => void;
  /**
   * One line per event: the time, then the chosen fields, plain objects as JSON, `[unreadable: …]` for what has none. The
   * same trace twice means the same lines.
   */
  lines(...fields: string[]): string[];
}

/** Makes a {@link Recorder} that reads the time from a clock. */
export function createRecorder<E>(clock: { now(): number }): Recorder<E> {
  const entries: Entry<E>[] = [];
  return {
    entries,
    record: (event) => {
      entries.push({ atMs: clock.now(), event });
    },
    lines: (...fields) =>
      entries.map(({ atMs, event }) => {
        const values = fields.map((field) => shown((event as Record<string, unknown> | null | undefined)?.[field]));
        return [`${atMs}ms`, ...values].join(' ');
      }),
  };
}

/** As `String` has it, but where that would make every object look the same. What cannot be read does not end the test. */
function shown(value: unknown): string {
  try {
    const isBare = typeof value === 'object' && value !== null && !('toString' in value);
    const text = isBare ? '[object Object]' : String(value);
    return text === '[object Object]' ? (JSON.stringify(value) ?? text) : text;
  } catch (error) {
    // A ring, a bigint within, a getter that throws.
    return `[unreadable: ${error instanceof Error ? error.name : typeof error}]`;
  }
}
