import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { buildTrail } from '../../scripts/fixture.ts';
import { publicKey } from '../../scripts/mutation-run.ts';
import { generateSigner } from '../note.ts';
import { verifyTrail } from '../verify/verify.ts';
import { createEntryChecker } from './entry-checker.ts';
import { nodePrimitives } from './primitives.ts';
import { openSource } from './sources.ts';

test('R76: several processes find what one finds, and the report hears of entries in order', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bw-audit-processes-'));
  try {
    const signer = generateSigner('audit.example.com/processes');
    const entries = Array.from({ length: 120_000 }, (_, i) =>
      Buffer.from(`{"n":${i},"type":"${i === 77_777 ? 'trail.prune' : 'a'}"}`),
    );
    const files = buildTrail(entries, signer);
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    const verify = async (processes: number): Promise<[boolean, number, number | null, number[]]> => {
      const seen: number[] = [];
      const checker = createEntryChecker(folder, (index) => seen.push(index), processes);
      const options = { source: openSource(folder), keys: [publicKey(signer)], primitives: nodePrimitives };
      const report = await verifyTrail({ ...options, entryChecker: checker }).finally(() => checker.close());
      return [report.ok, report.checkedEntries, report.firstBadIndex, seen];
    };
    const [ok, checked, first, seen] = await verify(2);
    assert.deepEqual([ok, checked, first], [true, 120_000, null]);
    assert.ok(seen.includes(0) && seen.includes(119_999) && seen.includes(77_777));
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.deepEqual((await verify(1))[3], seen);
    const bundle = Buffer.from(files.get('tile/entries/300')!);
    bundle[2]! ^= 1;
    await writeFile(join(folder, 'tile/entries/300'), bundle);
    assert.deepEqual((await verify(2)).slice(0, 3), [false, 120_000, 76_800]);
    assert.deepEqual((await verify(1)).slice(0, 3), [false, 120_000, 76_800]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('R76: a process that cannot read the trail ends the verification with its error', {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bw-audit-processes-'));
  // A folder where a file is expected cannot be read, and is not a file that is missing.
  for (let tile = 0; tile < 400; tile += 1)
    await mkdir(join(folder, 'tile/0', String(tile).padStart(3, '0')), { recursive: true });
  const checker = createEntryChecker(folder, () => undefined, 2);
  try {
    const job = { size: 200_000, prunedBelow: 0, pruneEntry: -1 };
    const jobs = Array.from({ length: 12 }, (_, i) => checker.check({ ...job, fromTile: i * 32, toTile: i * 32 + 32 }));
    const results = await Promise.allSettled(jobs);
    assert.ok(results.every(({ status }) => status === 'rejected'));
  } finally {
    await checker.close();
    await rm(folder, { recursive: true });
  }
});
