/** Time that moves only when told to, and what was scheduled on it. */
export interface ManualClock {
  now(): number;
  schedule(ms: number, callback: () => void): () => void;
  /** Moves on, running what is due in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
}

export function createManualClock(): ManualClock {
  let time = 1_000_000;
  const timers = new Set<{ at: number; callback: () => void }>();
  return {
    now: () => time,
    schedule(ms, callback) {
      const timer = { at: time + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const until = time + ms;
      for (;;) {
        await settle();
        const due = [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) {
          time = until;
          return;
        }
        timers.delete(due);
        time = Math.max(time, due.at);
        due.callback();
      }
    },
  };
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
