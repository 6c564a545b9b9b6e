/** 6.3 "Log sampling": a tenth of the information, every error, and a count that can be restored. */
import { createLogger } from '@breakwater/log';
import { sampleByRate } from '@breakwater/log/sampling';
import { memorySink } from '@breakwater/log/testing';

const sink = memorySink();
let turn = 0;
const everyTenth = (): number => (turn++ % 10) / 10;
const logger = createLogger({ service: 'payment-service', sinks: [sink], sampler: sampleByRate(0.1, everyTenth) });

for (let index = 0; index < 1000; index++) logger.info('Request completed');
logger.error('Request failed');

const records = sink.records();
const restored = records
  .filter(({ severityText }) => severityText === 'INFO')
  .reduce((sum, { attributes }) => sum + 1 / Number(attributes['breakwater.log.sample_rate']), 0);
console.log('written', records.length, 'errors', records.filter(({ severityText }) => severityText === 'ERROR').length);
console.log('information there was', restored);
console.log('counted', logger.counts().logger.dropped);
await logger.close();

// Output:
// written 101 errors 1
// information there was 1000
// counted { sampled: 900 }
