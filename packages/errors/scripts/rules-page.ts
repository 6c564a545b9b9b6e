import { MAX_DEPTH, MAX_NODES, WRAPPER_KEYS } from '../src/classify.ts';
import { GAVE_UP, HINT_HEADERS, HINT_PROPERTIES, LABELS } from '../src/hints.ts';
import type { Conditions, Rule } from '../src/pack.ts';
import { packs } from '../src/packs.ts';
import { reasons } from '../src/reasons.ts';
import { WAIT_HEADERS } from '../src/retry-after.ts';

/** The page with every reason, hint and rule of `classify`, in Markdown. */
export function toRulesPage(): string {
  const count = packs.reduce((sum, pack) => sum + pack.rules.length, 0);
  return [
    '<!-- Made by packages/errors/scripts/generate-docs.ts from the rule packs. Do not edit. -->',
    '',
    '# Rules of `classify`',
    '',
    `${packs.length} packs, ${count} rules, ${Object.keys(reasons).length} reasons. How they are applied: [errors](errors.md#classify).`,
    '',
    '## Reasons',
    '',
    '| reason | category | retry | effect | unit | status | alert | breaker | meaning |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...Object.entries(reasons).map(
      ([name, r]) =>
        `| \`${name}\` | ${r.category} | ${yes(r.retryable)} | ${r.outcome} | ${r.unit} | ${r.httpStatus} | ${yes(r.alert)} | ${yes(r.countsForBreaker)} | ${cell(r.meaning)} |`,
    ),
    '',
    '## Hints',
    '',
    'What an error says itself comes before every rule. The first hint of this table that is there decides, of errors in',
    'one another that of the outermost. It decides over retry, and over effect and unit where it names them; the reason',
    'stays that of the rule. A hint to retry makes permanent and business errors transient, and raises no alert. An error of',
    '`defineErrors` says all of it itself.',
    '',
    '| hint | says |',
    '| --- | --- |',
    '| property `$retryable`, an object (AWS) | retry, no effect |',
    ...LABELS.map(
      ([label, hint]) =>
        `| error label \`${label}\` (MongoDB) | retry${hint.unit === undefined ? '' : ` the ${hint.unit}`}${hint.outcome === undefined ? '' : `, effect ${hint.outcome}`} |`,
    ),
    '| metadata `grpc-retry-pushback-ms` beside a number `code` (gRPC) | milliseconds: retry after them; another text: do not retry |',
    ...HINT_PROPERTIES.map(
      ([property]) =>
        `| property \`${property}\`, a boolean | retry or not; beside \`true\` a number \`retryAfterMs\` says when |`,
    ),
    ...HINT_HEADERS.map(
      ([header]) =>
        `| response header \`${header}\`, \`true\` or \`false\`, of an error with a status | retry or not |`,
    ),
    '',
    `No hint are the properties of ${[...GAVE_UP].map((name) => `\`${name}\``).join(', ')}: its client gave up for now, which says nothing about a later call.`,
    '',
    'Where no hint says when, response headers do, with or without a hint to retry:',
    '',
    '| response header | says |',
    '| --- | --- |',
    ...WAIT_HEADERS.map((header) => `| \`${header}\` | milliseconds to wait |`),
    '| `retry-after` | seconds to wait, or an HTTP date, measured from the `date` of the same answer where it has one |',
    '',
    'No wait is longer than a year.',
    '',
    `Errors in one another are those under ${WRAPPER_KEYS.map((key) => `\`${key}\``).join(', ')}, up to ${MAX_DEPTH} deep and ${MAX_NODES} in all, and`,
    'the members under `errors`, of which the gravest decides.',
    '',
    ...packs.flatMap((pack) => [
      `## ${pack.title}`,
      '',
      `Domain \`${pack.domain}\`. Sources: ${pack.sources.map((source) => `<${source}>`).join(', ')}.`,
      ...(pack.markers === undefined
        ? []
        : ['', `Only for errors with ${pack.markers.map((marker) => conditions(marker)).join(', or ')}.`]),
      '',
      '| when | it is | but |',
      '| --- | --- | --- |',
      ...pack.rules.map((rule) => `| ${conditions(rule.when)} | \`${rule.is}\` | ${changes(rule)} |`),
      '',
    ]),
  ].join('\n');
}

function yes(flag: boolean): string {
  return flag ? 'yes' : 'no';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function conditions(when: Conditions): string {
  return Object.entries(when)
    .map(
      ([key, expected]) =>
        `${key} ${[expected]
          .flat()
          .map((value) => (value === '*' ? 'present' : `\`${cell(String(value))}\``))
          .join(' ')}`,
    )
    .join(' and ');
}

function changes({ but }: Rule): string {
  return Object.entries(but ?? {})
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ');
}
