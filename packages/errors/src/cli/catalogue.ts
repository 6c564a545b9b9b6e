import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Catalogue, toCataloguePage, toClassSource, toOpenApi, toProblemTypes } from '../generate.ts';
import { comparePublished, type Published, type PublishedChange, toPublished } from '../published.ts';

const USAGE = `breakwater-errors generate CATALOGUE --out DIR    writes errors.md, problem-types.json, openapi.json, errors.ts
breakwater-errors check CATALOGUE --lock FILE     fails when a published code changed its meaning
breakwater-errors publish CATALOGUE --lock FILE   remembers the codes; changed ones only with --accept CODE[,CODE]

CATALOGUE is a module that exports "errors", made by defineErrors.
Options: --title TEXT, --type-base URI`;

/** Output of one run. */
export interface CliResult {
  readonly exitCode: 0 | 1 | 2;
  readonly text: string;
}

/** The command `breakwater-errors`, without the process: arguments in, text and exit code out. */
export async function runCatalogueCli(args: readonly string[]): Promise<CliResult> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return { exitCode: 2, text: `${(error as Error).message}\n\n${USAGE}` };
  }
  const { values, positionals } = parsed;
  const [command, file] = positionals;
  if (values.help === true) return { exitCode: 0, text: USAGE };
  if (file === undefined || positionals.length !== 2) return { exitCode: 2, text: USAGE };
  const options = {
    ...(values.title === undefined ? {} : { title: values.title }),
    ...(values['type-base'] === undefined ? {} : { typeBase: values['type-base'] }),
  };
  if (command === 'generate' && values.out !== undefined) return generate(await load(file), values.out, options);
  if ((command === 'check' || command === 'publish') && values.lock !== undefined) {
    const now = toPublished(await load(file), options);
    const before: Published = existsSync(values.lock)
      ? (JSON.parse(await readFile(values.lock, 'utf8')) as Published)
      : {};
    const accepted = command === 'publish' ? (values.accept?.split(',') ?? []) : [];
    const changes = comparePublished(before, now).filter(({ code }) => !accepted.includes(code));
    if (changes.length > 0) return { exitCode: 1, text: changes.map(toLine).join('\n') };
    if (command === 'check') return { exitCode: 0, text: `${Object.keys(before).length} published codes unchanged` };
    await writeFile(values.lock, `${JSON.stringify(now, undefined, 2)}\n`);
    return { exitCode: 0, text: `${Object.keys(now).length} codes published` };
  }
  return { exitCode: 2, text: USAGE };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { out: text, lock: text, accept: text, title: text, 'type-base': text, help: { type: 'boolean' } },
  });
}

async function load(file: string): Promise<Catalogue> {
  const module = (await import(pathToFileURL(resolve(file)).href)) as { errors?: Catalogue };
  if (typeof module.errors !== 'object') throw new TypeError(`${file} does not export "errors"`);
  return module.errors;
}

async function generate(
  catalogue: Catalogue,
  out: string,
  options: { title?: string; typeBase?: string },
): Promise<CliResult> {
  await mkdir(out, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    'errors.md': toCataloguePage(catalogue, options),
    'problem-types.json': `${JSON.stringify(toProblemTypes(catalogue, options), undefined, 2)}\n`,
    'openapi.json': `${JSON.stringify(toOpenApi(catalogue, options), undefined, 2)}\n`,
    'errors.ts': toClassSource(catalogue),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(out, name), content);
  return { exitCode: 0, text: `wrote ${Object.keys(files).join(', ')}` };
}

function toLine({ code, what, before, now }: PublishedChange): string {
  return what === 'removed' ? `${code} was published and is gone` : `${code}: ${what} was "${before}", is "${now}"`;
}
