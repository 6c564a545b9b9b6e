import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { StatusAnswer } from '../api/types.ts';
import { oldestKeptMs } from '../telemetry/retention.ts';
import { createCorsPolicy } from './cors.ts';
import { createExportHandler } from './export-handler.ts';
import { createFaultList } from './faults.ts';
import { createIdGenerator } from './id-generator.ts';
import { INGEST_LIMITS } from './limits.ts';
import { createMemoryBudget } from './memory-budget.ts';
import { type Refusal, unavailable } from './refusal.ts';
import type { TelemetrySink } from './telemetry-sink.ts';
import { wrongProtocolOf } from './wrong-protocol.ts';

export type { TelemetrySink } from './telemetry-sink.ts';

export interface OtlpServerOptions {
  host: string;
  /** 0 chooses a free port. */
  port: number;
  sink: TelemetrySink;
  /** Size of a request body after decompression. Default 64 MiB. */
  maxBodyBytes?: number;
  /** Decompressed bytes of all requests in work. Default 256 MiB, at least `maxBodyBytes`. */
  maxInFlightBytes?: number;
  /** A request body that has not arrived completely by then is refused with 408. Default 30 s. */
  bodyTimeoutMs?: number;
  /** A request whose headers have not arrived completely by then is refused with 408. Default 10 s. */
  headersTimeoutMs?: number;
  /** How long `stop` waits for bodies that are still arriving. Default 5 s. */
  stopGraceMs?: number;
  /** Whether the headers hold a valid ingest key (see `ingestKeyOf`). Default: no key is needed. */
  checkKey?: (headers: IncomingHttpHeaders) => boolean;
  /** Origins whose pages may send telemetry from a browser; `*` for all. Default: none. */
  corsOrigins?: readonly string[];
  /** Epoch milliseconds. */
  now?: () => number;
  /** Records from before this time are rejected; both in epoch milliseconds. Default: what the store's retention keeps. */
  oldestMs?: (nowMs: number) => number;
  log: (line: string) => void;
}

export interface OtlpServer {
  /** Rejects with the system's error, such as EADDRINUSE, when the port cannot be opened. */
  start(): Promise<{ port: number }>;
  /**
   * Takes no new requests (503), waits for those that have arrived to be stored and answered, then closes all
   * connections. Bodies that are still arriving get `stopGraceMs`. May be called more than once.
   */
  stop(): Promise<void>;
  /**
   * As of now. `rejected` counts the single records that were left out, and a request that was refused as a whole
   * as one; what was not even an HTTP request is only among the faults.
   */
  readonly counters: StatusAnswer['ingest'];
}

/**
 * The OTLP/HTTP receiver (https://opentelemetry.io/docs/specs/otlp/#otlphttp): logs, traces and metrics, protobuf and
 * JSON on one port. A request is answered with success after the sink's promise resolves, so what is acknowledged is as
 * durable as the sink says.
 */
export function createOtlpServer(options: OtlpServerOptions): OtlpServer {
  const { host, port, sink, log } = options;
  const now = options.now ?? Date.now;
  const maxBodyBytes = positive(options, 'maxBodyBytes');
  const maxInFlightBytes = Math.max(positive(options, 'maxInFlightBytes'), maxBodyBytes);
  const bodyTimeoutMs = positive(options, 'bodyTimeoutMs');
  const headersTimeoutMs = positive(options, 'headersTimeoutMs');
  const stopGraceMs = positive(options, 'stopGraceMs');

  const faults = createFaultList();
  const accepted = { logs: 0, spans: 0, metricPoints: 0 };
  let rejected = 0;
  let lastReceivedAt: number | null = null;
  let stopping: Refusal | null = null;
  let stopped: Promise<void> | null = null;
  const receiving = new AbortController();
  const inWork = new Set<Promise<void>>();

  function onFault(path: string, status: number, reason: string, rejectedRecords: number | null): void {
    rejected += rejectedRecords ?? 1;
    faults.add({ at: now(), path, status, reason });
  }

  const handle = createExportHandler({
    sink,
    maxBodyBytes,
    bodyTimeoutMs,
    checkKey: options.checkKey ?? null,
    cors: createCorsPolicy(options.corsOrigins ?? []),
    budget: createMemoryBudget(maxInFlightBytes),
    now,
    oldestMs: options.oldestMs ?? oldestKeptMs,
    nextId: createIdGenerator(now),
    log,
    stopping: () => stopping,
    receiving: receiving.signal,
    onAccepted(signal, count) {
      accepted[signal.counter] += count;
      if (count > 0) lastReceivedAt = now();
    },
    onFault,
  });

  const server: Server = createServer({
    headersTimeout: headersTimeoutMs,
    // Ours for the body comes first and gives an answer; this one is for what is left of a refused body.
    requestTimeout: headersTimeoutMs + bodyTimeoutMs + INGEST_LIMITS.drainTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs),
    keepAliveTimeout: INGEST_LIMITS.keepAliveTimeoutMs,
  });

  const onRequest = (needsContinue: boolean): Parameters<typeof createServer>[1] => {
    return (request, response) => {
      const work = handle(request, response, needsContinue).finally(() => inWork.delete(work));
      inWork.add(work);
    };
  };
  server.on('request', onRequest(false) as () => void);
  server.on('checkContinue', onRequest(true) as () => void);

  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const protocol = error.rawPacket === undefined ? null : wrongProtocolOf(error.rawPacket);
    const [status, title] = STATUS_OF_CLIENT_ERROR[error.code ?? ''] ?? [400, 'Bad Request'];
    const reason = protocol?.reason ?? `not a valid HTTP/1.1 request: ${error.message}`;
    faults.add({ at: now(), path: protocol?.path ?? '(not a request)', status, reason });
    // To a gRPC client too: it then backs off, and says that what it got looks like HTTP/1.1.
    socket.end(
      `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
    );
  });

  async function stop(): Promise<void> {
    stopping = unavailable('the server is stopping', 3);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const grace = setTimeout(() => receiving.abort(stopping), stopGraceMs);
    // Handlers whose request came on a connection that was already open may still be added.
    while (inWork.size > 0) await Promise.all(inWork);
    clearTimeout(grace);
    server.closeAllConnections();
    await closed;
  }

  return {
    start() {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          server.on('error', (error) => log(`ingest: ${error.message}`));
          resolve({ port: (server.address() as AddressInfo).port });
        });
      });
    },

    stop() {
      stopped ??= stop();
      return stopped;
    },

    get counters() {
      return { accepted: { ...accepted }, rejected, faults: faults.list(), lastReceivedAt };
    },
  };
}

const STATUS_OF_CLIENT_ERROR: Readonly<Record<string, readonly [status: number, line: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
};

type NumberOption = 'maxBodyBytes' | 'maxInFlightBytes' | 'bodyTimeoutMs' | 'headersTimeoutMs' | 'stopGraceMs';

function positive(options: OtlpServerOptions, name: NumberOption): number {
  const value = options[name] ?? INGEST_LIMITS[name];
  if (!(value > 0)) throw new RangeError(`createOtlpServer: ${name} must be above 0, got ${value}`);
  return value;
}
