import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@breakwater/log';
import { type MemorySink, memorySink } from '@breakwater/log/testing';
import { diag } from '@opentelemetry/api';
import { globalErrorHandler } from '@opentelemetry/core';
import { reportSdkMessages } from './sdk-messages.ts';

function within(work: (clock: { at: number }) => void): ReturnType<MemorySink['records']> {
  const sink = memorySink();
  const log = createLogger({ service: 'test', level: 'info', sinks: [sink], flushAtExit: false });
  const clock = { at: 0 };
  const stop = reportSdkMessages(log, () => clock.at);
  try {
    work(clock);
  } finally {
    stop();
  }
  diag.error('after the end');
  return sink.records();
}

test('what the SDK says is written by the log at its level, errors with their stack (R14)', () => {
  const records = within(() => {
    diag.warn('Dropped 3 spans because', 'maxQueueSize reached');
    diag.debug('below the threshold');
    globalErrorHandler(new Error('refused'));
    globalErrorHandler('only a text');
  });
  assert.deepEqual(
    records.map(({ severityText, body, attributes }) => [severityText, body, attributes['exception.message']]),
    [
      ['WARN', 'OpenTelemetry: Dropped 3 spans because maxQueueSize reached', undefined],
      ['ERROR', 'OpenTelemetry: telemetry could not be sent', 'refused'],
      ['ERROR', 'OpenTelemetry: only a text', undefined],
    ],
  );
});

test('the same message is written once a minute, with how often it was left out (R14)', () => {
  const records = within((clock) => {
    for (clock.at = 0; clock.at <= 60_000; clock.at += 20_000) diag.error(`refused after ${clock.at} ms`);
    diag.error('another');
  });
  assert.deepEqual(
    records.map(({ body, attributes }) => [body, attributes['repeated']]),
    [
      ['OpenTelemetry: refused after 0 ms', undefined],
      ['OpenTelemetry: refused after 60000 ms', 2],
      ['OpenTelemetry: another', undefined],
    ],
  );
});
