import { DETECTORS } from '../src/data/detectors.ts';
import { createRedactor } from '../src/redactor.ts';
import type { DetectorName } from '../src/types.ts';
import type { Line } from './line.ts';

export interface Score {
  readonly detector: DetectorName | 'all';
  /** Values planted for the detector, and how many of them no longer stand in the output. */
  readonly planted: number;
  readonly hidden: number;
  /** Times the detector fired, and how many of them on a planted value. */
  readonly fired: number;
  readonly right: number;
}

export interface Measured {
  readonly scores: readonly Score[];
  readonly missed: readonly { readonly line: Line; readonly output: string }[];
  readonly wrong: readonly { readonly line: Line; readonly rule: string; readonly output: string }[];
}

/** Runs the default preset with IP addresses switched on over the corpus. */
export function measure(corpus: readonly Line[]): Measured {
  const redactor = createRedactor({ rules: [{ detector: 'ip', action: 'mask' }] });
  const tally = new Map(DETECTORS.map(({ name }) => [name as string, { planted: 0, hidden: 0, fired: 0, right: 0 }]));
  const missed: { line: Line; output: string }[] = [];
  const wrong: { line: Line; rule: string; output: string }[] = [];
  for (const line of corpus) {
    const output = redactor.string(line.text);
    for (const value of line.planted) {
      const count = tally.get(line.detector)!;
      count.planted++;
      if (!output.includes(value)) count.hidden++;
      else missed.push({ line, output });
    }
    for (const { at, detector, rule } of redactor.explain(line.text)) {
      const count = tally.get(detector)!;
      count.fired++;
      if (line.planted.some((value) => isAt(line.text, value, at))) count.right++;
      else wrong.push({ line, rule, output });
    }
  }
  const scores: Score[] = [...tally].map(([detector, count]) => ({ detector: detector as DetectorName, ...count }));
  const sum = (field: 'planted' | 'hidden' | 'fired' | 'right'): number =>
    scores.reduce((total, score) => total + score[field], 0);
  scores.push({
    detector: 'all',
    planted: sum('planted'),
    hidden: sum('hidden'),
    fired: sum('fired'),
    right: sum('right'),
  });
  return { scores: scores.filter(({ planted, fired }) => planted + fired > 0), missed, wrong };
}

/** True when a match at `at` touches an occurrence of the value: a header or key block begins some way before it. */
function isAt(text: string, value: string, at: number): boolean {
  for (let start = text.indexOf(value); start !== -1; start = text.indexOf(value, start + 1)) {
    if (at >= start - 80 && at < start + value.length) return true;
  }
  return false;
}

export function recall({ planted, hidden }: Score): number {
  return planted === 0 ? 1 : hidden / planted;
}

export function precision({ fired, right }: Score): number {
  return fired === 0 ? 1 : right / fired;
}
