import type { AnyErrorType } from './define.ts';
import type { DefinitionData } from './definition.ts';
import { problemType } from './problem.ts';

/** A catalogue: what `defineErrors` returns. */
export type Catalogue = Readonly<Record<string, AnyErrorType>>;

/** Options of the generators. */
export interface GenerateOptions {
  /** Heading of the page. Default `Errors`. */
  readonly title?: string;
  /** Prefix of problem types. Default `urn:breakwater:problem:`. */
  readonly typeBase?: string;
}

function definitionsOf(catalogue: Catalogue): DefinitionData[] {
  return Object.values(catalogue)
    .map((type) => type.definition)
    .toSorted((a, b) => (a.code < b.code ? -1 : 1));
}

function parametersOf(definition: DefinitionData): Map<string, string> {
  return new Map(definition.parts.flatMap((part) => (typeof part === 'string' ? [] : [[part.name, part.kind]])));
}

function userTextOf(definition: DefinitionData): string | undefined {
  const { userMessage } = definition;
  return typeof userMessage === 'object' ? userMessage['en'] : userMessage;
}

/** The documentation page of a catalogue, in Markdown. The same catalogue gives the same page. */
export function toCataloguePage(catalogue: Catalogue, options: GenerateOptions = {}): string {
  const lines = [
    `# ${options.title ?? 'Errors'}`,
    '',
    '| code | category | status | retry | meaning |',
    '| --- | --- | --- | --- | --- |',
  ];
  const definitions = definitionsOf(catalogue);
  for (const { code, category, status, retryable, title } of definitions) {
    lines.push(
      `| [\`${code}\`](#${code.toLowerCase()}) | ${category} | ${status} | ${retryable ? 'yes' : 'no'} | ${cell(title)} |`,
    );
  }
  for (const definition of definitions) {
    const { code, category, status, message, nextStep, docs, retryable, outcome, retryAfterMs, alert, publicParams } =
      definition;
    const parameters = [...parametersOf(definition)].map(
      ([name, kind]) => `\`${name}\` (${kind}${publicParams.includes(name) ? ', public' : ''})`,
    );
    lines.push(
      '',
      `## ${code}`,
      '',
      `- Problem type: \`${problemType(code, options.typeBase)}\``,
      `- Message: ${cell(message)}`,
    );
    if (parameters.length > 0) lines.push(`- Parameters: ${parameters.join(', ')}`);
    const user = userTextOf(definition);
    if (user !== undefined) lines.push(`- Users read: ${cell(user)}`);
    const wait = retryAfterMs === undefined ? '' : ` after ${retryAfterMs} ms`;
    lines.push(
      `- Response: HTTP ${status}, ${category}, ${retryable ? `retry${wait}` : 'no retry'}, effect ${outcome}${alert ? ', alerts' : ''}`,
    );
    if (nextStep !== undefined) lines.push(`- What to do: ${cell(nextStep)}`);
    if (docs !== undefined) lines.push(`- More: <${docs}>`);
  }
  return `${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** One problem type as data: what a registry of problem types lists. */
export interface ProblemType {
  readonly type: string;
  readonly code: string;
  readonly title: string;
  readonly status: number;
  readonly category: string;
  readonly retryable: boolean;
  readonly detail?: string;
}

/** The problem types of a catalogue, sorted by code. */
export function toProblemTypes(catalogue: Catalogue, options: GenerateOptions = {}): ProblemType[] {
  return definitionsOf(catalogue).map((definition) => {
    const { code, title, status, category, retryable } = definition;
    const detail = userTextOf(definition);
    return {
      type: problemType(code, options.typeBase),
      code,
      title,
      status,
      category,
      retryable,
      ...(detail === undefined ? {} : { detail }),
    };
  });
}

/** JSON as OpenAPI writes it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const JSON_TYPES: Readonly<Record<string, Json>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  date: { type: 'string', format: 'date-time' },
};

/** OpenAPI 3.1 components: the schema `Problem`, and a schema and a response per code. */
export function toOpenApi(
  catalogue: Catalogue,
  options: GenerateOptions = {},
): { readonly components: { readonly [key: string]: Json } } {
  const schemas: Record<string, Json> = { Problem: problemSchema };
  const responses: Record<string, Json> = {};
  for (const definition of definitionsOf(catalogue)) {
    const { name, code, status, title, publicParams } = definition;
    const kinds = parametersOf(definition);
    const properties: Record<string, Json> = {
      type: { const: problemType(code, options.typeBase) },
      code: { const: code },
      status: { const: status },
      title: { const: title },
    };
    if (publicParams.length > 0 && status < 500) {
      properties['params'] = {
        type: 'object',
        properties: Object.fromEntries(publicParams.map((param) => [param, JSON_TYPES[kinds.get(param)!]!])),
      };
    }
    schemas[name] = { allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', properties }] };
    responses[name] = {
      description: userTextOf(definition) ?? title,
      ...(definition.retryable
        ? { headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds to wait' } } }
        : {}),
      content: { 'application/problem+json': { schema: { $ref: `#/components/schemas/${name}` } } },
    };
  }
  return { components: { schemas, responses } };
}

const problemSchema: Json = {
  type: 'object',
  description: 'Problem document (RFC 9457)',
  required: ['type', 'title', 'status', 'detail', 'code', 'retryable'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri-reference' },
    code: { type: 'string' },
    correlationId: { type: 'string' },
    retryable: { type: 'boolean' },
    retryAfterMs: { type: 'integer', minimum: 0 },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code'],
        properties: { pointer: { type: 'string' }, code: { type: 'string' } },
      },
    },
  },
};

/** TypeScript source that defines the catalogue's classes: for a client in another repository. */
export function toClassSource(catalogue: Catalogue): string {
  const lines = ["import { defineError } from '@breakwater/errors';", ''];
  for (const definition of definitionsOf(catalogue)) {
    const {
      code,
      category,
      message,
      status,
      title,
      retryable,
      outcome,
      retryAfterMs,
      docs,
      userMessage,
      nextStep,
      alert,
      publicParams,
      name,
    } = definition;
    const fields = {
      code,
      category,
      message,
      status,
      title,
      name,
      userMessage,
      nextStep,
      docs,
      retryable,
      outcome,
      retryAfterMs,
      alert,
      publicParams,
    };
    lines.push(`export const ${name} = defineError(${JSON.stringify(fields, undefined, 2)});`, '');
  }
  return lines.join('\n');
}
