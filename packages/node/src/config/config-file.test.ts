import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { ConfigError, Mistake } from './config-error.ts';
import { loadConfig } from './load-config.ts';
import type { Config } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'breakwater-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function file(content: string): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, content);
  return path;
}

interface Given {
  readonly env?: Record<string, string>;
  readonly file?: string;
}

const load = ({ env = {}, file: path }: Given): Config =>
  loadConfig({ options: { service: 'shop' }, rules: {}, env, file: path });

function mistakeOf(given: Given): Mistake {
  let mistake: Mistake | undefined;
  assert.throws(
    () => load(given),
    (error: ConfigError) => {
      [mistake] = error.mistakes;
      return true;
    },
  );
  return mistake!;
}

test('the name of the file is trimmed as other variables are; one of blanks is a mistake', () => {
  assert.equal(load({ env: { BREAKWATER_CONFIG: ` ${file('{"version": "7"}')}\n` } }).version, '7');
  assert.match(mistakeOf({ env: { BREAKWATER_CONFIG: ' ' } }).shown, /ENOENT/);
  assert.equal(load({ env: { BREAKWATER_CONFIG: '' } }).version, undefined);
});

describe('a file that is none (R3)', () => {
  for (const [what, path, shown] of [
    ['missing', join(folder, 'missing.json'), /ENOENT/],
    ['not JSON', file('service: x'), /^a text that is not JSON$/],
    ['a list', file('[]'), /^another JSON value$/],
    ['a folder', folder, /EISDIR/],
    ['without an end', '/dev/zero', /^more than 262144 bytes$/],
    ['far too long', file(' '.repeat(300_000)), /^more than 262144 bytes$/],
    ['empty', file(''), /^a text that is not JSON$/],
    ['deep', file('['.repeat(100_000)), /^a text that is not JSON$/],
    ['not a path', 'a\0b', /null bytes/],
  ] as const)
    test(what, () => assert.match(mistakeOf({ file: path }).shown, shown));
});

test('a file may begin with a byte order mark; __proto__ in it is an unknown name and changes nothing (R4)', () => {
  assert.equal(load({ file: file('\ufeff{"version": "1"}') }).version, '1');
  const mistake = mistakeOf({ file: file('{"__proto__": {"version": "1"}}') });
  assert.deepEqual([mistake.name, mistake.shown], ['"__proto__"', 'an unknown name']);
});
