import type { Logger } from '../logger.ts';
import type { SinkCounts } from '../sink.ts';
import type { OtelMeter, OtelResult } from './otel-types.ts';

/**
 * Reports what became of records as `breakwater.log.records`, a counter by `breakwater.log.sink` (absent for the logger
 * itself), `breakwater.log.outcome` (`written`, `dropped`) and `breakwater.reason`. Returns a function that stops it.
 */
export function connectLogMetrics(logger: Logger, meter: OtelMeter): () => void {
  const counter = meter.createObservableCounter('breakwater.log.records', {
    unit: '{record}',
    description: 'Log records, by what became of them',
  });
  const observe = (result: OtelResult): void => {
    const { logger: own, sinks } = logger.counts();
    const tell = (counts: SinkCounts, where: Record<string, string>): void => {
      result.observe(counts.written, { ...where, 'breakwater.log.outcome': 'written' });
      for (const [reason, count] of Object.entries(counts.dropped))
        result.observe(count, { ...where, 'breakwater.log.outcome': 'dropped', 'breakwater.reason': reason });
    };
    tell(own, {});
    for (const [name, counts] of Object.entries(sinks)) tell(counts, { 'breakwater.log.sink': name });
  };
  counter.addCallback(observe);
  return () => counter.removeCallback(observe);
}
