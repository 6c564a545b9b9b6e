import { classify, OptionError } from '@breakwater/errors';
import type { Answer } from '../message.ts';
import type { IdempotencyStore } from './store.ts';

interface Kept {
  readonly fingerprint: string;
  readonly state: 'busy' | 'unknown' | Answer;
  readonly until: number;
}

/**
 * A store for one process and for tests: it forgets with the process. When `maxKeys` (default 10 000) are kept, the
 * oldest answer is forgotten; requests under way never are. `now`: milliseconds since 1970.
 */
export function memoryIdempotencyStore(
  options: { readonly maxKeys?: number; readonly now?: () => number } = {},
): IdempotencyStore {
  const { maxKeys = 10_000, now = Date.now } = options;
  if (!Number.isSafeInteger(maxKeys) || maxKeys < 1)
    throw new OptionError('options.maxKeys', maxKeys, 'an integer of 1 or more');
  const kept = new Map<string, Kept>();
  const makeRoom = (): void => {
    for (const [key, entry] of kept) {
      if (kept.size < maxKeys && entry.until > now()) return;
      if (entry.state !== 'busy') kept.delete(key);
    }
  };
  return {
    async execute({ key, fingerprint, ttlMs, onUnknown }, work) {
      const known = kept.get(key);
      if (known !== undefined && (known.state === 'busy' || known.until > now())) {
        if (known.fingerprint !== fingerprint) return { state: 'mismatch' };
        if (known.state === 'busy') return { state: 'busy' };
        if (known.state !== 'unknown') return { state: 'done', answer: known.state, replayed: true };
        if (onUnknown === 'refuse') return { state: 'unknown' };
      }
      kept.delete(key);
      makeRoom();
      const until = now() + ttlMs;
      kept.set(key, { fingerprint, state: 'busy', until });
      try {
        const answer = await work(undefined);
        kept.set(key, { fingerprint, state: answer, until });
        return { state: 'done', answer, replayed: false };
      } catch (error) {
        if (classify(error).outcome === 'unknown') kept.set(key, { fingerprint, state: 'unknown', until });
        else kept.delete(key);
        throw error;
      }
    },
  };
}
