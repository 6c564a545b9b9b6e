/** 6.3 "Logger configuration": service, request context, duration, exception; the lines themselves. */
import { createLogger, stdoutSink, withContext } from '@breakwater/log';

const logger = createLogger({
  service: 'payment-service',
  version: '1.2.3',
  environment: 'production',
  level: 'info',
  levels: { 'payment.gateway': 'debug' },
  sinks: [stdoutSink()],
  now: () => Date.UTC(2026, 10, 25, 10, 0, 0, 250),
});

const gateway = logger.module('payment.gateway');

withContext({ correlationId: 'c-7f3a', userId: 'user-42' }, () => {
  logger.info('Request started', { 'http.request.method': 'POST', 'url.path': '/payments' });
  gateway.debug('Gateway called', { attempt: 1 });
  logger.debug('Below the threshold, not written');
  logger.info('Request completed', { 'http.response.status_code': 201, duration_ms: 41.5 });
  const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:443'), { code: 'ECONNREFUSED' });
  refused.stack = `${refused}\n    at charge (/app/gateway.js:12:3)`; // only to make this example exact
  logger.error('Payment failed', { error: refused, duration_ms: 12 });
});

await logger.close();

// Output:
// {"timestamp":"2026-11-25T10:00:00.250Z","severityText":"INFO","severityNumber":9,"body":"Request started","resource":{"service.name":"payment-service","service.version":"1.2.3","deployment.environment.name":"production"},"attributes":{"breakwater.correlation_id":"c-7f3a","user.id":"user-42","http.request.method":"POST","url.path":"/payments"}}
// {"timestamp":"2026-11-25T10:00:00.250Z","severityText":"DEBUG","severityNumber":5,"body":"Gateway called","resource":{"service.name":"payment-service","service.version":"1.2.3","deployment.environment.name":"production"},"scope":"payment.gateway","attributes":{"breakwater.correlation_id":"c-7f3a","user.id":"user-42","attempt":1}}
// {"timestamp":"2026-11-25T10:00:00.250Z","severityText":"INFO","severityNumber":9,"body":"Request completed","resource":{"service.name":"payment-service","service.version":"1.2.3","deployment.environment.name":"production"},"attributes":{"breakwater.correlation_id":"c-7f3a","user.id":"user-42","http.response.status_code":201,"duration_ms":41.5}}
// {"timestamp":"2026-11-25T10:00:00.250Z","severityText":"ERROR","severityNumber":17,"body":"Payment failed","resource":{"service.name":"payment-service","service.version":"1.2.3","deployment.environment.name":"production"},"attributes":{"breakwater.correlation_id":"c-7f3a","user.id":"user-42","exception.type":"Error","exception.message":"connect ECONNREFUSED 10.0.0.7:443","exception.stacktrace":"Error: connect ECONNREFUSED 10.0.0.7:443\n    at charge (/app/gateway.js:12:3)","error.type":"ECONNREFUSED","breakwater.error.fingerprint":"93406544a6e4938e","duration_ms":12}}
