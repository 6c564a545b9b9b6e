// The bulkheads of chapter 6.2: one per kind of operation, with a queue that is really used.
import { BulkheadFullError, createBulkhead } from '@breakwater/resilience';
import { createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` out
const database = createBulkhead({ name: 'database', maxConcurrent: 20, maxQueue: 100, maxWaitMs: 1000, clock });
const externalApi = createBulkhead({ name: 'external_api', maxConcurrent: 2, maxQueue: 3, maxWaitMs: 500, clock });

const fileProcessing = createBulkhead({
  name: 'file_processing',
  maxConcurrent: 3,
  maxQueue: 10,
  maxWaitMs: 5000,
  clock,
});

const callExternal = (request: number): Promise<string> =>
  externalApi
    .execute(() => clock.sleep(400).then(() => `answer ${request}`), { operation: 'external_api_call' })
    .catch((error: unknown) => (error instanceof BulkheadFullError ? `${request}: ${error.reason}` : String(error)));

const calls = [1, 2, 3, 4, 5, 6].map(callExternal);
console.log('external:', externalApi.active, 'active,', externalApi.queued, 'queued');
// The slow provider fills its own bulkhead only.
console.log(await database.execute(() => 'user 7', { operation: 'get_user' }));
console.log(await fileProcessing.execute(() => 'invoice.pdf written', { operation: 'write_invoice' }));
await clock.advance(2000);
console.log(await Promise.all(calls));

// Output:
// external: 2 active, 3 queued
// user 7
// invoice.pdf written
// [
//   'answer 1',
//   'answer 2',
//   'answer 3',
//   'answer 4',
//   '5: wait-limit',
//   '6: queue-full'
// ]
