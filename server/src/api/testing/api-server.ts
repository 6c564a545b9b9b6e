/** An API server for tests, on a free port, with parts that a test can replace. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { createLiveStream, type LiveStream } from '../../pipeline/live-stream.ts';
import type { Store } from '../../store/store.ts';
import { type ApiServerOptions, createApiServer } from '../http.ts';
import type { StatusAnswer } from '../types.ts';

export interface TestAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface TestApi {
  readonly url: string;
  readonly live: LiveStream;
  /** Lines of the server's log. */
  readonly lines: readonly string[];
  /** `path` is sent exactly as it is written. */
  send(
    method: string,
    path: string,
    options?: { headers?: Record<string, string>; body?: string },
  ): Promise<TestAnswer>;
  /** GET below `/api/v1`; throws on an error status. */
  get<T>(path: string): Promise<T>;
  stop(): Promise<void>;
}

const STATUS: StatusAnswer = {
  version: '0.0.0',
  startedAt: 0,
  otlpEndpoint: '',
  store: { kind: 'embedded', state: 'ready', rows: 0, bytesOnDisk: 0 },
  ingest: { accepted: { logs: 0, spans: 0, metricPoints: 0 }, rejected: 0, faults: [], lastReceivedAt: null },
  auth: { required: false, user: null },
  demo: { available: false },
};

/** A store without telemetry: every query answers no rows, unless the test says otherwise. */
export function emptyStore(query?: Store['query']): Store {
  const unused = (): never => {
    throw new Error('not part of this test');
  };
  return {
    insertLogs: unused,
    insertSpans: unused,
    insertMetricPoints: unused,
    insertErrorEvents: unused,
    query: query ?? (async () => ({ rows: [], stats: { rowsRead: 0, bytesRead: 0, elapsedMs: 0 } })),
    hasRoom: () => true,
    stats: async () => ({ rows: 0, bytesOnDisk: 0 }),
    state: () => 'ready',
    close: async () => {},
  };
}

export async function startTestApi(parts: Partial<ApiServerOptions> = {}): Promise<TestApi> {
  const lines: string[] = [];
  const live = parts.live ?? createLiveStream({ log: (line) => lines.push(line) });
  const refuse = (name: string | symbol) => (): never => {
    throw new Error(`${String(name)} is not set up`);
  };
  const unused = new Proxy({}, { get: (_target, name) => refuse(name) });
  const server = createApiServer({
    host: '127.0.0.1',
    port: 0,
    store: emptyStore(),
    detector: { rules: unused, alerts: unused, incidents: unused, receivers: unused } as ApiServerOptions['detector'],
    groups: unused as ApiServerOptions['groups'],
    status: async () => STATUS,
    staticDir: null,
    demoUrl: null,
    auth: null,
    log: (line) => lines.push(line),
    ...parts,
    live,
  });
  const { port } = await server.start();
  const url = `http://127.0.0.1:${port}`;

  const send: TestApi['send'] = (method, path, { headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) });
        });
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });

  return {
    url,
    live,
    lines,
    send,
    get: async (path) => {
      const answer = await send('GET', `/api/v1${path}`);
      if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${answer.text}`);
      return answer.json();
    },
    stop: () => server.stop(),
  };
}
