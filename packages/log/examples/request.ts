/** Debug lines only of the request that failed, and one wide record per request. */
import { createLogger, withContext } from '@breakwater/log';
import { addToEvent, countInEvent, keepUnlessOk, withWideEvent } from '@breakwater/log/request';
import { memorySink } from '@breakwater/log/testing';

const sink = memorySink();
const logger = createLogger({ service: 'orders', sinks: [sink] });
const clock = (): number => 0;

async function handle(id: number): Promise<void> {
  logger.debug('looking up stock', { id });
  countInEvent('db.queries');
  await Promise.resolve();
  addToEvent({ 'order.id': `order-${id}` });
  if (id === 2) throw new Error('out of stock');
}

for (const id of [1, 2]) {
  const request = () => keepUnlessOk({}, () => withWideEvent({ logger, clock }, () => handle(id)));
  await withContext({ correlationId: `c-${id}` }, request).catch(() => undefined);
}

for (const { severityText, body, attributes } of sink.records()) {
  console.log(severityText, body, attributes['breakwater.correlation_id'], attributes['outcome'] ?? 'debug line');
}
await logger.close();

// Output:
// INFO request completed c-1 ok
// DEBUG looking up stock c-2 debug line
// ERROR request completed c-2 failed
