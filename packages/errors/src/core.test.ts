import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as core from './core.ts';
import * as main from './index.ts';

test('R42 the core entry is a part of the main entry', async () => {
  assert.deepEqual(Object.keys(core).sort(), [
    'OptionError',
    'fingerprint',
    'isCategory',
    'serialise',
    'setContextProvider',
    'stackPlace',
  ]);
  for (const [name, value] of Object.entries(core)) assert.equal(value, (main as Record<string, unknown>)[name]);
  assert.equal(await import('@breakwater/errors/core'), core, 'package.json points at another file');
});

test('R42 the core entry loads no rule packs', () => {
  const seen = new Set<string>();
  const visit = (url: URL): void => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    for (const [, path] of readFileSync(url, 'utf8').matchAll(/^(?:import|export) (?!type)[^;]*? from '(\.[^']+)';/gm))
      visit(new URL(path!, url));
  };
  visit(new URL('./core.ts', import.meta.url));
  assert.ok(seen.size > 5);
  assert.deepEqual(
    [...seen].filter((href) => /packs|classify|reasons|problem/.test(href)),
    [],
  );
});
