import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lintConfig, runLintCli } from './lint.ts';

// Each line that loses a failure says which rule finds it; nothing else may be found.
const BAD = `
export function a(f: () => number) {
  try { return f(); } catch {} // empty-catch
}
export function b(f: () => number) {
  try { return f(); } catch (e) { return null; } // catch-default
}
export function c(f: () => number) {
  try { return f(); } catch (e) { if (e) { return []; } } // catch-default
}
const other = 0;
export function h(f: () => number) {
  try { return f(); } catch (e) { return other; } // catch-default
}
export function d(p: Promise<number>) {
  return p.catch(() => null); // silent-rejection
}
export function e(p: Promise<number>) {
  return p.catch((error) => {}); // silent-rejection
}
declare const s: { on(name: string, f: unknown): void; once(name: string, f: unknown): void };
s.on('error', () => {}); // ignored-error-event
s.once("error", function () {}); // ignored-error-event
async function later(): Promise<void> {}
export function f() {
  later(); // floating-promise
}
`;

const GOOD = `
export function a(f: () => number, log: { error(e: unknown): void }) {
  try { return f(); } catch (e) { log.error(e); return null; }
}
export function b(f: () => number) {
  try { return f(); } catch (e) { throw new Error('no number', { cause: e }); }
}
export function c(p: Promise<number>, report: (e: unknown) => null) {
  return p.catch((e) => report(e));
}
declare const s: { on(name: string, f: unknown): void };
s.on('error', (e: unknown) => console.error(e));
async function later(): Promise<void> {}
export async function d() {
  await later();
}
export function g(f: () => number) {
  try { return { value: f() }; } catch (e) { return { failure: (e as Error).message }; }
}
export function e(f: () => number) {
  // biome-ignore lint/plugin: absence is the answer here
  try { return f(); } catch { return 0; }
}
`;

describe('breakwater-lint', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lint-test-'));
    await writeFile(join(folder, 'bad.ts'), BAD);
    await writeFile(join(folder, 'good.ts'), GOOD);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('R40: finds each kind of silent failure, and only those', async () => {
    const expected = BAD.split('\n').flatMap((line, index) => {
      const rule = /\/\/ ([a-z-]+)$/.exec(line)?.[1];
      return rule === undefined ? [] : [`${index + 1} ${rule}`];
    });
    const result = await runLintCli([], folder);
    assert.deepEqual(
      result.findings.map(({ line, rule }) => `${line} ${rule}`),
      expected,
    );
    assert.ok(result.findings.every(({ file }) => file.endsWith('bad.ts')));
    assert.equal(result.exitCode, 1);
  });

  it('R40: a file without silent failure gives exit code 0', async () => {
    assert.deepEqual(await runLintCli(['good.ts'], folder), { exitCode: 0, findings: [], text: '0 silent failures' });
  });

  it('R41: a file of another language is not looked at, whatever is wrong with it', async () => {
    await writeFile(join(folder, 'styles.css'), '@theme { --a: ; } @apply } {');
    assert.deepEqual(await runLintCli(['good.ts', 'styles.css'], folder), {
      exitCode: 0,
      findings: [],
      text: '0 silent failures',
    });
    await rm(join(folder, 'styles.css'));
  });

  // Floating promises are not looked for again: the repository's own check does.
  it('the sources of the two packages lose no failure', async () => {
    const config = join(folder, 'config');
    await mkdir(config);
    await writeFile(join(config, 'biome.json'), JSON.stringify(lintConfig()));
    const biome = fileURLToPath(import.meta.resolve('@biomejs/biome/bin/biome'));
    const args = [biome, 'lint', '--reporter=json', `--config-path=${config}`, 'errors/src', 'redact/src'];
    const cwd = fileURLToPath(new URL('../../../', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
    const { diagnostics, summary } = JSON.parse(stdout);
    assert.ok(summary.unchanged > 100, stdout.slice(0, 300));
    assert.deepEqual(
      diagnostics.filter((found: { category: string }) => found.category === 'plugin'),
      [],
    );
  });

  it('R41: what it cannot look at is an error, not "nothing found"', async () => {
    await writeFile(join(folder, 'broken.ts'), 'export const = ;');
    assert.equal((await runLintCli(['broken.ts'], folder)).exitCode, 2);
    assert.equal((await runLintCli(['nonexistent'], folder)).exitCode, 2);
    assert.equal((await runLintCli(['--fix'], folder)).exitCode, 2);
    assert.match((await runLintCli(['..'], folder)).text, /outside/);
  });
});
