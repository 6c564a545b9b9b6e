/** A file on a slow disk, written and synchronised by a worker thread: the event loop does not wait for it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@breakwater/log';
import { workerSink } from '@breakwater/log/worker';

const folder = mkdtempSync(join(tmpdir(), 'worker-example-'));
const path = join(folder, 'orders.log');
const sink = workerSink({ to: { kind: 'file', path, durable: true } });
const logger = createLogger({ service: 'orders', sinks: [sink] });

for (let index = 0; index < 1000; index++) logger.info('Order placed', { 'order.id': `o-${index}` });

await logger.close();
const { emitted, written, dropped } = sink.counts();
console.log('emitted', emitted, 'written', written, 'dropped', dropped);
console.log('lines in the file', readFileSync(path, 'utf8').split('\n').length - 1);
rmSync(folder, { recursive: true });

// Output:
// emitted 1000 written 1000 dropped {}
// lines in the file 1000
