import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

const setup = `
import { installProcessHandlers } from ${JSON.stringify(new URL('./process-handlers.ts', import.meta.url).href)};
const lines = [];
installProcessHandlers({
  record: ({ kind, error }) => lines.push(kind + ': ' + error.message),
  flush: async () => { await new Promise((done) => setImmediate(done)); process.stdout.write(lines.join('\\n') + '\\n'); },
});
setInterval(() => {}, 1000);
`;
const run = (code: string) =>
  spawnSync(process.execPath, ['--conditions=@breakwater/source', '--input-type=module', '-e', setup + code], {
    encoding: 'utf8',
  });

describe('process handlers in a real process', () => {
  it('R38: an uncaught exception is written before the process ends with code 1', () => {
    const { status, stdout } = run("process.emitWarning('careful'); setImmediate(() => { throw new Error('boom'); });");
    assert.deepEqual([status, stdout], [1, 'warning: careful\nuncaughtException: boom\n']);
  });
  it('R38: so is a rejection nobody handles', () => {
    const { status, stdout } = run("Promise.reject(new Error('lost'));");
    assert.deepEqual([status, stdout], [1, 'unhandledRejection: lost\n']);
  });
});
