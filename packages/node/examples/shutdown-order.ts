// What runs when a service ends, and in which order. Telemetry and stdout are off, so that nothing else is printed.
import { memorySink } from '@breakwater/log/testing';
import { start } from '@breakwater/node';

const records = memorySink();
const service = start({ service: 'orders', telemetry: false, stdout: false, logLevel: 'debug', sinks: [records] });

service.onShutdown('resources', 'database', () => console.log('2. pool closed, though the queue failed'));
service.onShutdown('work', 'queue', () => {
  throw new Error('two messages left');
});
service.onShutdown('intake', 'http server', async () => {
  console.log('1. no new requests, those under way are answered');
});

const report = await service.shutdown();
for (const { phase, name, outcome } of report.steps) console.log(`${phase}: ${name} ${outcome}`);
console.log('ok:', report.ok, '- the same report again:', report === (await service.shutdown()));
console.log(records.records().map((record) => record.eventName));

// Output:
// 1. no new requests, those under way are answered
// 2. pool closed, though the queue failed
// intake: http server done
// work: queue failed
// resources: database done
// telemetry: log done
// ok: false - the same report again: true
// [
//   'service.started',
//   'shutdown.step',
//   'shutdown.step',
//   'shutdown.step',
//   'service.stopped'
// ]
