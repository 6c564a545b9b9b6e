import { OptionError } from '@breakwater/errors/core';
import { checkOptions, oneOf, type Rule } from '@breakwater/errors/options';
import { LEVELS, type Level, SEVERITY, type Threshold } from '../level.ts';
import type { DropReason, Sink, SinkCounts } from '../sink.ts';

export interface Branch {
  readonly sink: Sink;
  /** Lines below go elsewhere. Default `trace`. */
  readonly from?: Level | undefined;
  /** Lines at or above go elsewhere. Default `silent`. */
  readonly below?: Threshold | undefined;
}

const rules: Readonly<Record<string, Rule>> = {
  sink: ['a sink', (v) => typeof (v as Sink | null)?.write === 'function'],
  from: /* @__PURE__ */ oneOf(...LEVELS),
  below: /* @__PURE__ */ oneOf(...LEVELS, 'silent'),
};

/**
 * Lines to several sinks, each with a range of levels: everything to a file, errors to standard error as well. Its
 * counts are the sums of its branches'.
 */
export function teeSink(branches: readonly Branch[], name = 'tee'): Sink {
  if (!Array.isArray(branches) || branches.length === 0)
    throw new OptionError('branches', branches, 'a list of at least one branch');
  const ways = branches.map((branch: Branch, index) => {
    checkOptions(`branches[${index}]`, branch, rules, ['sink']);
    const { sink, from = 'trace', below = 'silent' } = branch;
    return { sink, from: SEVERITY[from], below: SEVERITY[below] };
  });
  const sinks = [...new Set(ways.map((way) => way.sink))];
  return {
    name,
    isSlow: sinks.some((sink) => sink.isSlow === true),
    exitTimeoutMs: Math.max(...sinks.map((sink) => sink.exitTimeoutMs ?? 0)) || 3000,
    inner: sinks,
    write(line, severity) {
      each(ways, ({ sink, from, below }) => {
        if (severity >= from && severity < below) sink.write(line, severity);
      });
    },
    flush: () => forAll(sinks, (sink) => sink.flush()),
    flushSync(isLast) {
      each(sinks, (sink) => sink.flushSync(isLast));
    },
    close: () => forAll(sinks, (sink) => sink.close()),
    counts(): SinkCounts {
      const all = sinks.map((sink) => sink.counts());
      const dropped: Partial<Record<DropReason, number>> = {};
      for (const counts of all)
        for (const [reason, count] of Object.entries(counts.dropped) as [DropReason, number][])
          dropped[reason] = (dropped[reason] ?? 0) + count;
      const sum = (pick: (counts: SinkCounts) => number): number =>
        all.reduce((total, counts) => total + pick(counts), 0);
      return {
        emitted: sum((counts) => counts.emitted),
        written: sum((counts) => counts.written),
        pending: sum((counts) => counts.pending),
        dropped,
      };
    },
  };
}

/** All of them, whatever one does. Rejects when all have ended, as the first that did. */
async function forAll(sinks: readonly Sink[], act: (sink: Sink) => Promise<void>): Promise<void> {
  const acts = sinks.map(async (sink) => act(sink));
  await Promise.allSettled(acts);
  await Promise.all(acts);
}

/** All of them, whatever one does; what it threw goes on to the caller. */
function each<T>(items: readonly T[], act: (item: T) => void): void {
  let thrown: { readonly error: unknown } | undefined;
  for (const item of items) {
    try {
      act(item);
    } catch (error) {
      thrown ??= { error };
    }
  }
  if (thrown !== undefined) throw thrown.error;
}
