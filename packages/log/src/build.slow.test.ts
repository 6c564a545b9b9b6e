import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const { scripts, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: { readonly build: string };
  readonly exports: Readonly<Record<string, { readonly default: string }>>;
};

test('R8 what is published has every entry, one context for all, and finds its worker', (t) => {
  // Inside of the package, so that what it depends on is found.
  const folder = mkdtempSync(join(root, '.build-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [, command] = scripts.build.split(' && ');
  const [tool, ...args] = command!.split(' ');
  assert.equal(tool, 'esbuild');
  execFileSync(
    join(root, '../../node_modules/.bin/esbuild'),
    [...args.filter((arg) => !arg.startsWith('--outdir=')), `--outdir=${folder}`, '--log-level=error'],
    { cwd: root },
  );
  const entry = (name: string): string =>
    pathToFileURL(join(folder, exports[name]!.default.replace('./dist', ''))).href;
  const program = `
    const entries = {};
    for (const [name, url] of ${JSON.stringify(Object.keys(exports).map((name) => [name, entry(name)]))})
      entries[name] = await import(url);
    const main = entries['.'];
    const memory = entries['./testing'].memorySink();
    const sink = entries['./worker'].workerSink({ to: { kind: 'file', path: process.argv[1] } });
    const logger = main.createLogger({ service: 's', sinks: [memory, sink] });
    main.withContext({ correlationId: 'c-1' }, () => {
      entries['./events'].events.userAction.emit(logger, { 'user.action': 'built' });
      entries['./request'].withWideEvent({ logger }, () => entries['./request'].addToEvent({ wide: true }));
    });
    await logger.close();
    const records = memory.records().map(({ eventName, attributes }) => [eventName, attributes['breakwater.correlation_id'], attributes.wide]);
    console.log(JSON.stringify({ records, worker: sink.counts() }));`;
  const path = join(folder, 'log.jsonl');
  const output = execFileSync(
    process.execPath,
    [...process.execArgv.filter((arg) => arg.startsWith('--conditions')), '--input-type=module', '-e', program, path],
    { encoding: 'utf8' },
  );
  assert.deepEqual(JSON.parse(output), {
    records: [
      ['user.action', 'c-1', null],
      ['breakwater.request', 'c-1', true],
    ],
    worker: { emitted: 2, written: 2, pending: 0, dropped: {} },
  });
  assert.equal(readFileSync(path, 'utf8').split('\n').length, 3);
});
