/**
 * OTLP decoding: the server's protobuf and JSON decoders, bytes to records, beside protobufjs (code generated from the
 * schema, bytes to message objects, which would still have to be turned into records) and beside JSON.parse alone.
 *
 * The input is what services send: 512 records a batch, a resource of 8 attributes, HTTP server spans and log records
 * with 8 attributes each. The decoders take turns within one process; the figures are medians over the rounds.
 */
import { DecodeContext } from '../server/src/ingest/decode-context.ts';
import { decodeLogsJson } from '../server/src/ingest/json-logs.ts';
import { decodeTracesJson } from '../server/src/ingest/json-traces.ts';
import { decodeLogsProtobuf } from '../server/src/ingest/protobuf-logs.ts';
import { decodeTracesProtobuf } from '../server/src/ingest/protobuf-traces.ts';
import { toJson, toProtobuf } from '../server/src/ingest/testing/otlp-messages.ts';
import { otlpType } from '../server/src/ingest/testing/otlp-schema.ts';

const RECORDS = 512;
const ROUNDS = 60;
const BATCHES_PER_ROUND = 4;
const START_NANOS = 1_795_000_000_000_000_000n;
const ROUTES = ['/orders', '/orders/:id', '/payments', '/cart', '/health'];
const METHODS = ['GET', 'GET', 'POST', 'PUT'];

const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
const int = (key: string, value: number): object => ({ key, value: { intValue: String(value) } });
const hex = (seed: number, bytes: number): string =>
  (Math.imul(seed + 1, 2_654_435_761) >>> 0)
    .toString(16)
    .padStart(8, '0')
    .repeat(4)
    .slice(0, bytes * 2);

const resource = {
  attributes: [
    text('service.name', 'orders'),
    text('service.version', '1.14.2'),
    text('deployment.environment.name', 'production'),
    text('host.name', 'orders-7d9f8b6c5-x2x4z'),
    int('process.pid', 4711),
    text('telemetry.sdk.language', 'nodejs'),
    text('telemetry.sdk.name', 'opentelemetry'),
    text('telemetry.sdk.version', '3.1.0'),
  ],
};
const scope = { name: '@opentelemetry/instrumentation-http', version: '0.301.0' };

function httpAttributes(i: number): object[] {
  return [
    text('http.request.method', METHODS[i % METHODS.length] as string),
    text('http.route', ROUTES[i % ROUTES.length] as string),
    text('url.path', `/orders/${i * 7919}`),
    int('http.response.status_code', i % 50 === 0 ? 500 : 200),
    text('server.address', 'orders.internal'),
    int('server.port', 8080),
    text('user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'),
    { key: 'http.request.duration', value: { doubleValue: i / 7 } },
  ];
}

const traces = {
  resourceSpans: [
    {
      resource,
      scopeSpans: [
        {
          scope,
          spans: Array.from({ length: RECORDS }, (_, i) => ({
            traceId: hex(i >> 3, 16),
            spanId: hex(i, 8),
            parentSpanId: i % 8 === 0 ? '' : hex(i - 1, 8),
            flags: 0x101,
            name: `${METHODS[i % METHODS.length]} ${ROUTES[i % ROUTES.length]}`,
            kind: 2,
            startTimeUnixNano: String(START_NANOS + BigInt(i) * 1_000_003n),
            endTimeUnixNano: String(START_NANOS + BigInt(i) * 1_000_003n + 12_345_678n),
            attributes: httpAttributes(i),
            status: { code: i % 50 === 0 ? 2 : 0 },
          })),
        },
      ],
    },
  ],
};

const logs = {
  resourceLogs: [
    {
      resource,
      scopeLogs: [
        {
          scope,
          logRecords: Array.from({ length: RECORDS }, (_, i) => ({
            timeUnixNano: String(START_NANOS + BigInt(i) * 1_000_003n),
            observedTimeUnixNano: String(START_NANOS + BigInt(i) * 1_000_003n),
            severityNumber: i % 50 === 0 ? 17 : 9,
            severityText: i % 50 === 0 ? 'ERROR' : 'INFO',
            body: { stringValue: `order ${i * 7919} accepted in ${i % 90} ms, payment pending` },
            attributes: httpAttributes(i),
            traceId: hex(i >> 3, 16),
            spanId: hex(i, 8),
            flags: 1,
          })),
        },
      ],
    },
  ],
};

interface Contender {
  name: string;
  decode: () => unknown;
  times: number[];
}
interface Subject {
  name: string;
  contenders: Contender[];
}

let id = 0n;
const newContext = (): DecodeContext => new DecodeContext(Number(START_NANOS / 1_000_000n), () => ++id);
const tracesProtobuf = toProtobuf('TracesRequest', traces);
const logsProtobuf = toProtobuf('LogsRequest', logs);
const tracesJson = toJson(traces);
const logsJson = toJson(logs);
const contender = (name: string, decode: () => unknown): Contender => ({ name, decode, times: [] });

const subjects: Subject[] = [
  {
    name: `spans, protobuf (${tracesProtobuf.length} bytes)`,
    contenders: [
      contender('breakwater', () => decodeTracesProtobuf(tracesProtobuf, newContext())),
      contender('protobufjs', () => otlpType('TracesRequest').decode(tracesProtobuf)),
    ],
  },
  {
    name: `logs, protobuf (${logsProtobuf.length} bytes)`,
    contenders: [
      contender('breakwater', () => decodeLogsProtobuf(logsProtobuf, newContext())),
      contender('protobufjs', () => otlpType('LogsRequest').decode(logsProtobuf)),
    ],
  },
  {
    name: `spans, JSON (${tracesJson.length} bytes)`,
    contenders: [
      contender('breakwater', () => decodeTracesJson(tracesJson, newContext())),
      contender('JSON.parse', () => JSON.parse(tracesJson.toString())),
    ],
  },
  {
    name: `logs, JSON (${logsJson.length} bytes)`,
    contenders: [
      contender('breakwater', () => decodeLogsJson(logsJson, newContext())),
      contender('JSON.parse', () => JSON.parse(logsJson.toString())),
    ],
  },
];

for (let round = 0; round < ROUNDS; round++) {
  for (const { contenders } of subjects) {
    // The order changes, so that no one always pays for the other's garbage.
    for (const { decode, times } of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const start = performance.now();
      for (let batch = 0; batch < BATCHES_PER_ROUND; batch++) decode();
      times.push((performance.now() - start) / BATCHES_PER_ROUND);
    }
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
// The first third warms up.
const medianMs = (one: Contender): number => median(one.times.slice(Math.floor(ROUNDS / 3)));

const results = subjects.map(({ name, contenders }) => {
  const [ours, peer] = contenders as [Contender, Contender];
  const oursMs = medianMs(ours);
  const peerMs = medianMs(peer);
  for (const [who, ms] of [
    [ours.name, oursMs],
    [peer.name, peerMs],
  ] as const) {
    const perSecond = Math.round((RECORDS / ms) * 1000);
    console.log(
      `${name.padEnd(34)} ${who.padEnd(12)} ${ms.toFixed(3).padStart(8)} ms/batch ${String(perSecond).padStart(9)} records/s`,
    );
  }
  const value = Number((oursMs / peerMs).toFixed(2));
  const label = `${name.replace(/ \(.*/, '')}: time vs ${peer.name}`;
  // protobufjs stops at message objects; JSON.parse at objects without types.
  const goal = peer.name === 'protobufjs' ? 1 : 3;
  return { name: label, value, unit: 'x', goal, better: 'lower', met: value <= goal };
});
console.log(JSON.stringify({ bench: 'otlp-decode', results }));
