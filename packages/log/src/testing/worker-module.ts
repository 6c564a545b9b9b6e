/** A sink for the tests of `workerSink`: appends lines to a file, slowly or fatally when told to by a line; `flushes` in one gets their number. */
import { appendFileSync } from 'node:fs';
import { type Sink, type SinkCounts, Tally } from '../sink.ts';

export interface ModuleOptions {
  readonly path: string;
  /** Lines are written so many milliseconds after they came, one by one. Default: at once. */
  readonly delayMs?: number;
  /** A line with this text ends the worker: `exit`, or an exception in a later turn. */
  readonly fatal?: string;
  readonly how?: 'exit' | 'throw';
}

export default function createSink({ path, delayMs, fatal, how }: ModuleOptions): Promise<Sink> {
  const tally = new Tally();
  const waiting: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let flushes = 0;

  function writeOne(): void {
    timer = undefined;
    const line = waiting.shift();
    if (line === undefined) return;
    if (fatal !== undefined && line.includes(fatal)) {
      if (how === 'exit') process.exit(7);
      throw new Error('fatal line');
    }
    if (line.includes('refuse')) tally.drop('rejected');
    else {
      appendFileSync(path, line.replace('flushes', `flushes ${flushes}`));
      tally.written++;
    }
    arm();
  }

  function arm(): void {
    if (waiting.length > 0) timer ??= setTimeout(writeOne, delayMs);
  }

  return Promise.resolve({
    name: 'module',
    isSlow: delayMs !== undefined,
    write(line, severity) {
      tally.emitted++;
      waiting.push(line.replace('\n', ` ${severity}\n`));
      if (delayMs === undefined) while (waiting.length > 0) writeOne();
      else arm();
    },
    async flush() {
      flushes++;
      while (waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    },
    flushSync() {},
    close() {
      clearTimeout(timer);
      return Promise.resolve();
    },
    counts: (): SinkCounts => tally.counts(),
  });
}
