import type { Core } from './core.ts';
import { attempt } from './exit.ts';
import { SEVERITY } from './level.ts';
import type { Sink, SinkCounts } from './sink.ts';
import { toJsonString } from './text.ts';

/** Name of the event that tells how many lines were lost, where and why. */
export const DROP_EVENT = 'breakwater.log.dropped';

/**
 * Says what was dropped since it was said last, as one record per logger or sink and reason: every `everyMs` while
 * there is something to say, and when the function it returns stops that. The timer does not keep the process alive.
 */
export function reportDrops(core: Core, everyMs: number): () => void {
  const told = new Map<object, SinkCounts['dropped']>();
  const parts = core.parts('breakwater.log', new Map());
  const tell = (source: Pick<Sink, 'counts'> & { readonly name?: string }): void => {
    const { dropped } = source.counts();
    const before: Readonly<Record<string, number>> = told.get(source) ?? {};
    told.set(source, dropped);
    for (const [reason, total] of Object.entries(dropped)) {
      const count = total - (before[reason] ?? 0);
      if (count === 0) continue;
      const where = source.name === undefined ? '' : `,"breakwater.log.sink":${toJsonString(source.name)}`;
      const json = `"breakwater.log.reason":${toJsonString(reason)},"breakwater.log.count":${count}${where}`;
      const text = `log records dropped: ${count} (${reason})`;
      core.emit(SEVERITY.warn, parts, text, undefined, { name: DROP_EVENT, json }, 'own');
    }
  };
  const report = (): void => {
    for (const source of [core.tally, ...core.sinks]) attempt(() => tell(source));
  };
  const timer = setInterval(report, everyMs).unref();
  return () => {
    clearInterval(timer);
    report();
  };
}
