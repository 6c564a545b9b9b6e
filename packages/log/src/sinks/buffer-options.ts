import { type Rule, text, whole } from '@breakwater/errors/options';
import type { Backlog, FullPolicy } from './full-policy.ts';

/** Options that stdout, file and worker sinks share. */
export interface BufferOptions {
  /** Name in counts and reports. */
  readonly name?: string | undefined;
  /** Characters collected before one write, 262 144 bytes at most. Default 65 536; 1 writes every line at once. */
  readonly batchChars?: number | undefined;
  /** Milliseconds after which what was collected is written anyway. Default 100. */
  readonly flushMs?: number | undefined;
  /** Characters kept while the place takes nothing. Default 16 777 216. */
  readonly maxBufferChars?: number | undefined;
  /**
   * What happens to a line when the place takes nothing and the buffer is full: `dropOldest()`, `dropLowest()` or
   * `spill(path)` of `@breakwater/log/full`. Default: it blocks the caller until there is room, at most `blockMs`.
   */
  readonly whenFull?: FullPolicy | undefined;
  /**
   * Milliseconds that a line may wait for room without `whenFull`, and that `flush` and the end of the process may wait. When they
   * were in vain, later lines do not wait before the place has taken something again. Default 2000.
   */
  readonly blockMs?: number | undefined;
}

export const count: Rule = /* @__PURE__ */ whole(1);
/** What a timer of Node can wait. */
export const timerMs: Rule = /* @__PURE__ */ whole(1, 2 ** 31 - 1);

export const bufferRules: Readonly<Record<string, Rule>> = {
  name: text,
  batchChars: count,
  flushMs: timerMs,
  maxBufferChars: count,
  whenFull: ['dropOldest(), dropLowest() or spill(path)', (v) => typeof (v as FullPolicy | null)?.open === 'function'],
  blockMs: timerMs,
};

export const MAX_BUFFER_CHARS = 16_777_216;

/** Where lines wait by the policy, if there is one. Throws what opening a spill file throws. */
export function openBacklog({ whenFull, maxBufferChars = MAX_BUFFER_CHARS }: BufferOptions): Backlog | undefined {
  return whenFull?.open(maxBufferChars);
}
