/**
 * An API server with made-up data, for working on the page without a Breakwater: `npm run fake-api -w @breakwater/web`.
 * It serves web/dist under the real server's content security policy. Modes: data, empty, broken (every read fails),
 * auth (everything needs a login), slow.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import type {
  Alert,
  AlertRule,
  ErrorGroupDetail,
  Histogram,
  IncidentDetail,
  LogView,
  Receiver,
  SpanView,
  StatusAnswer,
  TraceSummary,
} from '@breakwater/server/api-types';
import { createFakeData, createLog, createRandom, STACK } from './fake-data.ts';

export type Mode = 'data' | 'empty' | 'broken' | 'auth' | 'slow';

const CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const STATS = { rowsRead: 4_450, bytesRead: 1_830_000, elapsedMs: 12.4 };
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

export function createFakeApi({ mode, nowMs, staticDir }: { mode: Mode; nowMs: number; staticDir: string }) {
  const data = createFakeData(nowMs);
  const random = createRandom(11);
  const startedAt = nowMs - 3_960_000;
  let loggedIn = false;
  const faults = [
    {
      name: 'payment-provider-timeout',
      title: 'Payment provider times out',
      description: 'The provider stops answering; payments fail after 800 ms and orders with them.',
      enabled: true,
      endsAt: (nowMs + 74_000) as number | null,
    },
    {
      name: 'orders-throws',
      title: 'Orders throws',
      description: 'One order in five fails with a TypeError while its price is computed.',
      enabled: false,
      endsAt: null as number | null,
    },
    {
      name: 'slow-database',
      title: 'Slow database',
      description: 'Reads of the stock take a second and a half.',
      enabled: false,
      endsAt: null as number | null,
    },
  ];
  const rules: AlertRule[] = [
    {
      id: 'r1',
      name: 'One error many times',
      condition: { kind: 'error_count', threshold: 10 },
      windowSeconds: 60,
      forSeconds: 0,
      cooldownSeconds: 300,
      severity: 'high',
      enabled: true,
      runbookUrl: '',
      createdAt: nowMs,
      updatedAt: nowMs,
    },
    {
      id: 'r2',
      name: 'Requests fail',
      condition: { kind: 'span_error_rate', threshold: 0.05, minCount: 20 },
      windowSeconds: 120,
      forSeconds: 10,
      cooldownSeconds: 300,
      severity: 'critical',
      enabled: true,
      runbookUrl: '',
      createdAt: nowMs,
      updatedAt: nowMs,
    },
    {
      id: 'r3',
      name: 'Slow orders',
      condition: { kind: 'span_latency', quantile: 0.95, thresholdMs: 1_500, minCount: 20, service: 'orders' },
      windowSeconds: 300,
      forSeconds: 60,
      cooldownSeconds: 600,
      severity: 'medium',
      enabled: false,
      runbookUrl: '',
      createdAt: nowMs,
      updatedAt: nowMs,
    },
  ];
  const receivers: Receiver[] = [
    {
      id: 'w1',
      name: 'Team hook',
      type: 'webhook',
      enabled: true,
      url: 'http://127.0.0.1:9009/hook',
      secretSet: false,
    },
  ];
  const alert = (id: string, over: Partial<Alert>): Alert => ({
    id,
    ruleId: 'r1',
    ruleName: 'One error many times',
    severity: 'high',
    state: 'firing',
    labels: { service: 'payments', errorGroup: data.groups[0]!.id },
    value: 148,
    threshold: 10,
    unit: 'count',
    summary: 'PaymentProviderTimeout happened 148 times in 1m in payments, at least 10 is the limit.',
    startedAt: nowMs - 180_000,
    firedAt: nowMs - 180_000,
    resolvedAt: null,
    incidentId: 'i12',
    ...over,
  });
  const alerts = [
    alert('a1', {}),
    alert('a2', {
      ruleId: 'r2',
      ruleName: 'Requests fail',
      severity: 'critical',
      labels: { service: 'gateway' },
      value: 0.184,
      threshold: 0.05,
      unit: 'ratio',
      summary: '18.4% of requests to gateway failed over 2m (211 of 1,146).',
      startedAt: nowMs - 165_000,
    }),
    alert('a3', {
      state: 'resolved',
      ruleId: 'r3',
      ruleName: 'Slow orders',
      severity: 'medium',
      labels: { service: 'orders' },
      value: 1_840,
      threshold: 1_500,
      unit: 'ms',
      summary: 'p95 of orders was 1.84 s over 5m.',
      startedAt: nowMs - 9_000_000,
      resolvedAt: nowMs - 8_400_000,
      incidentId: 'i11',
    }),
  ];
  const incident: IncidentDetail = {
    id: 'i12',
    number: 12,
    title: 'PaymentProviderTimeout in payments',
    status: 'open',
    severity: 'critical',
    services: ['payments', 'orders', 'gateway'],
    alertCount: 2,
    firingCount: 2,
    openedAt: nowMs - 180_000,
    resolvedAt: null,
    alerts: alerts.slice(0, 2),
    timeline: [
      { seq: 1, at: nowMs - 180_000, kind: 'opened', title: 'PaymentProviderTimeout in payments' },
      {
        seq: 2,
        at: nowMs - 180_000,
        kind: 'alert_fired',
        alertId: 'a1',
        summary: alerts[0]!.summary,
        severity: 'high',
      },
      {
        seq: 3,
        at: nowMs - 179_000,
        kind: 'notify_failed',
        receiver: 'Team hook',
        receiverType: 'webhook',
        event: 'triggered',
        attempts: 1,
        reason: 'connect ECONNREFUSED 127.0.0.1:9009',
        final: false,
      },
      {
        seq: 4,
        at: nowMs - 165_000,
        kind: 'alert_fired',
        alertId: 'a2',
        summary: alerts[1]!.summary,
        severity: 'critical',
      },
      { seq: 5, at: nowMs - 165_000, kind: 'severity_changed', from: 'high', to: 'critical' },
      {
        seq: 6,
        at: nowMs - 163_000,
        kind: 'notified',
        receiver: 'Team hook',
        receiverType: 'webhook',
        event: 'triggered',
        attempts: 2,
      },
      {
        seq: 7,
        at: nowMs - 90_000,
        kind: 'note',
        by: 'admin',
        text: 'The provider’s status page reports trouble since 14:02.\nSwitching to the second provider.',
      },
    ],
    evidence: {
      errorGroups: data.groups.slice(0, 2),
      traces: summaries(true).slice(0, 5),
      logQuery: 'level:>=error service:(payments OR orders OR gateway)',
    },
  };
  const older: IncidentDetail = {
    ...incident,
    id: 'i11',
    number: 11,
    title: 'Slow orders',
    status: 'resolved',
    severity: 'medium',
    services: ['orders'],
    alertCount: 1,
    firingCount: 0,
    openedAt: nowMs - 9_000_000,
    resolvedAt: nowMs - 8_400_000,
  };

  function summaries(onlyFailed = false): TraceSummary[] {
    return [...data.traces]
      .map(([traceId, { spans, startMs, durationMs }]) => ({
        traceId,
        rootService: spans[0]!.service,
        rootName: spans[0]!.name,
        startTimeUnixNano: `${BigInt(Math.round(startMs * 1e3))}000`,
        durationNanos: String(Math.round(durationMs * 1e6)),
        spanCount: spans.length,
        errorCount: spans.filter(({ status }) => status === 'error').length,
        services: [...new Set(spans.map(({ service }) => service))],
      }))
      .filter(({ errorCount }) => !onlyFailed || errorCount > 0);
  }

  const empty = mode === 'empty';
  function status(): StatusAnswer {
    return {
      version: '0.1.0',
      startedAt,
      otlpEndpoint: 'http://127.0.0.1:4318',
      store: { kind: 'embedded', state: 'ready', rows: empty ? 0 : 1_284_551, bytesOnDisk: empty ? 0 : 48_200_000 },
      ingest: {
        accepted: empty
          ? { logs: 0, spans: 0, metricPoints: 0 }
          : { logs: 812_400, spans: 402_151, metricPoints: 70_000 },
        rejected: empty ? 1 : 0,
        faults: empty
          ? [
              {
                at: nowMs - 4_000,
                path: '/v1/traces',
                status: 415,
                reason:
                  'content-type application/grpc: this port speaks OTLP over HTTP. Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.',
              },
            ]
          : [],
        lastReceivedAt: empty ? null : Date.now() - 700,
      },
      auth: { required: mode === 'auth', user: loggedIn ? 'admin' : null },
      demo: { available: !empty },
    };
  }

  function answer(request: IncomingMessage, url: URL, body: unknown): unknown {
    const path = url.pathname.slice('/api/v1'.length);
    const q = url.searchParams;
    const from = Number(q.get('from') ?? 0);
    const to = Number(q.get('to') ?? Number.MAX_SAFE_INTEGER);
    const query = q.get('query') ?? '';
    if (path === '/status') return status();
    if (path === '/logs') {
      const rows = filterLogs(data.logs, query, from, to);
      const start = Number(q.get('cursor') || 0);
      const limit = Number(q.get('limit') ?? 200);
      return {
        rows: rows.slice(start, start + limit),
        nextCursor: start + limit < rows.length ? String(start + limit) : null,
        stats: STATS,
      };
    }
    if (path === '/logs/histogram')
      return histogram(
        filterLogs(data.logs, query, from, to).map((row) => [ms(row.timeUnixNano), row.severity]),
        from,
        to,
        Number(q.get('buckets') ?? 60),
      );
    if (path === '/logs/facets') {
      const rows = filterLogs(data.logs, query, from, to);
      const facet = (key: string, label: string, read: (row: LogView) => string) => {
        const counts = new Map<string, number>();
        for (const row of rows) counts.set(read(row), (counts.get(read(row)) ?? 0) + 1);
        return {
          key,
          label,
          values: [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count),
        };
      };
      return {
        facets: [
          facet('service', 'Service', (row) => row.service),
          facet('level', 'Level', (row) => row.severity),
          facet('environment', 'Environment', (row) => row.resource.environment),
          facet('http.route', 'http.route', (row) =>
            JSON.stringify(row.attributes).includes('/charges') ? '/charges' : '/orders',
          ),
        ],
        sampled: false,
        stats: STATS,
      };
    }
    if (path === '/fields')
      return {
        fields: [
          'http.request.method',
          'http.route',
          'http.response.status_code',
          'order.id',
          'order.total',
          'customer.returning',
        ].map((key) => ({ key, type: 'string' })),
      };
    if (path === '/traces') {
      const list = empty
        ? []
        : summaries(query.includes('status:error')).filter(
            (trace) => ms(trace.startTimeUnixNano) >= from && ms(trace.startTimeUnixNano) < to,
          );
      checkQuery(query);
      if (q.get('sort') === 'slowest') list.sort((a, b) => Number(b.durationNanos) - Number(a.durationNanos));
      return { traces: list.slice(0, 100), stats: STATS };
    }
    if (path === '/traces/histogram') {
      checkQuery(query);
      const spans: [number, string][] = empty
        ? []
        : [...data.traces.values()].flatMap((trace) =>
            trace.spans.map((span): [number, string] => [
              ms(span.startTimeUnixNano),
              span.status === 'error' ? 'error' : 'ok',
            ]),
          );
      return histogram(spans, from, to, Number(q.get('buckets') ?? 60));
    }
    const traceId = /^\/traces\/([0-9a-f]+)$/.exec(path)?.[1];
    if (traceId) {
      const trace = data.traces.get(traceId);
      const spans: SpanView[] =
        traceId === 'f'.repeat(32)
          ? [...data.traces.values()][0]!.spans.filter((_, index) => index !== 3)
          : (trace?.spans ?? []);
      return {
        traceId,
        spans,
        logs: data.logs.filter((row) => row.traceId === traceId),
        truncated: false,
        stats: STATS,
      };
    }
    if (path === '/services') {
      const row = (service: string, requests: number, errors: number, p50: number) => ({
        service,
        requests,
        errors,
        p50Millis: p50,
        p95Millis: p50 * 4.2,
        p99Millis: p50 * 9.7,
        logErrors: errors,
        lastSeenUnixNano: `${Date.now() - 1_200}000000`,
      });
      return {
        services: empty
          ? []
          : [
              row('gateway', 14_210, 402, 41.3),
              row('orders', 14_105, 388, 33.9),
              row('payments', 11_020, 376, 18.2),
              row('notifications', 812, 0, 2.4),
            ],
        stats: STATS,
      };
    }
    if (path === '/error-groups') {
      const wanted = q.get('status') ?? 'open';
      return {
        groups: empty
          ? []
          : data.groups.filter(
              (group) =>
                group.status === wanted &&
                (!q.get('service') || group.services.includes(q.get('service')!)) &&
                (!q.get('search') || JSON.stringify(group).includes(q.get('search')!)),
            ),
        stats: STATS,
      };
    }
    const group = data.groups.find(({ id }) => path === `/error-groups/${id}`);
    if (group) {
      if (request.method === 'PATCH') return Object.assign(group, body);
      const failing = data.logs.filter(({ severity }) => severity === 'error').slice(0, 20);
      return {
        group,
        events: failing.map((row) => ({
          id: row.id,
          timeUnixNano: row.timeUnixNano,
          service: row.service,
          environment: 'demo',
          release: '1.4.2',
          source: 'span',
          type: group.type,
          message: group.message,
          stacktrace: STACK,
          frames: [
            frame('charge', 'shop/src/payments/charge.ts', 48, 13, true),
            frame('authorise', 'shop/src/payments/authorise.ts', 31, 20, true),
            frame('process.processTicksAndRejections', 'node:internal/process/task_queues', 105, 5, false),
            frame('handle', 'node_modules/router/lib/layer.js', 152, 7, false),
            frame('POST /charges', 'shop/src/payments/routes.ts', 17, 22, true),
          ],
          traceId: group.sampleTraceId,
          spanId: '',
          operation: 'provider charge',
        })),
        histogram: histogram(
          failing.map((row) => [ms(row.timeUnixNano), 'error']),
          from,
          to,
          60,
        ),
        fingerprint: {
          version: 1,
          parts: [
            `type ${group.type}`,
            'message provider did not answer within <n> ms',
            'frame charge (shop/src/payments/charge.ts)',
            'frame authorise (shop/src/payments/authorise.ts)',
          ],
        },
        incidents: [incident],
      } satisfies ErrorGroupDetail;
    }
    if (path === '/alert-rules') {
      if (request.method === 'POST') {
        const rule = { ...(body as AlertRule), id: `r${rules.length + 1}`, createdAt: nowMs, updatedAt: nowMs };
        rules.push(rule);
        return rule;
      }
      return {
        rules: rules.map((rule) => ({
          ...rule,
          state: !rule.enabled ? 'disabled' : empty ? 'ok' : 'firing',
          lastError: null,
        })),
      };
    }
    const ruleAt = rules.findIndex(({ id }) => path === `/alert-rules/${id}`);
    if (ruleAt >= 0) {
      if (request.method === 'DELETE') return void rules.splice(ruleAt, 1);
      return Object.assign(rules[ruleAt]!, body);
    }
    if (path === '/alerts') return { alerts: empty ? [] : alerts };
    if (path === '/incidents')
      return {
        incidents: empty
          ? []
          : [incident, older].filter(({ status: at }) => !q.get('status') || at === q.get('status')),
      };
    if (path.startsWith('/incidents/')) {
      const found = [incident, older].find(({ id }) => path.startsWith(`/incidents/${id}`));
      if (!found) throw problem(404, 'NOT_FOUND', 'Not found', 'There is no such incident.');
      const seq = found.timeline.length + 1;
      if (path.endsWith('/acknowledge'))
        Object.assign(found, {
          status: 'acknowledged',
          timeline: [...found.timeline, { seq, at: Date.now(), kind: 'acknowledged', by: 'admin' }],
        });
      if (path.endsWith('/resolve'))
        Object.assign(found, {
          status: 'resolved',
          resolvedAt: Date.now(),
          timeline: [...found.timeline, { seq, at: Date.now(), kind: 'resolved', by: 'admin', reason: 'by_hand' }],
        });
      if (path.endsWith('/notes'))
        found.timeline = [
          ...found.timeline,
          { seq, at: Date.now(), kind: 'note', by: 'admin', text: (body as { text: string }).text },
        ];
      return found;
    }
    if (path === '/receivers') return { receivers: empty ? [] : receivers };
    if (path.endsWith('/test'))
      return { ok: false, status: null, durationMs: 3.1, detail: 'connect ECONNREFUSED 127.0.0.1:9009' };
    if (path === '/demo/faults') return { faults };
    const fault = faults.find(({ name }) => path === `/demo/faults/${name}`);
    if (fault)
      return Object.assign(fault, body, {
        endsAt: (body as { enabled: boolean }).enabled ? Date.now() + 60_000 : null,
      });
    if (path === '/login') {
      if ((body as { password?: string }).password !== 'right')
        throw problem(401, 'LOGIN_REFUSED', 'Not logged in', 'The user or the password is not right.');
      loggedIn = true;
      return undefined;
    }
    if (path === '/logout') {
      loggedIn = false;
      return undefined;
    }
    throw problem(404, 'NOT_FOUND', 'Not found', `There is nothing at ${path}.`);
  }

  function filterLogs(rows: readonly LogView[], query: string, from: number, to: number): LogView[] {
    const terms = checkQuery(query);
    if (empty) return [];
    return rows.filter(
      (row) =>
        ms(row.timeUnixNano) >= from && ms(row.timeUnixNano) < to && terms.every((term) => matchesTerm(row, term)),
    );
  }

  async function tail(response: ServerResponse, query: string) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': open\n\n');
    const terms = checkQuery(query);
    const timer = setInterval(() => {
      const row = createLog(random, Date.now());
      if (terms.every((term) => matchesTerm(row, term))) response.write(`event: log\ndata: ${JSON.stringify(row)}\n\n`);
      if (random() < 0.02) response.write('event: dropped\ndata: {"count":12}\n\n');
    }, 60);
    response.on('close', () => clearInterval(timer));
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (!url.pathname.startsWith('/api/')) return serveFile(staticDir, url.pathname, response);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: unknown = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
    try {
      if (mode === 'broken' && !url.pathname.endsWith('/status'))
        throw problem(
          503,
          'STORE_UNAVAILABLE',
          'The store is not available',
          'The store restarts; reads are answered again in a few seconds.',
        );
      if (mode === 'auth' && !loggedIn && !url.pathname.endsWith('/login'))
        throw problem(401, 'LOGIN_REQUIRED', 'Login required', 'Log in first.');
      if (mode === 'slow') await new Promise((resolve) => setTimeout(resolve, 3_000));
      if (url.pathname.endsWith('/logs/tail')) return tail(response, url.searchParams.get('query') ?? '');
      const json = answer(request, url, body);
      response.writeHead(json === undefined ? 204 : 200, { 'content-type': 'application/json' });
      response.end(json === undefined ? undefined : JSON.stringify(json));
    } catch (error) {
      const status = typeof error === 'object' && error && 'status' in error ? Number(error.status) : 500;
      response.writeHead(status, { 'content-type': 'application/problem+json' });
      response.end(
        JSON.stringify(
          error instanceof Error
            ? { type: 'about:blank', title: error.message, status, detail: error.stack, code: 'BUG' }
            : error,
        ),
      );
    }
  });
  return server;
}

const ms = (unixNano: string) => Number(BigInt(unixNano) / 1_000_000n);
const frame = (fn: string, file: string, line: number, column: number, inApp: boolean) => ({
  function: fn,
  file,
  line,
  column,
  inApp,
});
const problem = (status: number, code: string, title: string, detail: string, more: object = {}) => ({
  type: 'about:blank',
  status,
  code,
  title,
  detail,
  ...more,
});

function checkQuery(query: string): string[] {
  if ((query.match(/"/g)?.length ?? 0) % 2 === 1)
    throw problem(400, 'QUERY_SYNTAX', 'The query cannot be read', 'This quote is never closed.', {
      position: query.lastIndexOf('"'),
      suggestion: `${query}"`,
    });
  const wrong = /\blevl:/.exec(query);
  if (wrong)
    throw problem(400, 'QUERY_SYNTAX', 'The query cannot be read', 'There is no field levl; did you mean level?', {
      position: wrong.index,
      suggestion: query.replace('levl:', 'level:'),
    });
  return query.match(/-?[\w.]+:(?:>=)?(?:"[^"]*"|\([^)]*\)|\S+)|"[^"]*"|\S+/g) ?? [];
}

function matchesTerm(row: LogView, term: string): boolean {
  if (term.startsWith('-')) return !matchesTerm(row, term.slice(1));
  const [, key, operator, value = ''] = /^([\w.]+):(>=)?(.*)$/.exec(term) ?? [];
  const wanted = value.replaceAll('"', '');
  if (!key) return row.body.toLowerCase().includes(term.replaceAll('"', '').toLowerCase());
  if (key === 'service') return wanted.startsWith('(') ? wanted.includes(row.service) : row.service === wanted;
  if (key === 'level')
    return operator ? LEVELS.indexOf(row.severity) >= LEVELS.indexOf(wanted) : row.severity === wanted;
  if (key === 'trace') return row.traceId === wanted;
  if (key === 'span') return row.spanId === wanted;
  return JSON.stringify(row.attributes.find((pair) => pair.key === key) ?? '').includes(wanted);
}

function histogram(
  events: readonly (readonly [number, string])[],
  from: number,
  to: number,
  buckets: number,
): Histogram {
  const stepMs = Math.max(1, Math.ceil((to - from) / buckets));
  const times = Array.from({ length: buckets }, (_, index) => from + index * stepMs);
  const series = new Map<string, number[]>();
  let total = 0;
  for (const [at, name] of events) {
    if (at < from || at >= to) continue;
    const counts = series.get(name) ?? new Array<number>(buckets).fill(0);
    series.set(name, counts);
    const bucket = Math.min(buckets - 1, Math.floor((at - from) / stepMs));
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    total += 1;
  }
  return { stepMs, times, series: [...series].map(([name, counts]) => ({ name, counts })), total, stats: STATS };
}

async function serveFile(staticDir: string, path: string, response: ServerResponse) {
  const file = extname(path) ? join(staticDir, normalize(path)) : join(staticDir, 'index.html');
  try {
    const content = await readFile(file);
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CSP,
    });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { mode: { type: 'string', default: 'data' }, port: { type: 'string', default: '4000' } },
  });
  const server = createFakeApi({
    mode: values.mode as Mode,
    nowMs: Date.now(),
    staticDir: join(import.meta.dirname, '../dist'),
  });
  server.listen(Number(values.port), '127.0.0.1', () =>
    console.log(`Fake API (${values.mode}): http://127.0.0.1:${values.port}`),
  );
}
