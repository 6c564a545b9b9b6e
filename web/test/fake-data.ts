/** Telemetry of a small shop, made from a seed: the same for every run. Times are relative to `nowMs`. */
import type { AnyValue, ErrorGroup, KeyValue, LogView, SeverityName, SpanView } from '@breakwater/server/api-types';

export interface FakeData {
  /** Newest first. */
  logs: LogView[];
  traces: Map<string, { spans: SpanView[]; startMs: number; durationMs: number }>;
  groups: ErrorGroup[];
}

export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const text = (key: string, stringValue: string): KeyValue => ({ key, value: { stringValue } });
const int = (key: string, value: number): KeyValue => ({ key, value: { intValue: String(value) } });
const nano = (ms: number) => String(BigInt(Math.round(ms * 1_000)) * 1_000n);
const hex = (random: () => number, digits: number) =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');

const SEVERITY_NUMBERS: Record<SeverityName, number> = {
  unspecified: 0,
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
};

function resourceOf(service: string) {
  return {
    service,
    environment: 'demo',
    attributes: [
      text('service.name', service),
      text('service.version', '1.4.2'),
      text('deployment.environment.name', 'demo'),
      text('host.name', `${service}-7f9c`),
      int('process.pid', 4242),
      text('telemetry.sdk.language', 'nodejs'),
    ],
    droppedAttributesCount: 0,
    schemaUrl: '',
  };
}
const SCOPE = {
  name: '@opentelemetry/instrumentation-http',
  version: '0.301.0',
  attributes: [],
  droppedAttributesCount: 0,
  schemaUrl: '',
};

export const STACK = `PaymentProviderTimeout: provider did not answer within 800 ms
    at charge (/app/shop/src/payments/charge.ts:48:13)
    at authorise (/app/shop/src/payments/authorise.ts:31:20)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async handle (/app/node_modules/router/lib/layer.js:152:7)
    at async POST /charges (/app/shop/src/payments/routes.ts:17:22)`;

let lastId = 1_000_000n;

export function createLog(random: () => number, ms: number, over: Partial<LogView> = {}): LogView {
  const services = ['gateway', 'gateway', 'orders', 'orders', 'payments'];
  const service = over.service ?? services[Math.floor(random() * services.length)]!;
  const roll = random();
  const severity: SeverityName =
    over.severity ??
    (roll < 0.12 ? 'debug' : roll < 0.88 ? 'info' : roll < 0.95 ? 'warn' : roll < 0.995 ? 'error' : 'fatal');
  const order = 10_000 + Math.floor(random() * 90_000);
  const took = Math.round(random() * 900) / 10;
  const bodies: Record<string, string> = {
    debug: `cache lookup for order ${order} missed`,
    info:
      service === 'gateway'
        ? `POST /orders 201 in ${took} ms`
        : service === 'orders'
          ? `order ${order} placed, 3 items, 84.90 EUR`
          : `charge for order ${order} captured`,
    warn: `retrying the payment provider for order ${order}, attempt 2 of 3`,
    error: `charge for order ${order} failed: provider did not answer within 800 ms`,
    fatal: 'no payment provider is reachable, refusing new charges',
  };
  lastId += 1n;
  const failed = severity === 'error' || severity === 'fatal';
  const attributes: KeyValue[] = [
    text('http.request.method', 'POST'),
    text('http.route', service === 'payments' ? '/charges' : '/orders'),
    int('http.response.status_code', failed ? 504 : 201),
    int('order.id', order),
    { key: 'order.total', value: { doubleValue: 84.9 } },
    { key: 'customer.returning', value: { boolValue: random() < 0.4 } },
    {
      key: 'order.items',
      value: {
        arrayValue: {
          values: [
            { stringValue: 'sku-17' },
            {
              kvlistValue: {
                values: [
                  { key: 'sku', value: { stringValue: 'sku-4' } },
                  { key: 'count', value: { intValue: '2' } },
                ],
              },
            },
          ],
        },
      },
    },
  ];
  if (failed)
    attributes.push(
      text('exception.type', 'PaymentProviderTimeout'),
      text('exception.message', 'provider did not answer within 800 ms'),
      text('exception.stacktrace', STACK),
    );
  return {
    id: String(lastId),
    timeUnixNano: nano(ms),
    observedTimeUnixNano: nano(ms + 0.2),
    severityNumber: SEVERITY_NUMBERS[severity],
    severityText: severity.toUpperCase(),
    severity,
    service,
    body: bodies[severity] ?? '',
    eventName: '',
    traceId: hex(random, 32),
    spanId: hex(random, 16),
    flags: 1,
    attributes,
    droppedAttributesCount: 0,
    resource: resourceOf(service),
    scope: SCOPE,
    ...over,
  };
}

interface SpanPlan {
  name: string;
  service: string;
  kind: SpanView['kind'];
  /** Share of the parent's duration. */
  from: number;
  to: number;
  children?: SpanPlan[];
}

const PLAN: SpanPlan = {
  name: 'POST /orders',
  service: 'gateway',
  kind: 'server',
  from: 0,
  to: 1,
  children: [
    { name: 'authenticate', service: 'gateway', kind: 'internal', from: 0.02, to: 0.08 },
    {
      name: 'POST',
      service: 'gateway',
      kind: 'client',
      from: 0.1,
      to: 0.97,
      children: [
        {
          name: 'POST /orders',
          service: 'orders',
          kind: 'server',
          from: 0.02,
          to: 0.98,
          children: [
            { name: 'SELECT stock', service: 'orders', kind: 'client', from: 0.04, to: 0.12 },
            { name: 'SELECT customer', service: 'orders', kind: 'client', from: 0.13, to: 0.2 },
            {
              name: 'POST',
              service: 'orders',
              kind: 'client',
              from: 0.24,
              to: 0.86,
              children: [
                {
                  name: 'POST /charges',
                  service: 'payments',
                  kind: 'server',
                  from: 0.03,
                  to: 0.97,
                  children: [
                    { name: 'risk check', service: 'payments', kind: 'internal', from: 0.02, to: 0.14 },
                    { name: 'provider charge', service: 'payments', kind: 'client', from: 0.18, to: 0.92 },
                  ],
                },
              ],
            },
            { name: 'INSERT order', service: 'orders', kind: 'client', from: 0.88, to: 0.97 },
          ],
        },
      ],
    },
  ],
};

function createTrace(random: () => number, startMs: number, failed: boolean) {
  const traceId = hex(random, 32);
  const durationMs = failed ? 820 + random() * 60 : 40 + random() ** 3 * 400;
  const spans: SpanView[] = [];
  const add = (plan: SpanPlan, parentSpanId: string, start: number, length: number) => {
    const spanId = hex(random, 16);
    const from = start + plan.from * length;
    const own = (plan.to - plan.from) * length;
    const broken =
      failed &&
      (plan.service === 'payments'
        ? plan.name !== 'risk check'
        : plan.kind !== 'internal' && !plan.name.includes(' s') && plan.name.startsWith('POST'));
    const value: AnyValue = { intValue: broken ? '504' : '201' };
    spans.push({
      traceId,
      spanId,
      parentSpanId,
      traceState: '',
      flags: 257,
      name: plan.name,
      kind: plan.kind,
      service: plan.service,
      startTimeUnixNano: nano(from),
      endTimeUnixNano: nano(from + own),
      status: broken ? 'error' : 'unset',
      statusMessage: broken && plan.name === 'provider charge' ? 'provider did not answer within 800 ms' : '',
      attributes: [
        text('http.request.method', 'POST'),
        text('url.full', 'http://127.0.0.1:4103/charges?currency=EUR'),
        { key: 'http.response.status_code', value },
        text('server.address', '127.0.0.1'),
        int('server.port', 4103),
        text('network.protocol.version', '1.1'),
      ],
      droppedAttributesCount: 0,
      events:
        broken && plan.name === 'provider charge'
          ? [
              {
                timeUnixNano: nano(from + own * 0.98),
                name: 'exception',
                attributes: [
                  text('exception.type', 'PaymentProviderTimeout'),
                  text('exception.message', 'provider did not answer within 800 ms'),
                  text('exception.stacktrace', STACK),
                ],
                droppedAttributesCount: 0,
              },
            ]
          : plan.name === 'risk check'
            ? [
                {
                  timeUnixNano: nano(from + own / 2),
                  name: 'rules loaded',
                  attributes: [int('rules', 42)],
                  droppedAttributesCount: 0,
                },
              ]
            : [],
      droppedEventsCount: 0,
      links: [],
      droppedLinksCount: 0,
      resource: resourceOf(plan.service),
      scope: SCOPE,
    });
    for (const child of plan.children ?? []) add(child, spanId, from, own);
  };
  add(PLAN, '', startMs, durationMs);
  return { traceId, spans, startMs, durationMs };
}

const SPREAD_MS = 3_600_000;

export function createFakeData(nowMs: number, seed = 7): FakeData {
  const random = createRandom(seed);
  const logs = Array.from({ length: 4_000 }, (_, index) =>
    createLog(random, nowMs - (index / 4_000) * SPREAD_MS - random() * 800),
  );
  const traces: FakeData['traces'] = new Map();
  for (let index = 0; index < 150; index += 1) {
    const { traceId, ...trace } = createTrace(random, nowMs - 2_000 - (index / 150) * SPREAD_MS, index % 9 === 0);
    traces.set(traceId, trace);
    for (const span of trace.spans.filter(({ kind }) => kind === 'server')) {
      const ms = Number(BigInt(span.startTimeUnixNano) / 1_000_000n) + 5;
      logs.push(
        createLog(random, ms, {
          service: span.service,
          traceId,
          spanId: span.spanId,
          ...(span.status === 'error' && { severity: 'error' as const }),
        }),
      );
    }
  }
  logs.sort((a, b) => (BigInt(b.timeUnixNano) > BigInt(a.timeUnixNano) ? 1 : -1));
  const sampleTraceId = [...traces].find(([, { spans }]) => spans.some(({ status }) => status === 'error'))?.[0] ?? '';
  const group = (id: string, over: Partial<ErrorGroup>): ErrorGroup => ({
    id,
    status: 'open',
    badge: null,
    type: 'Error',
    message: '',
    culprit: '',
    services: ['payments'],
    environment: 'demo',
    firstSeenUnixNano: nano(nowMs - 5 * SPREAD_MS),
    lastSeenUnixNano: nano(nowMs - 9_000),
    count: 1,
    sparkline: Array.from({ length: 24 }, () => Math.floor(random() * 3)),
    sampleTraceId,
    ...over,
  });
  const groups = [
    group('00000000000000a1', {
      badge: 'new',
      type: 'PaymentProviderTimeout',
      message: 'provider did not answer within 800 ms',
      culprit: 'charge (shop/src/payments/charge.ts)',
      services: ['payments', 'orders'],
      count: 1_284,
      sparkline: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 14, 60, 180, 320, 390, 318],
    }),
    group('00000000000000a2', {
      badge: 'regressed',
      type: 'TypeError',
      message: "Cannot read properties of undefined (reading 'total')",
      culprit: 'priceOf (shop/src/orders/price.ts)',
      services: ['orders'],
      count: 87,
    }),
    group('00000000000000a3', {
      type: 'DatabaseError',
      message:
        'statement timed out after 2000 ms: SELECT stock FROM items WHERE sku = $1 AND warehouse = $2 FOR UPDATE',
      culprit: 'reserve (shop/src/orders/stock.ts)',
      services: ['orders'],
      count: 12,
      lastSeenUnixNano: nano(nowMs - 2_400_000),
    }),
    group('00000000000000a4', {
      status: 'resolved',
      type: 'ECONNRESET',
      message: 'socket hang up',
      culprit: 'request (shop/src/gateway/proxy.ts)',
      services: ['gateway'],
      count: 3,
    }),
  ];
  return { logs, traces, groups };
}
