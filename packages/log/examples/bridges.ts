/** Libraries that log through OpenTelemetry or LogTape land in the service's records; records go on to LogTape sinks. */
import { createLogger } from '@breakwater/log';
import { logTapeSink, sinkToLogTape, toLoggerProvider } from '@breakwater/log/bridges';
import { memorySink } from '@breakwater/log/testing';
import { configureSync, getLogger, type LogRecord, type Sink } from '@logtape/logtape';
import { logs, SeverityNumber, trace } from '@opentelemetry/api';

const shown: Sink = ({ category, level, message }: LogRecord) =>
  console.log('LogTape:', category.join('.'), level, message.join(''));
const sink = memorySink();
const logger = createLogger({ service: 'orders', sinks: [sink, sinkToLogTape({ sink: shown })] });

logs.setGlobalLoggerProvider(toLoggerProvider(logger, { trace }));
configureSync({
  sinks: { service: logTapeSink(logger) },
  loggers: [
    { category: ['logtape', 'meta'], sinks: ['service'], lowestLevel: 'error' },
    { category: ['queue'], sinks: ['service'], lowestLevel: 'info' },
  ],
});

logs.getLogger('db-driver', '2.1.0').emit({
  severityNumber: SeverityNumber.WARN2,
  eventName: 'db.query.slow',
  body: 'Query took 812 ms',
  attributes: { 'db.operation.name': 'SELECT', password: 'hunter2' },
});
getLogger(['queue', 'worker']).info('Job {id} done', { id: 'j-7' });

for (const { scope, severityText, severityNumber, eventName, body, attributes } of sink.records())
  console.log(scope, severityText, severityNumber, eventName ?? '-', body, JSON.stringify(attributes));
await logger.close();

// Output:
// LogTape: orders.db-driver warning Query took 812 ms
// LogTape: orders.queue.worker info Job j-7 done
// db-driver WARN2 14 db.query.slow Query took 812 ms {"otel.scope.version":"2.1.0","db.operation.name":"SELECT","password":"[REDACTED:secret]"}
// queue.worker INFO 9 - Job j-7 done {"id":"j-7"}
