import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCatalogueCli } from './cli/catalogue.ts';
import { defineErrors } from './define.ts';
import { toCataloguePage, toClassSource, toOpenApi, toProblemTypes } from './generate.ts';
import { comparePublished, toPublished } from './published.ts';

const entries = {
  A_FAILED: {
    category: 'transient',
    message: 'a {n:integer} failed',
    publicParams: ['n'],
    status: 429,
    nextStep: 'Wait | then look.',
    docs: 'https://example.com/a',
  },
  B_MISSING: { category: 'permanent', status: 404, message: 'no {what}', userMessage: 'Not there.' },
} as const;
const catalogue = defineErrors(entries);

describe('a catalogue generates', () => {
  it('R36: the documentation page, the same each time, one section per code', () => {
    const page = toCataloguePage(catalogue, { title: 'Shop errors' });
    assert.equal(
      page,
      toCataloguePage(defineErrors({ B_MISSING: entries.B_MISSING, A_FAILED: entries.A_FAILED }), {
        title: 'Shop errors',
      }),
    );
    for (const code of Object.keys(entries)) assert.ok(page.includes(`## ${code}\n`));
    assert.match(page, /\| \[`A_FAILED`\]\(#a_failed\) \| transient \| 429 \| yes \|/);
    assert.match(page, /Wait \\\| then look\./);
  });
  it('R36: problem types and OpenAPI components', () => {
    assert.deepEqual(toProblemTypes(catalogue, { typeBase: 'https://x.example/' })[1], {
      type: 'https://x.example/b-missing',
      code: 'B_MISSING',
      title: 'B missing',
      status: 404,
      category: 'permanent',
      retryable: false,
      detail: 'Not there.',
    });
    const { schemas, responses } = toOpenApi(catalogue).components as {
      schemas: Record<string, unknown>;
      responses: Record<string, { headers?: unknown }>;
    };
    assert.deepEqual(Object.keys(schemas), ['Problem', 'AFailed', 'BMissing']);
    assert.ok(responses['AFailed']?.headers && !responses['BMissing']?.headers);
    assert.match(
      JSON.stringify(schemas['AFailed']),
      /"params":\{"type":"object","properties":\{"n":\{"type":"integer"\}\}\}/,
    );
  });
  it('R36: class source that defines the same catalogue', () => {
    assert.match(toClassSource(catalogue), /export const AFailed = defineError\(\{\n {2}"code": "A_FAILED"/);
  });
});

describe('a published code', () => {
  const before_ = toPublished(catalogue);
  const changed = (change: object): string[] =>
    comparePublished(
      before_,
      toPublished(
        defineErrors({ ...entries, A_FAILED: { ...entries.A_FAILED, ...change } as typeof entries.A_FAILED }),
      ),
    ).map(({ what }) => what);
  it('R37: may gain parameters and companions', () => {
    assert.deepEqual(
      comparePublished(
        before_,
        toPublished(defineErrors({ ...entries, C_NEW: { category: 'business', message: 'c' } })),
      ),
      [],
    );
  });
  it('R37: must keep category, status, retry, effect, message, parameters', () => {
    assert.deepEqual(changed({ category: 'business' }), ['category', 'retryable', 'outcome']);
    assert.deepEqual(changed({ status: 503 }), ['status']);
    assert.deepEqual(changed({ retryable: false }), ['retryable']);
    assert.deepEqual(changed({ message: 'a {n:number} failed' }), ['message', 'params']);
    assert.deepEqual(changed({ publicParams: [] }), ['publicParams']);
    assert.deepEqual(
      comparePublished(before_, toPublished(defineErrors({ A_FAILED: entries.A_FAILED }))).map(({ code, what }) => [
        code,
        what,
      ]),
      [['B_MISSING', 'removed']],
    );
  });

  describe('on the command line', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'catalogue-test-'));
    });
    after(() => rm(folder, { recursive: true, force: true }));
    const write = async (name: string, content: object): Promise<string> => {
      const file = join(folder, name);
      await writeFile(
        file,
        `import { defineErrors } from ${JSON.stringify(new URL('./define.ts', import.meta.url).href)};\nexport const errors = defineErrors(${JSON.stringify(content)});\n`,
      );
      return file;
    };
    it('R37: check fails with the change by name until it is accepted', async () => {
      const lock = join(folder, 'published.json');
      const first = await write('first.mjs', entries);
      assert.equal((await runCatalogueCli(['publish', first, '--lock', lock])).exitCode, 0);
      assert.deepEqual(await runCatalogueCli(['check', first, '--lock', lock]), {
        exitCode: 0,
        text: '2 published codes unchanged',
      });
      const second = await write('second.mjs', { ...entries, B_MISSING: { ...entries.B_MISSING, status: 410 } });
      assert.deepEqual(await runCatalogueCli(['check', second, '--lock', lock]), {
        exitCode: 1,
        text: 'B_MISSING: status was "404", is "410"',
      });
      assert.equal((await runCatalogueCli(['publish', second, '--lock', lock])).exitCode, 1);
      assert.equal((await runCatalogueCli(['publish', second, '--lock', lock, '--accept', 'B_MISSING'])).exitCode, 0);
      assert.equal((await runCatalogueCli(['check', second, '--lock', lock])).exitCode, 0);
    });
    it('generate writes the four files', async () => {
      const out = join(folder, 'out');
      const result = await runCatalogueCli([
        'generate',
        await write('third.mjs', entries),
        '--out',
        out,
        '--title',
        'T',
      ]);
      assert.equal(result.exitCode, 0);
      assert.match(await readFile(join(out, 'errors.md'), 'utf8'), /^# T\n/);
      for (const name of ['problem-types.json', 'openapi.json']) JSON.parse(await readFile(join(out, name), 'utf8'));
    });
    it('wrong arguments show the usage', async () => {
      for (const args of [[], ['check'], ['check', 'x'], ['nonsense', 'x', '--lock', 'y'], ['check', 'x', '--wat']]) {
        const result = await runCatalogueCli(args);
        assert.deepEqual(
          [result.exitCode, result.text.includes('breakwater-errors generate')],
          [2, true],
          args.join(' '),
        );
      }
    });
  });
});
