import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LoggerCounts } from './index.ts';
import { assertAll, end, linesOf, start } from './testing/run-end.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-log-loss-'));
after(() => rmSync(folder, { recursive: true, force: true }));

for (const kind of ['stdout', 'file'] as const) {
  for (const how of ['return', 'exit', 'throw', 'term'] as const) {
    test(`R20 every record reaches ${kind} when the process ends by ${how}`, async () => {
      const path = join(folder, `${kind}-${how}`);
      const result = await end([how, kind, path, '3000'], (child) => {
        if (how === 'term') child.once('message', () => child.kill('SIGTERM'));
      });
      if (how === 'term') assert.equal(result.signal, 'SIGTERM');
      else assert.equal(result.code, how === 'throw' ? 1 : 0, result.stderr);
      assertAll(linesOf(kind === 'file' ? readFileSync(path, 'utf8') : result.stdout), 3000);
    });
  }
}

for (const how of ['exit', 'throw', 'term'] as const) {
  test(`R20 every record reaches an OpenTelemetry receiver when the process ends by ${how}`, async () => {
    const bodies: Buffer[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(Buffer.concat(chunks));
        response.end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
    const result = await end([how, 'otlp', url, '500'], (child) => {
      if (how === 'term') child.once('message', () => child.kill('SIGTERM'));
    });
    server.close();
    const all = Buffer.concat(bodies).toString('latin1');
    assert.equal(all.split('filler').length - 1, 500, result.stderr);
  });
}

test('R21 a closed pipe: 10,000 lines in one loop are written or counted, and standard error says so', async () => {
  const result = await end(['exit', 'stdout', '', '10000'], (child) => child.stdout!.destroy());
  const counts = result.counts!.sinks['stdout']!;
  assert.equal(counts.emitted, 10_000);
  assert.equal(counts.written + counts.pending + (counts.dropped.broken ?? 0), 10_000);
  assert.ok((counts.dropped.broken ?? 0) > 0);
  assert.match(result.stderr, /sink stdout did not write \d+ of 10000 records/);
});

test('R21 through a pipe, the count of written lines is the number of lines the reader gets', async () => {
  const child = start(['exit', 'stdout', '', '10000']);
  let text = '';
  let counts = '';
  child.stdio[3]!.on('data', (chunk: Buffer) => {
    counts += chunk;
  });
  child.stdout!.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  await once(child, 'close');
  const { written, emitted } = (JSON.parse(counts) as LoggerCounts).sinks['stdout']!;
  assert.equal(emitted, 10_000);
  assert.equal(text.split('\n').length - 1, written);
});

const canMount = process.getuid?.() === 0 && mounts();

function mounts(): boolean {
  const probe = mkdtempSync(join(folder, 'mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    // No right to mount here: the tests below are skipped, which the runner shows.
    return false;
  }
}

test('R22 a full disk: written lines are in the file whole, the others are counted', { skip: !canMount }, async () => {
  const disk = mkdtempSync(join(folder, 'disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
  try {
    const path = join(disk, 'log');
    const result = await end(['exit', 'file', path, '5000']);
    const counts = result.counts!.sinks['file']!;
    const lost = counts.pending + Object.values(counts.dropped).reduce((sum, value) => sum + value, 0);
    assert.equal(counts.written + lost, 5000);
    assert.ok(lost > 0 && counts.written > 0);
    const text = readFileSync(path, 'utf8');
    assert.equal(text.split('\n').length - 1, counts.written);
    assert.match(result.stderr, /did not write/);
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('R22 a full disk with a spill file elsewhere: the next process writes what is left, nothing is lost', {
  skip: !canMount,
}, async () => {
  const disk = mkdtempSync(join(folder, 'disk-'));
  const spill = join(folder, 'spill');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
  try {
    const path = join(disk, 'log');
    const first = await end(['exit', 'spill', path, '5000', spill]);
    const written = first.counts!.sinks['file']!.written;
    assert.ok(written < 5000 && existsSync(spill));
    // The line at which the disk was full stands cut off; the rest of it was spilled and follows.
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, '');
    await end(['exit', 'spill', join(folder, 'later'), '0', spill]);
    assertAll(linesOf(before + readFileSync(join(folder, 'later'), 'utf8')), 5000);
  } finally {
    execFileSync('umount', [disk]);
  }
});
