import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
const OUTPUT_MARK = '// Output:';

/** The code above the `// Output:` block, and the lines that the block promises. */
function splitExample(source: string): { code: string; output: string | undefined } {
  const at = source.lastIndexOf(`\n${OUTPUT_MARK}`);
  if (at < 0) return { code: source.trimEnd(), output: undefined };
  const lines = source
    .slice(at + 1)
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^\/\/ ?/, ''));
  return { code: source.slice(0, at).trimEnd(), output: lines.join('\n') };
}

describe('every example prints what it says', { concurrency: 2 }, () => {
  for (const file of globSync('packages/*/examples/*.ts', { cwd: root }).sort()) {
    test(file, { timeout: 60_000 }, async () => {
      const { output } = splitExample(readFileSync(join(root, file), 'utf8'));
      assert.notEqual(output, undefined, `${file} must end with a "${OUTPUT_MARK}" block`);
      const { stdout } = await run(
        process.execPath,
        ['--conditions=@breakwater/source', '--disable-warning=ExperimentalWarning', file],
        {
          cwd: root,
        },
      );
      assert.equal(stdout.trimEnd(), output?.trimEnd());
    });
  }
});

describe('every example in a document equals its file', () => {
  const block = /<!-- example: (\S+) -->\s*```\w*\n([\s\S]*?)```/g;
  const documents = ['*.md', 'docs/**/*.md', 'packages/*/*.md'].flatMap((pattern) => globSync(pattern, { cwd: root }));
  for (const document of documents.sort()) {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, path, shown] of text.matchAll(block)) {
      test(`${document}: ${path}`, () => {
        const beside = join(root, dirname(document), path!);
        const file = existsSync(beside) ? beside : join(root, path!);
        assert.ok(existsSync(file), `${document} names ${path}, which is neither beside it nor under the root`);
        assert.equal(shown?.trimEnd(), splitExample(readFileSync(file, 'utf8')).code);
      });
    }
  }
});

describe('every relative link in a document leads somewhere', () => {
  const documents = ['*.md', 'docs/**/*.md', 'packages/*/*.md'].flatMap((pattern) => globSync(pattern, { cwd: root }));
  for (const document of documents.sort()) {
    test(document, () => {
      const text = readFileSync(join(root, document), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
      const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target]) => target!)
        .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
        .filter((target) => !existsSync(join(root, dirname(document), target.split('#')[0]!)));
      assert.deepEqual(broken, []);
    });
  }
});
