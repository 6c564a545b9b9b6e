/** Something that was recorded, and when. */
export interface Entry<E> {
  readonly atMs: number;
  readonly event: E;
}

/** Keeps what it is told, with the time, for comparison: `policy.on(recorder.record)`. */
export interface Recorder<E> {
  readonly entries: readonly Entry<E>[];
  readonly record: (event: E) => void;
  /** One line per event: the time, then the chosen fields. The same trace twice means the same lines. */
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
        const values = fields.map((field) => String((event as Record<string, unknown>)[field]));
        return [`${atMs}ms`, ...values].join(' ');
      }),
  };
}
