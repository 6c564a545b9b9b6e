import { classify } from '@breakwater/errors';
import { callable, checkOptions, type Rule, whole } from '@breakwater/errors/options';
import type { Answer } from '../message.ts';
import type { IdempotencyStore } from './store.ts';

interface Kept {
  readonly fingerprint: string;
  readonly state: 'unknown' | Answer;
  readonly until: number;
}

const rules: Record<string, Rule> = { maxKeys: whole(1), now: callable };

/**
 * A store for one process and for tests: it forgets with the process. When `maxKeys` (default 10 000) are kept, the
 * oldest answer is forgotten; requests under way never are. `now`: milliseconds since 1970. Throws `OptionError` for wrong
 * options.
 */
export function memoryIdempotencyStore(
  options: { readonly maxKeys?: number | undefined; readonly now?: (() => number) | undefined } = {},
): IdempotencyStore {
  checkOptions('memoryIdempotencyStore', options, rules);
  const { maxKeys = 10_000, now = Date.now } = options;
  /** Fingerprints of requests under way. Apart, so that making room never has to look for what may go. */
  const busy = new Map<string, string>();
  /** The oldest first. */
  const kept = new Map<string, Kept>();
  const makeRoom = (): void => {
    for (const [key, entry] of kept) {
      if (busy.size + kept.size < maxKeys && entry.until > now()) return;
      kept.delete(key);
    }
  };
  return {
    async execute({ key, fingerprint, ttlMs, onUnknown }, work) {
      const running = busy.get(key);
      if (running !== undefined) return { state: running === fingerprint ? 'busy' : 'mismatch' };
      const known = kept.get(key);
      if (known !== undefined && known.until > now()) {
        if (known.fingerprint !== fingerprint) return { state: 'mismatch' };
        if (known.state !== 'unknown') return { state: 'done', answer: known.state, replayed: true };
        if (onUnknown === 'refuse') return { state: 'unknown' };
      }
      kept.delete(key);
      makeRoom();
      busy.set(key, fingerprint);
      const until = now() + ttlMs;
      try {
        const answer = await work(undefined);
        kept.set(key, { fingerprint, state: answer, until });
        return { state: 'done', answer, replayed: false };
      } catch (error) {
        if (classify(error).outcome === 'unknown') kept.set(key, { fingerprint, state: 'unknown', until });
        throw error;
      } finally {
        busy.delete(key);
      }
    },
  };
}
