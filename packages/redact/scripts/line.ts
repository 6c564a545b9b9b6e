import type { DetectorName } from '../src/types.ts';

/** A line, what in it must vanish, and which detector is expected to see to that. */
export interface Line {
  readonly detector: DetectorName | 'none';
  readonly text: string;
  /** Texts planted in the line, as they stand in it. */
  readonly planted: readonly string[];
}
