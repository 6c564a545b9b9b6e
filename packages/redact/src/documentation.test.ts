import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createCorpus } from '../scripts/corpus.ts';
import { measure, precision, recall } from '../scripts/measure.ts';
import { accuracySection, PAGE, rulesSection, SEED, withSection } from '../scripts/page.ts';
import { compile } from './compile.ts';
import { KEY_TERMS } from './data/keys.ts';
import { TOKEN_FORMATS } from './data/tokens.ts';

const corpus = createCorpus(SEED);

test('R22: recall is at least 99.5 % and precision at least 98 %, in sum and per detector', () => {
  const { scores } = measure(corpus);
  assert.ok(scores.length > 15);
  for (const score of scores) {
    assert.ok(recall(score) >= 0.995, `${score.detector} hides ${score.hidden} of ${score.planted}`);
    assert.ok(precision(score) >= 0.98, `${score.detector} is right ${score.right} times of ${score.fired}`);
  }
});

test('the documentation page lists the rules and figures of the code: run scripts/docs.ts and scripts/accuracy.ts', () => {
  const page = readFileSync(PAGE, 'utf8');
  assert.equal(withSection(page, 'rules', rulesSection()), page);
  assert.equal(withSection(page, 'accuracy', accuracySection(corpus)), page);
});

test('rule data holds nothing twice', () => {
  const ids = TOKEN_FORMATS.map(({ id }) => id);
  const prefixes = TOKEN_FORMATS.map(({ prefix }) => prefix);
  const terms = KEY_TERMS.map(({ term, strength }) => `${term} ${strength === 'exempt'}`);
  for (const list of [ids, prefixes, terms]) {
    assert.deepEqual(
      list.filter((item, index) => list.indexOf(item) !== index),
      [],
    );
  }
});

test('the automaton of every preset fits its table', () => {
  for (const preset of ['default', 'pci', 'gdpr', 'hipaa', 'secrets'] as const) {
    const { automaton } = compile({ preset });
    assert.ok(automaton.next.length >> 6 < 20_000);
    assert.equal(automaton.outputs.length + automaton.firstOutput, automaton.next.length >> 6);
  }
});
