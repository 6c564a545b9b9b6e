import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readNumber, readProperty, readString } from '../read.ts';

/** The files that can hold a finding. Biome reads others too, and cannot read every stylesheet. */
const CODE = /\.[cm]?[jt]sx?$/;

/** The rules, each a Biome GritQL plugin in the package's `lint` folder. Floating promises are Biome's own rule. */
export const LINT_RULES: readonly string[] = [
  'empty-catch',
  'catch-default',
  'silent-rejection',
  'ignored-error-event',
];

const USAGE = `breakwater-lint [PATH …]    finds silent failure in TypeScript and JavaScript (default: .)

Rules: ${LINT_RULES.join(', ')}, floating-promise.
Needs @biomejs/biome 2.5 or later in the project. A finding that is meant is allowed by a comment on the line above:
// biome-ignore lint/plugin: why`;

/** One place where a failure is lost. */
export interface LintFinding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly rule: string;
  readonly message: string;
}

/** What `breakwater-lint` found. */
export interface LintResult {
  readonly exitCode: 0 | 1 | 2;
  readonly findings: readonly LintFinding[];
  readonly text: string;
}

/** The command `breakwater-lint`, without the process. Exit code 1: findings; 2: it could not run. */
export async function runLintCli(args: readonly string[], cwd: string): Promise<LintResult> {
  if (args.includes('--help')) return { exitCode: 0, findings: [], text: USAGE };
  const unknown = args.find((arg) => arg.startsWith('-'));
  if (unknown !== undefined) return { exitCode: 2, findings: [], text: `unknown option ${unknown}\n\n${USAGE}` };
  const paths = args.length === 0 ? ['.'] : args;
  const missing = paths.find((path) => !existsSync(resolve(cwd, path)));
  if (missing !== undefined) return { exitCode: 2, findings: [], text: `no such file or folder: ${missing}` };
  const biome = findBiome(cwd);
  if (biome === undefined)
    return {
      exitCode: 2,
      findings: [],
      text: 'breakwater-lint needs @biomejs/biome: npm install --save-dev @biomejs/biome',
    };
  const outside = paths.find((path) => relative(cwd, resolve(cwd, path)).startsWith('..'));
  if (outside !== undefined) return { exitCode: 2, findings: [], text: `outside the current folder: ${outside}` };
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-lint-'));
  try {
    await writeFile(join(folder, 'biome.json'), JSON.stringify(lintConfig()));
    const common = ['lint', '--reporter=json', '--max-diagnostics=none'];
    const plugins = await run(biome, [...common, `--config-path=${folder}`, ...paths], cwd);
    // Types are inferred from the project's own root, so this rule runs with the project's configuration.
    const types = await run(biome, [...common, '--only=nursery/noFloatingPromises', ...paths], cwd);
    return toResult(toReport(plugins), toReport(types));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The Biome configuration of the plugins. A project can put the same `plugins` into its own configuration. */
export function lintConfig(): { readonly [key: string]: unknown } {
  const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../../lint');
  return {
    root: true,
    plugins: LINT_RULES.map((rule) => join(folder, `${rule}.grit`)),
    files: { includes: ['**', '!**/node_modules', '!**/dist'] },
    linter: { rules: { preset: 'none' } },
    formatter: { enabled: false },
    assist: { enabled: false },
  };
}

function findBiome(cwd: string): string | undefined {
  for (const from of [join(cwd, 'package.json'), fileURLToPath(import.meta.url)]) {
    try {
      return join(dirname(createRequire(from).resolve('@biomejs/biome/package.json')), 'bin', 'biome');
    } catch (error) {
      if ((error as { code?: string }).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

function run(biome: string, args: readonly string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  const { promise, resolve: done, reject } = Promise.withResolvers<{ stdout: string; stderr: string }>();
  const child = spawn(process.execPath, [biome, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.on('error', reject);
  child.on('close', () => done({ stdout, stderr }));
  return promise;
}

type Report = { readonly diagnostics: readonly unknown[] } | { readonly failure: string };

function toReport({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): Report {
  try {
    const diagnostics = readProperty(JSON.parse(stdout), 'diagnostics');
    if (Array.isArray(diagnostics)) return { diagnostics };
  } catch (error) {
    return { failure: `biome gave no report (${(error as Error).message}): ${stderr.slice(0, 2000)}` };
  }
  return { failure: `biome's report has no diagnostics: ${stdout.slice(0, 200)}` };
}

function toResult(plugins: Report, types: Report): LintResult {
  for (const report of [plugins, types])
    if ('failure' in report) return { exitCode: 2, findings: [], text: report.failure };
  const all = [plugins, types].flatMap((report) => ('failure' in report ? [] : report.diagnostics));
  const findings = all
    .flatMap((diagnostic) => toFinding(diagnostic) ?? [])
    .toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
  // A file that cannot be parsed was not looked at: that is not "no findings".
  const unread = all.filter((diagnostic) => {
    const category = readString(diagnostic, 'category');
    if (category === 'configuration') return true;
    const { file } = placeOf(diagnostic);
    return (category === 'parse' || category === 'internalError/io') && (file === '?' || CODE.test(file));
  });
  if (unread.length > 0) {
    const lines = unread.map((diagnostic) => `${placeOf(diagnostic).file}: ${readString(diagnostic, 'message')}`);
    return { exitCode: 2, findings, text: [...new Set(lines)].join('\n') };
  }
  const lines = findings.map(({ file, line, column, rule, message }) => `${file}:${line}:${column} ${rule} ${message}`);
  return {
    exitCode: findings.length === 0 ? 0 : 1,
    findings,
    text: [...lines, `${findings.length} silent failures`].join('\n'),
  };
}

function placeOf(diagnostic: unknown): { readonly file: string; readonly line: number; readonly column: number } {
  const location = readProperty(diagnostic, 'location');
  const start = readProperty(location, 'start');
  return {
    file: readString(location, 'path') ?? '?',
    line: readNumber(start, 'line') ?? 0,
    column: readNumber(start, 'column') ?? 0,
  };
}

function toFinding(diagnostic: unknown): LintFinding | undefined {
  const category = readString(diagnostic, 'category');
  const text = readString(diagnostic, 'message') ?? '';
  const place = placeOf(diagnostic);
  if (category === 'lint/nursery/noFloatingPromises') {
    return {
      ...place,
      rule: 'floating-promise',
      message: 'nobody waits for the promise, so nobody learns of its failure. Await it, or handle its rejection.',
    };
  }
  const colon = text.indexOf(': ');
  const rule = text.slice(0, colon);
  return category === 'plugin' && LINT_RULES.includes(rule)
    ? { ...place, rule, message: text.slice(colon + 2) }
    : undefined;
}
