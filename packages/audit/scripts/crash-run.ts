import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodePrimitives } from '../src/cli/primitives.ts';
import { openSource } from '../src/cli/sources.ts';
import { leafHash } from '../src/merkle.ts';
import { generateSigner } from '../src/note.ts';
import { directoryStore } from '../src/stores/directory.ts';
import { verifyTrail } from '../src/verify/verify.ts';
import { createRandom } from './fixture.ts';
import { publicKey } from './mutation-run.ts';

export interface CrashResult {
  readonly runs: number;
  readonly acknowledged: number;
  /** Acknowledged entries that were not there after the crash, changed entries, forks and false alarms. */
  readonly faults: readonly string[];
}

/** A new directory after so many runs, so that checking all of it each time stays quick. */
const RUNS_PER_TRAIL = 50;
const WRITER = fileURLToPath(new URL('crash-writer.ts', import.meta.url));

/**
 * Starts a writer on a trail, kills it with SIGKILL at a random moment, and checks as an auditor would who kept the
 * checkpoint of the run before: the trail is intact, extends that checkpoint, and every acknowledged entry of every run
 * stands at its index, in the tree or in the journal.
 */
export async function runCrashes(runs: number, seed: number): Promise<CrashResult> {
  const random = createRandom(seed);
  const faults: string[] = [];
  let acknowledged = 0;
  for (let done = 0; done < runs; done += RUNS_PER_TRAIL) {
    const directory = await mkdtemp(join(tmpdir(), 'bw-audit-crash-'));
    const signer = generateSigner('audit.example.com/crash');
    const keyFile = join(directory, 'private.key');
    const trail = join(directory, 'trail');
    await writeFile(keyFile, signer.exportPrivateKey(), { mode: 0o600 });
    const promised = new Map<number, string>();
    let kept: Uint8Array | null = null;
    try {
      for (let run = done; run < Math.min(runs, done + RUNS_PER_TRAIL); run += 1) {
        const killAfterMs = random() * 80;
        for (const [index, hash] of await writeUntilKilled(trail, keyFile, killAfterMs)) {
          if (promised.has(index) && promised.get(index) !== hash)
            faults.push(`run ${run}: index ${index} was given twice`);
          promised.set(index, hash);
        }
        const report = await verifyTrail({
          source: openSource(trail),
          keys: [publicKey(signer)],
          primitives: nodePrimitives,
          earlier: kept === null ? [] : [kept],
          onEntry: (index, entry) => check(promised, index, entry, run, faults),
        });
        for (const finding of report.findings) faults.push(`run ${run}: false alarm: ${finding.message}`);
        const published = report.checkpoint?.size ?? 0;
        let reached = published;
        for await (const { index, entry } of directoryStore(trail).readJournal()) {
          if (index < published) continue;
          check(promised, index, entry, run, faults);
          reached = index + 1;
        }
        const last = Math.max(-1, ...promised.keys());
        if (last >= reached)
          faults.push(`run ${run}: entry ${last} was acknowledged, and the trail ends before ${reached}`);
        kept = await readFile(join(trail, 'checkpoint'));
      }
      acknowledged += promised.size;
    } finally {
      await rm(directory, { recursive: true });
    }
  }
  return { runs, acknowledged, faults };
}

function check(promised: Map<number, string>, index: number, entry: Uint8Array, run: number, faults: string[]): void {
  const hash = promised.get(index);
  if (hash !== undefined && hash !== leafHash(entry).toString('hex'))
    faults.push(`run ${run}: entry ${index} is not the one that was acknowledged`);
}

/** What the writer acknowledged in whole lines before it died. */
function writeUntilKilled(trail: string, keyFile: string, killAfterMs: number): Promise<[number, string][]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@breakwater/source', WRITER, trail, keyFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
      timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString('utf8');
    });
    child.once('error', reject);
    child.once('close', (_code, signal) => {
      clearTimeout(timer);
      if (signal !== 'SIGKILL') reject(new Error(`The writer ended by itself: ${errors}`));
      const lines = output.slice(0, output.lastIndexOf('\n') + 1).split('\n');
      const pairs = lines.map((line) => /^(\d+) ([0-9a-f]{64})$/.exec(line)).filter((match) => match !== null);
      resolve(pairs.map(([, index, hash]) => [Number(index), hash!]));
    });
  });
}
