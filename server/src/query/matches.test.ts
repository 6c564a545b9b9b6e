import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttributeValue, LogRecord, SpanRecord } from '../telemetry/records.ts';
import { matches, matchesSpan } from './matches.ts';
import { parseQuery } from './parse.ts';
import { toSql } from './sql.ts';

function logRecord(fields: Partial<LogRecord> = {}, resource: Record<string, AttributeValue> = {}): LogRecord {
  return {
    id: 1n,
    resource: {
      attributes: new Map(Object.entries(resource)),
      droppedAttributesCount: 0,
      schemaUrl: '',
      serviceName: 'payments',
      environment: 'prod',
    },
    scope: { name: 'checkout', version: '', attributes: new Map(), droppedAttributesCount: 0, schemaUrl: '' },
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'Payment provider timed out after 3000 ms',
    attributes: new Map<string, AttributeValue>([
      ['http.response.status_code', 503n],
      ['ratio', 0.25],
      ['cached', false],
      ['code', '500'],
      ['tags', ['a']],
      ['nothing', null],
    ]),
    droppedAttributesCount: 0,
    flags: 0,
    traceId: 'a1'.repeat(16),
    spanId: '',
    eventName: 'payment.failed',
    ...fields,
  };
}

function spanRecord(fields: Partial<SpanRecord> = {}): SpanRecord {
  const { resource, scope } = logRecord();
  return {
    id: 1n,
    resource,
    scope,
    traceId: 'a1'.repeat(16),
    spanId: 'b2'.repeat(8),
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: 'POST /payments',
    kind: 'server',
    startTimeUnixNano: 1_000_000_000n,
    endTimeUnixNano: 1_250_000_000n,
    status: 'error',
    statusMessage: 'timeout',
    attributes: new Map(),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    ...fields,
  };
}

function query(text: string, signal: 'logs' | 'spans') {
  const result = parseQuery(text, signal);
  assert.ok(result.ok, text);
  return result.query;
}

test('a log record matches what describes it and nothing else', () => {
  const record = logRecord({}, { 'host.name': 'web-1', 'process.pid': 42n });
  const yes = [
    '',
    'level:error service:payments "timed out"',
    'level:>=warn level:[info TO fatal] -level:>error',
    'PAYMENT prov*',
    'out AFTER',
    '"OUT AFTER 3"',
    'http.response.status_code:503',
    'http.response.status_code:"503" OR http.response.status_code:>=500',
    'http.response.status_code:>502.5 http.response.status_code:{502 TO 503.5}',
    'ratio:0.25 ratio:<1 cached:false',
    'code:500 code:"500" -code:>=100',
    'tags:* nothing:* -missing:*',
    '-missing:x',
    'resource.host.name:web-* resource.process.pid:42',
    'trace:A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1 trace:a1* -span:*',
    'environment:prod scope:checkout event:payment.* severity_text:ERROR',
    'event:*.failed event:*ment*',
    'purple OR (level:error -purple)',
  ];
  const no = [
    'level:warn',
    'service:Payments',
    'pay',
    'imed',
    '"timed  out"',
    'http.response.status_code:"503"',
    'http.response.status_code:>503',
    'ratio:>0.25',
    'cached:true',
    'tags:a',
    'host.name:web-1',
    'span:0*',
    'event:payment',
    'missing:*',
    '-level:error',
    'duration:>1s',
  ];
  for (const text of yes) assert.ok(matches(query(text, 'logs'), record), text);
  for (const text of no) assert.ok(!matches(query(text, 'logs'), record), text);
});

test('a span matches by name, kind, status and duration', () => {
  const yes = [
    'payments',
    'name:"POST /payments" name:POST*',
    'kind:server status:error',
    'duration:>100ms',
    'duration:250ms',
    '-parent:*',
    'status_message:timeout',
  ];
  for (const text of yes) assert.ok(matchesSpan(query(text, 'spans'), spanRecord()), text);
  for (const text of ['name:payments', 'kind:client', 'duration:<0.25s', 'level:error']) {
    assert.ok(!matchesSpan(query(text, 'spans'), spanRecord()), text);
  }
  assert.ok(matchesSpan(query('duration:0', 'spans'), spanRecord({ endTimeUnixNano: 5n })), 'an end before the start');
});

test('the text of a query never becomes part of the statement', () => {
  const evil = "'; DROP TABLE logs --";
  const texts = [
    `"${evil}"`,
    `k:"${evil}"`,
    `"${evil}":1`,
    `k:>"${evil}"`,
    `service:"${evil}"`,
    `k:*"${evil}"`,
    `resource.k:["${evil}" TO *]`,
  ];
  for (const text of texts) {
    const { where, params } = toSql(query(text, 'logs'), 'logs');
    assert.doesNotMatch(where, /drop/i);
    assert.match(JSON.stringify(params), /drop/i);
    for (const name of where.matchAll(/\{(\w+):/g)) assert.ok(Object.hasOwn(params, name[1]!), where);
  }
});

test('the names of parameters can be kept apart from those of the statement around', () => {
  const { where, params } = toSql(query('service:a k:1', 'logs'), 'logs', 'rule');
  assert.match(where, /\{rule0:String\}/);
  assert.ok(Object.keys(params).every((name) => name.startsWith('rule')));
});
