import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { pages } from '../scripts/generate-docs.ts';

describe('generated pages', () => {
  for (const [file, content] of pages) {
    it(`${file.pathname.split('/').at(-1)} is what the data gives (else run scripts/generate-docs.ts)`, () => {
      assert.ok(readFileSync(file, 'utf8') === content);
    });
  }
});
