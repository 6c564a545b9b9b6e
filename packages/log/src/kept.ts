import type { Tally } from './sink.ts';

/** Who writes a line that a request has kept, or counts it. */
export interface LineOwner {
  write(line: string, severity: number): void;
  readonly tally: Pick<Tally, 'drop'>;
}

/** Lines of one request that are below the threshold, kept until it is known whether it failed (`@breakwater/log/request`). */
export interface KeptLines {
  /** Lowest severity kept. */
  readonly from: number;
  readonly state: 'keeping' | 'written' | 'discarded';
  keep(line: string, severity: number, owner: LineOwner): void;
  /** The request failed: its lines are written, and later ones will be at once. */
  fail(): void;
}

/**
 * One entry for each request that goes on. Called when a logger is closed, it writes what that logger has said in the
 * request; when the process ends, without one, everything: a request that goes on then has not gone well.
 */
export const openRequests: Set<(owner?: LineOwner) => void> = new Set();
