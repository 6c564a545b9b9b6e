import type { LogContext } from './context.ts';

/** What a sampler is asked about. */
export interface SampleQuestion {
  readonly severity: number;
  readonly message: string;
  readonly eventName: string | undefined;
  readonly context: LogContext | undefined;
  readonly nowMs: number;
}

/**
 * Decides on one record: 0 drops it, 1 keeps it, a rate between keeps it and is written into it as
 * `breakwater.log.sample_rate`, so that `1 / rate` records stand for it. Must not throw.
 */
export type Sampler = (question: SampleQuestion) => number;
