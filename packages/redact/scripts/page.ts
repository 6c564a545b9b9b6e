import { readFileSync, writeFileSync } from 'node:fs';
import { DETECTORS } from '../src/data/detectors.ts';
import { IBAN_LENGTHS } from '../src/data/iban.ts';
import { ISSUERS } from '../src/data/issuers.ts';
import { KEY_TERMS, type Strength } from '../src/data/keys.ts';
import { LETTERED_IDS, NATIONAL_IDS } from '../src/data/national-ids.ts';
import { TOKEN_FORMATS } from '../src/data/tokens.ts';
import type { Preset } from '../src/types.ts';
import { createCorpus } from './corpus.ts';
import type { Line } from './line.ts';
import { measure, precision, recall } from './measure.ts';

export const PAGE: URL = new URL('../../../docs/packages/redact.md', import.meta.url);
/** The corpus of the published table. */
export const SEED = 6;

/** The page with one generated section replaced; throws when the page has no such section. */
export function withSection(page: string, name: string, body: string): string {
  const open = `<!-- generated: ${name} -->`;
  const close = `<!-- end: ${name} -->`;
  const start = page.indexOf(open);
  const end = page.indexOf(close);
  if (start === -1 || end === -1) throw new Error(`docs/packages/redact.md has no section ${open} … ${close}`);
  return `${page.slice(0, start + open.length)}\n\n${body.trim()}\n\n${page.slice(end)}`;
}

export function rewrite(sections: Readonly<Record<string, string>>): void {
  let page = readFileSync(PAGE, 'utf8');
  for (const [name, body] of Object.entries(sections)) page = withSection(page, name, body);
  writeFileSync(PAGE, page);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const PRESETS: readonly Preset[] = ['default', 'pci', 'gdpr', 'hipaa', 'secrets'];
const STRENGTHS: readonly Strength[] = ['strong', 'medium', 'weak', 'digits', 'exempt'];

/** Every rule, from the data that the detectors run on. */
export function rulesSection(): string {
  const detectors = table(
    ['detector', 'what', 'how', ...PRESETS],
    DETECTORS.map(({ name, title, how, presets }) => [
      `\`${name}\``,
      title,
      how,
      ...PRESETS.map((preset) => presets[preset] ?? ''),
    ]),
  );
  const names = [...new Set(KEY_TERMS.map(({ detector }) => detector))].flatMap((detector) =>
    STRENGTHS.flatMap((strength) => {
      const terms = [
        ...new Set(
          KEY_TERMS.filter((term) => term.detector === detector && term.strength === strength).map(
            ({ term }) => `\`${term}\``,
          ),
        ),
      ];
      return terms.length === 0 ? [] : [[`\`${detector}\``, strength, terms.join(', ')]];
    }),
  );
  const tokens = table(
    ['rule', 'vendor', 'begins with', 'then', 'characters'],
    TOKEN_FORMATS.map(({ id, vendor, prefix, charset, least, most }) => [
      `\`token/${id}\``,
      vendor,
      `\`${prefix}\``,
      charset,
      least === most ? String(least) : `${least} or more`,
    ]),
  );
  const identifiers = table(
    ['rule', 'country', 'identifier', 'form', 'proof'],
    [...NATIONAL_IDS, ...LETTERED_IDS].map(({ id, country, name, form, proof }) => [
      `\`national-id/${id}\``,
      country,
      name,
      `\`${form}\``,
      proof,
    ]),
  );
  const issuers = table(
    ['rule', 'range', 'lengths'],
    ISSUERS.map(({ id, from, to, lengths }) => [
      `\`card/${id}\``,
      from === to ? String(from) : `${from} to ${to}`,
      lengths.join(', '),
    ]),
  );
  const countries = Object.entries(IBAN_LENGTHS)
    .map(([country, length]) => `${country} ${length}`)
    .join(', ');
  return [
    '### Detectors\n',
    detectors,
    '\n### Names\n',
    'A name is judged by its last words, in any spelling. `strong` takes any value; `medium` one of six characters with a digit and a letter, ten digits, or sixteen of both cases; `weak` one of sixteen random characters; `digits` a number of the right length; `exempt` takes nothing.\n',
    table(['detector', 'strength', 'names'], names),
    '\n### Vendor tokens\n',
    tokens,
    '\n### National identifiers\n',
    'In a form, `9` is a digit, `A` a capital, `X` either, and `?` makes the separator behind it optional. Numbers of one check digit without a form of their own (PESEL, BSN, Steuer-ID, SIN, TFN, …) are taken under a name only.\n',
    identifiers,
    '\n### Card issuers\n',
    issuers,
    '\n### IBAN lengths\n',
    countries,
  ].join('\n');
}

/** Recall and precision per detector over the corpus. */
export function accuracySection(corpus: readonly Line[] = createCorpus(SEED)): string {
  const { scores } = measure(corpus);
  const percent = (value: number): string => `${(Math.floor(value * 10_000) / 100).toFixed(2)} %`;
  const rows = scores.map((score) => [
    score.detector === 'all' ? '**all**' : `\`${score.detector}\``,
    String(score.planted),
    percent(recall(score)),
    String(score.fired),
    percent(precision(score)),
  ]);
  const clean = corpus.filter(({ planted }) => planted.length === 0).length;
  return `${corpus.length} lines, ${clean} of them with nothing to find.\n\n${table(['detector', 'planted', 'recall', 'matches', 'precision'], rows)}`;
}
