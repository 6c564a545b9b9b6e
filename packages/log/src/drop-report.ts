import type { Core } from './core.ts';
import type { SinkCounts } from './sink.ts';
import { toJsonString } from './text.ts';

/** Name of the event that tells how many lines were lost, where and why. */
export const DROP_EVENT = 'breakwater.log.dropped';

/**
 * Says what was dropped since it was said last, as one record per logger or sink and reason: every `everyMs` while
 * there is something to say, and when stopped. The timer does not keep the process alive.
 */
export function reportDrops(core: Core, everyMs: number): { stop(): void } {
  const told = new Map<string, number>();
  const parts = core.parts('breakwater.log', new Map());
  const report = (): void => {
    const all: [string, SinkCounts][] = core.sinks.map((sink) => [sink.name, sink.counts()]);
    all.push(['', core.tally.counts()]);
    for (const [sink, counts] of all) {
      for (const [reason, total] of Object.entries(counts.dropped)) {
        const key = `${sink}\0${reason}`;
        const count = total - (told.get(key) ?? 0);
        if (count === 0) continue;
        told.set(key, total);
        const where = sink === '' ? '' : `,"breakwater.log.sink":${toJsonString(sink)}`;
        const json = `"breakwater.log.reason":"${reason}","breakwater.log.count":${count}${where}`;
        const text = `${count} log ${count === 1 ? 'record was' : 'records were'} dropped: ${reason}`;
        core.emit('warn', parts, text, undefined, { name: DROP_EVENT, json }, 'own');
      }
    }
  };
  const timer = setInterval(report, everyMs);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      report();
    },
  };
}
