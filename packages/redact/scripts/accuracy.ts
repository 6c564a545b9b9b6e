// Measures recall and precision on the corpus, prints what was missed or wrongly taken, and regenerates the table of
// docs/packages/redact.md: npx node packages/redact/scripts/accuracy.ts
import { createCorpus } from './corpus.ts';
import { measure, precision, recall } from './measure.ts';
import { accuracySection, rewrite, SEED } from './page.ts';

const { scores, missed, wrong } = measure(createCorpus(SEED));
console.table(
  scores.map((score) => ({
    detector: score.detector,
    planted: score.planted,
    'recall %': Math.floor(recall(score) * 10_000) / 100,
    matches: score.fired,
    'precision %': Math.floor(precision(score) * 10_000) / 100,
  })),
);
for (const { line, output } of missed)
  console.log(`missed: ${JSON.stringify(line.text)} became ${JSON.stringify(output)}`);
for (const { line, rule, output } of wrong)
  console.log(`wrong: ${rule} in ${JSON.stringify(line.text)} became ${JSON.stringify(output)}`);
rewrite({ accuracy: accuracySection() });
