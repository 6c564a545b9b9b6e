/** Starts `ends.ts` and reads back what became of its records. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoggerCounts } from '../index.ts';

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly counts: LoggerCounts | undefined;
}

export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, ['--conditions=@breakwater/source', join(import.meta.dirname, 'ends.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
}

export async function end(
  args: readonly string[],
  act?: (child: ChildProcess) => void,
  env?: Readonly<Record<string, string>>,
): Promise<End> {
  const child = start(args, env);
  const texts = ['', '', ''];
  for (const [index, stream] of [child.stdout!, child.stderr!, child.stdio[3]!].entries()) {
    stream.on('data', (chunk: Buffer) => {
      texts[index] = `${texts[index]}${chunk}`;
    });
  }
  act?.(child);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  const counts = texts[2] === '' ? undefined : (JSON.parse(texts[2]!) as LoggerCounts);
  return { code, signal, stdout: texts[0]!, stderr: texts[1]!, counts };
}

export function linesOf(text: string): number[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { attributes: { index: number } }).attributes.index);
}

export function assertAll(indexes: readonly number[], count: number): void {
  assert.equal(indexes.length, count);
  assert.deepEqual(
    indexes,
    Array.from({ length: count }, (_, index) => index),
  );
}
