import type { LogRecord } from '../telemetry/records.ts';

export interface LogSubscription {
  /** Which records to deliver. Default: all. */
  match?: (record: LogRecord) => boolean;
  /**
   * Called at most once per published batch, in the order of publishing, and only with something to say: the matching
   * records, and how many more matched but were left out because of `maxPerSecond`. Called synchronously; a subscriber
   * that throws is removed.
   */
  onBatch: (records: readonly LogRecord[], dropped: number) => void;
  /** Most records delivered per second on average; after a quiet time up to five seconds' worth at once. */
  maxPerSecond: number;
}

/** Exporters send every few seconds: what came together in one batch was spread over the time since the last. */
export const BURST_SECONDS = 5;

/** Log records as they are stored, for readers in this process. Nothing is kept: a reader sees what comes after it subscribed. */
export interface LiveStream {
  /** Delivers to every subscriber before it returns; does nothing without one. Never throws. */
  publishLogs(records: readonly LogRecord[]): void;
  /** Returns the function that ends the subscription. Throws a RangeError unless `maxPerSecond` is at least 1. */
  subscribeLogs(subscription: LogSubscription): () => void;
}

/** `log` gets a line when a subscriber is removed because it threw. `now` is in epoch milliseconds. */
export function createLiveStream(options: { now?: () => number; log?: (line: string) => void } = {}): LiveStream {
  const now = options.now ?? Date.now;
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const subscribers = new Set<(records: readonly LogRecord[]) => void>();

  return {
    publishLogs(records) {
      if (subscribers.size === 0 || records.length === 0) return;
      for (const deliver of subscribers) {
        try {
          deliver(records);
        } catch (error) {
          subscribers.delete(deliver);
          log(
            `live stream: a reader failed and was removed: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
      }
    },

    subscribeLogs({ match, onBatch, maxPerSecond }) {
      if (!(maxPerSecond >= 1)) throw new RangeError(`maxPerSecond must be at least 1, got ${maxPerSecond}`);
      const burst = maxPerSecond * BURST_SECONDS;
      let room = burst;
      let refilledAt = now();
      const deliver = (records: readonly LogRecord[]): void => {
        const nowMs = now();
        // A clock that was set back gives nothing, and takes nothing.
        room = Math.min(burst, room + (Math.max(0, nowMs - refilledAt) / 1000) * maxPerSecond);
        refilledAt = nowMs;
        const matching = match === undefined ? records : records.filter(match);
        if (matching.length === 0) return;
        const delivered = matching.length <= room ? matching : matching.slice(0, Math.floor(room));
        room -= delivered.length;
        onBatch(delivered, matching.length - delivered.length);
      };
      subscribers.add(deliver);
      return () => {
        subscribers.delete(deliver);
      };
    },
  };
}
