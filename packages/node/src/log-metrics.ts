import type { Logger } from '@breakwater/log';
import { type BatchObservableCallback, metrics } from '@opentelemetry/api';

/**
 * Reports what became of the log's lines: `breakwater.log.written` by sink, `breakwater.log.dropped` by sink and
 * reason; the sink `logger` stands for what was dropped before any sink. Returns the way to end it.
 */
export function observeLog(log: Logger): () => void {
  const meter = metrics.getMeter('@breakwater/node');
  const written = meter.createObservableCounter('breakwater.log.written', { unit: '{record}' });
  const dropped = meter.createObservableCounter('breakwater.log.dropped', { unit: '{record}' });
  const observe: BatchObservableCallback = (result) => {
    const { logger, sinks } = log.counts();
    for (const [sink, counts] of Object.entries({ logger, ...sinks })) {
      if (counts !== logger) result.observe(written, counts.written, { 'breakwater.log.sink': sink });
      for (const [reason, count] of Object.entries(counts.dropped))
        result.observe(dropped, count, { 'breakwater.log.sink': sink, 'breakwater.log.reason': reason });
    }
  };
  meter.addBatchObservableCallback(observe, [written, dropped]);
  return () => meter.removeBatchObservableCallback(observe, [written, dropped]);
}
