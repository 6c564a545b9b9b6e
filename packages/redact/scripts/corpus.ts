/**
 * The corpus of the accuracy table: lines with planted values, and lines that only look like it. Generated from a seed,
 * so that the table is the same on every machine, plus lines written by hand in `corpus-lines.ts`.
 */
import { cleanLines } from './corpus-clean.ts';
import { contacts, credentials } from './corpus-contacts.ts';
import { HAND_CLEAN, HAND_PLANTED } from './corpus-lines.ts';
import { cards, ibans, identifiers } from './corpus-numbers.ts';
import { keys, secrets, tokens } from './corpus-secrets.ts';
import type { Line } from './line.ts';
import { createSource, type Source } from './source.ts';

/** One level of base64 over lines of other kinds. */
function encoded(source: Source, lines: readonly Line[]): Line[] {
  const result: Line[] = [];
  for (let round = 0; round < 200; round++) {
    const line = source.pick(lines);
    if (
      !['secret', 'email', 'card', 'authorization'].includes(line.detector) ||
      line.text.length < 24 ||
      /^[^\x20-\x7e]/.test(line.text)
    )
      continue;
    const run = Buffer.from(line.text).toString('base64');
    result.push({ detector: line.detector, text: `payload ${run} rejected`, planted: [run.replace(/=+$/, '')] });
  }
  return result;
}

export function createCorpus(seed: number): Line[] {
  const source = createSource(seed);
  const planted = [
    ...cards(source),
    ...ibans(source),
    ...identifiers(source),
    ...contacts(source),
    ...credentials(source),
    ...keys(source),
    ...tokens(source),
    ...secrets(source),
  ];
  const clean = [...cleanLines(source), ...HAND_CLEAN].map((text) => ({
    detector: 'none' as const,
    text,
    planted: [],
  }));
  return [...planted, ...encoded(source, planted), ...HAND_PLANTED, ...clean];
}
