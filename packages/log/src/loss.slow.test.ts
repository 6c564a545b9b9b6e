import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { spill } from './full.ts';
import type { LoggerCounts } from './index.ts';
import { openSpillFile } from './sinks/spill-file.ts';
import { workerSink } from './sinks/worker.ts';
import { assertAll, end, linesOf, start } from './testing/run-end.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-log-loss-'));
after(() => rmSync(folder, { recursive: true, force: true }));

for (const kind of ['stdout', 'file', 'worker-stdout', 'worker-file', 'worker-module'] as const) {
  for (const how of ['return', 'exit', 'throw', 'term'] as const) {
    test(`R20 every record reaches ${kind} when the process ends by ${how}`, async () => {
      const path = join(folder, `${kind}-${how}`);
      const result = await end([how, kind, path, '3000'], (child) => {
        if (how === 'term') child.once('message', () => child.kill('SIGTERM'));
      });
      if (how === 'term') assert.equal(result.signal, 'SIGTERM');
      else assert.equal(result.code, how === 'throw' ? 1 : 0, result.stderr);
      assertAll(
        linesOf(kind.endsWith('stdout') ? result.stdout : readFileSync(path, 'utf8').replaceAll(/ \d+$/gm, '')),
        3000,
      );
    });
  }
}

for (const kind of ['stdout', 'file', 'worker-file'] as const)
  test(`R20 what a later listener of exit says reaches ${kind}`, async () => {
    const path = join(folder, `late-${kind}`);
    const result = await end(['late', kind, path, '10']);
    assertAll(linesOf(kind === 'stdout' ? result.stdout : readFileSync(path, 'utf8')), 12);
  });

for (const kind of ['worker-file', 'worker-durable'] as const)
  test(`R28 every record reaches the file when the process exits with its worker just killed: ${kind}`, {
    skip: process.platform !== 'linux',
  }, async () => {
    // Killed where it waits for the disk, the worker keeps its lock; which of the runs that is, is luck.
    for (let run = 0; run < (kind === 'worker-durable' ? 6 : 1); run++) {
      const path = join(folder, `dead-${kind}-${run}`);
      const result = await end(['dead-exit', kind, path, '20000']);
      assert.equal(result.code, 0, result.stderr);
      // What it has written but not confirmed is there twice.
      assertAll([...new Set(linesOf(readFileSync(path, 'utf8')))], 20_050);
    }
  });

test('R53 what a request kept is written when an exception ends the process before it has ended', async () => {
  const path = join(folder, 'kept');
  const result = await end(['open-request', 'file', path, '0']);
  assert.equal(result.code, 1);
  assert.deepEqual(linesOf(readFileSync(path, 'utf8')), [0]);
  assert.deepEqual(result.counts?.logger, { emitted: 2, written: 1, pending: 0, dropped: { 'request-ok': 1 } });
});

test('R53 what a forgotten request kept is written', async () => {
  const path = join(folder, 'forgotten');
  const result = await end(['forgotten-request', 'file', path, '0']);
  assert.equal(result.signal, 'SIGKILL', result.stderr);
  assert.deepEqual(linesOf(readFileSync(path, 'utf8')), [0]);
});

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

for (const [kind, name] of [
  ['stdout', 'stdout'],
  ['worker-stdout', 'worker'],
] as const) {
  test(`R21 a closed pipe: 10,000 lines in one loop to ${kind} are written or counted, and standard error says so`, async () => {
    const result = await end(['exit', kind, '', '10000'], (child) => child.stdout!.destroy());
    const counts = result.counts!.sinks[name]!;
    assert.equal(counts.emitted, 10_000);
    assert.equal(counts.written + counts.pending + (counts.dropped.broken ?? 0), 10_000);
    assert.ok((counts.dropped.broken ?? 0) > 0);
    assert.match(result.stderr, new RegExp(`sink ${name} did not write \\d+ of 10000 records`));
  });
}

for (const [kind, name] of [
  ['stdout', 'stdout'],
  ['worker-stdout', 'worker'],
] as const)
  test(`R21 through a pipe, the count of lines that ${kind} has written is the number of lines the reader gets`, async () => {
    const child = start(['exit', kind, '', '10000']);
    let text = '';
    let counts = '';
    child.stdio[3]!.on('data', (chunk: Buffer) => {
      counts += chunk;
    });
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    await once(child, 'close');
    const { written, emitted } = (JSON.parse(counts) as LoggerCounts).sinks[name]!;
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

for (const [kind, name] of [
  ['file', 'file'],
  ['worker-file', 'worker'],
] as const) {
  test(`R22 a full disk: lines that ${kind} has written are in the file whole, the others are counted`, {
    skip: !canMount,
  }, async () => {
    const disk = mkdtempSync(join(folder, 'disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
    try {
      const path = join(disk, 'log');
      const result = await end(['exit', kind, path, '5000']);
      const counts = result.counts!.sinks[name]!;
      const lost = Object.values(counts.dropped).reduce((sum, value) => sum + value, 0);
      assert.deepEqual([counts.written + lost, counts.pending], [5000, 0]);
      assert.ok(lost > 0 && counts.written > 0);
      const text = readFileSync(path, 'utf8');
      assert.equal(text.split('\n').length - 1, counts.written);
      assert.match(result.stderr, /did not write/);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
}

for (const [kind, name] of [
  ['spill', 'file'],
  ['worker-spill', 'worker'],
] as const) {
  test(`R22 a full disk with ${kind} elsewhere: the next process writes what is left, nothing is lost`, {
    skip: !canMount,
  }, async () => {
    const disk = mkdtempSync(join(folder, 'disk-'));
    const spill = join(folder, `${kind}.lines`);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
    try {
      const path = join(disk, 'log');
      const first = await end(['exit', kind, path, '5000', spill]);
      const written = first.counts!.sinks[name]!.written;
      assert.ok(written < 5000 && existsSync(spill));
      // The line at which the disk was full stands cut off; the rest of it was spilled and follows.
      const before = readFileSync(path, 'utf8');
      writeFileSync(path, '');
      const later = join(folder, `${kind}.later`);
      await end(['exit', kind, later, '0', spill]);
      assertAll(linesOf(before + readFileSync(later, 'utf8')), 5000);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
}

test('R22 a full disk with spill elsewhere: closing a worker sink leaves every line for the next one', {
  skip: !canMount,
}, async () => {
  const disk = mkdtempSync(join(folder, 'disk-'));
  const spillPath = join(folder, 'worker-close.lines');
  const line = (index: number): string => `{"attributes":{"index":${index},"filler":"${'x'.repeat(80)}"}}\n`;
  const open = (path: string) =>
    workerSink({
      to: { kind: 'file', path },
      whenFull: spill(spillPath),
      blockMs: 100,
      maxBufferChars: 65_536,
      ringBytes: 65_536,
    });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  try {
    const path = join(disk, 'log');
    const sink = open(path);
    for (let index = 0; index < 4000; index++) sink.write(line(index), 9);
    await sink.close();
    const { emitted, written, pending, dropped } = sink.counts();
    assert.deepEqual([emitted, written + pending, dropped], [4000, 4000, {}]);
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, '');
    const later = join(folder, 'worker-close.later');
    await open(later).close();
    assertAll(linesOf(before + readFileSync(later, 'utf8')), 4000);
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('R22 when the disk of the spill file is full too, what it holds stays whole', { skip: !canMount }, () => {
  const disk = mkdtempSync(join(folder, 'disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
  try {
    const file = openSpillFile(join(disk, 'spill'), 1e6);
    const line = `${'x'.repeat(99)}\n`;
    for (let index = 0; index < 1000; index++) assert.ok(file.append(line));
    assert.equal(file.prepend(Buffer.alloc(150_000, 'y'), 1), false);
    assert.equal(file.lines, 1000);
    assert.ok(file.prepend(Buffer.from('first\n'), 1));
    assert.equal(file.take(1e6)!.bytes.toString(), `first\n${line.repeat(1000)}`);
    file.close();
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('R29 a thread that is ended from outside has written every line when its sink writes each at once', async () => {
  const path = join(folder, 'thread');
  const file = new URL('./sinks/file.ts', import.meta.url).href;
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(${JSON.stringify(file)}).then(({ fileSink }) => {
      const sink = fileSink({ path: workerData, batchChars: 1 });
      for (let index = 0; index < 50; index++) sink.write(JSON.stringify({ attributes: { index } }) + '\\n', 9);
      parentPort.postMessage('said');
    });`;
  const thread = new Worker(program, { eval: true, workerData: path });
  await once(thread, 'message');
  await thread.terminate();
  assertAll(linesOf(readFileSync(path, 'utf8')), 50);
});

test('R29 SIGKILL: what the worker has counted as durable is in the file', async () => {
  const path = join(folder, 'durable');
  const child = start(['kill', 'worker-durable', path, '0']);
  const closed = once(child, 'close');
  const [counts] = (await Promise.race([once(child, 'message'), closed])) as [{ written: number }];
  child.kill('SIGKILL');
  await closed;
  assert.ok(counts.written > 0);
  assert.ok(readFileSync(path, 'utf8').split('\n').length - 1 >= counts.written);
});
