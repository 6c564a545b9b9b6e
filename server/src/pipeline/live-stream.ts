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
  /** Most records delivered in any one second of the clock. */
  maxPerSecond: number;
}

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
      let second = -1;
      let room = 0;
      const deliver = (records: readonly LogRecord[]): void => {
        const currentSecond = Math.floor(now() / 1000);
        if (currentSecond !== second) {
          second = currentSecond;
          room = Math.floor(maxPerSecond);
        }
        const matching = match === undefined ? records : records.filter(match);
        if (matching.length === 0) return;
        const delivered = matching.length <= room ? matching : matching.slice(0, room);
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
