// Writes the pages that are made from data: `node scripts/generate-docs.ts`. A test fails when they are not up to date.
import { writeFileSync } from 'node:fs';
import { errors } from '../examples/payment-errors.ts';
import { toCataloguePage } from '../src/generate.ts';
import { toPublished } from '../src/published.ts';
import { toRulesPage } from './rules-page.ts';

const TYPE_BASE = 'https://errors.example.com/';

/** The generated files, by their address. */
export const pages: readonly (readonly [file: URL, content: string])[] = [
  [new URL('../../../docs/packages/errors-rules.md', import.meta.url), toRulesPage()],
  [
    new URL('../../../docs/packages/errors-catalogue.md', import.meta.url),
    `<!-- Made by packages/errors/scripts/generate-docs.ts from packages/errors/examples/payment-errors.ts. Do not edit. -->\n\n${toCataloguePage(errors, { title: 'Error catalogue of the examples', typeBase: TYPE_BASE })}`,
  ],
  [
    new URL('../examples/generated/payment-errors.published.json', import.meta.url),
    `${JSON.stringify(toPublished(errors, { typeBase: TYPE_BASE }), undefined, 2)}\n`,
  ],
];

if (import.meta.main) for (const [file, content] of pages) writeFileSync(file, content);
