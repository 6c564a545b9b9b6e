import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const LINES = 5000;
/** So that most lines of a worker sink are cut by the end of its ring or by the end of what there is room for. */
const FILLER = 'x'.repeat(500);

/** Writes lines with its name to a file that rotates often, in a process of its own. */
const PROGRAM = `
  const { fileSink, workerSink } = await import(process.argv[1]);
  const [path, name] = process.argv.slice(2);
  const place = { path, maxBytes: 20_000, maxFiles: 999 };
  const sink = workerSink?.({ to: { kind: 'file', ...place }, batchChars: 1000, ringBytes: 4096 })
    ?? fileSink({ ...place, batchChars: 1000 });
  for (let index = 0; index < ${LINES}; index++) {
    sink.write(name + ' ' + index + '${FILLER}\\n', 9);
    if (index % 50 === 0 && sink.name === 'file') sink.flushSync();
    if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await sink.close();`;

for (const kind of ['file', 'worker'] as const)
  test(`R25 three processes on one file that rotates: each line is in one of the files, once and whole: ${kind}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bw-log-rotate-'));
    const module = new URL(`./${kind}.ts`, import.meta.url).href;
    const names = ['a', 'b', 'c'];
    const children = names.map((name) =>
      spawn(
        process.execPath,
        ['--conditions=@breakwater/source', '--input-type=module', '-e', PROGRAM, module, join(folder, 'log'), name],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      ),
    );
    const errors: string[] = [];
    for (const child of children) child.stderr!.on('data', (chunk) => errors.push(String(chunk)));
    await Promise.all(children.map((child) => once(child, 'close')));
    const files = readdirSync(folder);
    const found = files.flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1));
    const wanted = names.flatMap((name) => Array.from({ length: LINES }, (_, index) => `${name} ${index}${FILLER}`));
    assert.deepEqual(found.sort(), wanted.sort(), errors.join(''));
    assert.ok(files.length > 2, `${files.length} files`);
    assert.equal(errors.join(''), '');
    rmSync(folder, { recursive: true });
  });
