import type { Answer } from '../message.ts';

/** What identifies one request and its repetitions. */
export interface IdempotencyEntry {
  /** Hash of client, method, path and key. */
  readonly key: string;
  /** Hash of the request's content. */
  readonly fingerprint: string;
  /** How long the answer is kept. */
  readonly ttlMs: number;
  /** How long a request may take before it counts as broken off. */
  readonly leaseMs: number;
  /** What to do about one that broke off, where the store cannot know whether it took effect. */
  readonly onUnknown: 'refuse' | 'rerun';
}

/** How a request with a key went. */
export type IdempotencyResult =
  | { readonly state: 'done'; readonly answer: Answer; readonly replayed: boolean }
  /** Another one with this key is under way. */
  | { readonly state: 'busy' }
  /** The key was used with other content. */
  | { readonly state: 'mismatch' }
  /** Another one broke off, and whether it took effect is not known. */
  | { readonly state: 'unknown' };

/** Keeps answers by key. `Tx` is what the work is given: a transaction that commits together with the answer, or nothing. */
export interface IdempotencyStore<Tx = undefined> {
  /** Runs `work` unless an answer is there already; at most one at a time per key. Rejects with what `work` rejects with. */
  execute(entry: IdempotencyEntry, work: (transaction: Tx) => Promise<Answer>): Promise<IdempotencyResult>;
}
