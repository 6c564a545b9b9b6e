import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildTrail } from '../../scripts/fixture.ts';
import { generateSigner } from '../note.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));
const shell = `exec "${process.execPath}" --conditions=@breakwater/source "${program}"`;

test('R71: output that cannot be written is no success: 141 for a closed pipe, 1 for a full disk', {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bw-audit-pipe-'));
  try {
    const signer = generateSigner('audit.example.com/pipe');
    const line = (i: number): Buffer =>
      Buffer.from(
        `{"action":"a","actor":{"id":"${i}"},"resource":{"id":"r","type":"t"},"time":"2026-11-25T00:00:00.000Z"}`,
      );
    for (const [path, bytes] of buildTrail(
      Array.from({ length: 5_000 }, (_, i) => line(i)),
      signer,
    )) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    const closed = spawn('sh', ['-c', `${shell} export "${folder}"`], { stdio: ['ignore', 'pipe', 'pipe'] });
    const closedErrors = text(closed.stderr);
    closed.stdout.once('data', () => closed.stdout.destroy());
    const [closedCode] = (await once(closed, 'exit')) as [number | null];
    assert.deepEqual([closedCode, await closedErrors], [141, '']);
    for (const command of [`export "${folder}"`, `verify "${folder}" --key "${signer.verifier}"`]) {
      const full = spawn('sh', ['-c', `${shell} ${command} > /dev/full`], { stdio: ['ignore', 'ignore', 'pipe'] });
      const fullErrors = text(full.stderr);
      const [fullCode] = (await once(full, 'exit')) as [number | null];
      assert.equal(fullCode, 1);
      assert.match(await fullErrors, /^breakwater-audit: the output could not be written: .*ENOSPC[^\n]*\n$/);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
