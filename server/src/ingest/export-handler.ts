import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type CorsPolicy, isPreflight } from './cors.ts';
import { DecodeContext } from './decode-context.ts';
import { INGEST_LIMITS } from './limits.ts';
import type { MemoryBudget, MemoryReservation } from './memory-budget.ts';
import { contentEncodingOf, readBody } from './read-body.ts';
import { Refusal, refusalOfDecodeError, unavailable } from './refusal.ts';
import { type Delivery, SIGNALS, type Signal, wrongPathReason } from './signals.ts';
import type { TelemetrySink } from './telemetry-sink.ts';
import {
  CONTENT_TYPES,
  encodeExportResponse,
  encodeStatus,
  mediaType,
  type WireFormat,
  wireFormatOf,
} from './wire-format.ts';
import { GRPC_CONTENT_TYPE_REASON } from './wrong-protocol.ts';

export interface ExportHandlerOptions {
  sink: TelemetrySink;
  maxBodyBytes: number;
  bodyTimeoutMs: number;
  checkKey: ((headers: IncomingHttpHeaders) => boolean) | null;
  cors: CorsPolicy;
  budget: MemoryBudget;
  now: () => number;
  /** Records from before this time are rejected; both in epoch milliseconds. */
  oldestMs: (nowMs: number) => number;
  nextId: () => bigint;
  log: (line: string) => void;
  /** Non-null once the server is stopping: new requests are refused with it. */
  stopping: () => Refusal | null;
  /** Aborted, with a Refusal as reason, when bodies that are still arriving are no longer waited for. */
  receiving: AbortSignal;
  onAccepted: (signal: Signal, count: number) => void;
  /** A request that was refused (`rejected` null: its records were never counted), partly rejected, or read with a warning. */
  onFault: (path: string, status: number, reason: string, rejected: number | null) => void;
}

/**
 * Answers one request. Resolves when the answer is on its way and the request is of no more concern; never rejects.
 * `needsContinue`: the client waits for `100 Continue` before it sends the body.
 */
export type ExportHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  needsContinue: boolean,
) => Promise<void>;

export function createExportHandler(options: ExportHandlerOptions): ExportHandler {
  const { sink, cors, log, onFault } = options;

  return async (request, response, needsContinue) => {
    const path = pathOf(request);
    const format = wireFormatOf(request.headers['content-type']);
    const reservation = options.budget.reserve();
    try {
      cors.setHeaders(request, response);
      const signal = SIGNALS.find((candidate) => candidate.path === path);
      if (signal !== undefined && cors.answerPreflight(request, response)) return;
      const accepted = await accept(request, response, signal, path, format, needsContinue, reservation);
      const { rejectedField, rejected, message } = accepted;
      if (message !== '') onFault(path, 200, message, rejected);
      const body = encodeExportResponse(accepted.format, rejectedField, rejected, message);
      await answer(request, response, 200, accepted.format, body, closing());
    } catch (error) {
      const refusal = error instanceof Refusal ? error : unexpected(error);
      if (isWorthShowing(request, path)) onFault(path, refusal.status, refusal.message, null);
      const answerFormat = format ?? 'json';
      const body = encodeStatus(answerFormat, refusal.rpcCode, refusal.message);
      // A client that never got its 100 may or may not send the body; the connection cannot be used again.
      const extra = needsContinue ? { connection: 'close' } : closing();
      discardBody(request);
      await answer(request, response, refusal.status, answerFormat, body, { ...refusal.headers, ...extra });
    } finally {
      reservation.release();
    }
  };

  /** So that a client with a keep-alive connection does not come back to a server that is gone. */
  function closing(): Readonly<Record<string, string>> {
    return options.stopping() === null ? {} : { connection: 'close' };
  }

  async function accept(
    request: IncomingMessage,
    response: ServerResponse,
    signal: Signal | undefined,
    path: string,
    format: WireFormat | null,
    needsContinue: boolean,
    reservation: MemoryReservation,
  ): Promise<Accepted> {
    const { headers } = request;
    if (signal === undefined) throw new Refusal(404, wrongPathReason(path));
    if (isPreflight(request))
      throw new Refusal(403, `pages of ${headers.origin} may not send telemetry to this server`);
    if (request.method !== 'POST') {
      throw new Refusal(405, `${path} takes POST, not ${request.method}`, { allow: 'POST' });
    }
    const stopping = options.stopping();
    if (stopping !== null) throw stopping;
    if (options.checkKey !== null && !options.checkKey(headers)) {
      throw new Refusal(401, 'the ingest key is missing or wrong: send it as Authorization: Bearer KEY', {
        'www-authenticate': 'Bearer',
      });
    }
    if (format === null) throw unsupportedType(headers['content-type']);
    const encoding = contentEncodingOf(headers['content-encoding']);
    if (Number(headers['content-length'] ?? 0) > options.maxBodyBytes) {
      throw new Refusal(413, `the request body is larger than ${options.maxBodyBytes} bytes`);
    }
    if (sink.hasRoom?.() === false) throw unavailable('the server cannot take more records at the moment');

    if (needsContinue) response.writeContinue();
    const body = await readBody(request, {
      encoding,
      maxBodyBytes: options.maxBodyBytes,
      timeoutMs: options.bodyTimeoutMs,
      reservation,
      signal: options.receiving,
    });
    const receivedAtMs = options.now();
    const context = new DecodeContext(receivedAtMs, options.nextId, options.oldestMs(receivedAtMs));
    const delivery = decode(signal, format, body, context);
    await deliver(delivery);
    options.onAccepted(signal, delivery.count);
    return { format, rejectedField: signal.rejectedField, rejected: context.rejected, message: context.message() };
  }

  function decode(signal: Signal, format: WireFormat, body: Buffer, context: DecodeContext): Delivery {
    try {
      return signal.decode(format, body, context);
    } catch (error) {
      const refusal = refusalOfDecodeError(error);
      if (refusal !== null) throw refusal;
      log(`ingest: could not decode a request to ${signal.path}: ${stackOf(error)}`);
      throw new Refusal(400, 'the request could not be decoded', {}, error);
    }
  }

  async function deliver(delivery: Delivery): Promise<void> {
    if (delivery.count === 0) return;
    try {
      await delivery.deliver(sink);
    } catch (error) {
      const retryAfterSeconds = (error as { retryAfterSeconds?: unknown } | null)?.retryAfterSeconds;
      if (typeof retryAfterSeconds === 'number') {
        if ((error as { code?: unknown }).code === 'STORE_DISK_FULL') {
          throw unavailable('the disk of the store is full', retryAfterSeconds, error);
        }
        throw unavailable('the server cannot take more records at the moment', retryAfterSeconds, error);
      }
      // Whatever it is, it is not the client's doing: the batch is worth sending again.
      log(`ingest: a batch was not stored: ${stackOf(error)}`);
      throw unavailable('the records could not be stored', 2, error);
    }
  }

  function unexpected(error: unknown): Refusal {
    log(`ingest: a request failed unexpectedly: ${stackOf(error)}`);
    return unavailable('the request failed unexpectedly', 2, error);
  }
}

interface Accepted {
  format: WireFormat;
  rejectedField: Signal['rejectedField'];
  rejected: number;
  message: string;
}

function unsupportedType(contentType: string | undefined): Refusal {
  const type = mediaType(contentType);
  if (type.startsWith('application/grpc')) return new Refusal(415, GRPC_CONTENT_TYPE_REASON);
  const got = type === '' ? 'there is no content-type' : `content-type ${JSON.stringify(type)} is not supported`;
  return new Refusal(415, `${got}: send application/x-protobuf or application/json`, {
    accept: 'application/x-protobuf, application/json',
  });
}

/** Resolves when the answer is handed over to the system, or the client is gone. */
function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  format: WireFormat,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { socket } = request;
  if (socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('close', done);
      resolve();
    };
    // The socket's, because a response that waits behind another one on its connection does not hear of the end.
    socket.on('close', done);
    response.on('error', done);
    response.writeHead(status, { 'content-type': CONTENT_TYPES[format], 'content-length': body.length, ...headers });
    response.end(body, done);
  });
}

/** Reads on for a while and forgets, or the client would find its connection reset instead of the answer. */
function discardBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.destroy(), INGEST_LIMITS.drainTimeoutMs);
  const stop = (): void => clearTimeout(timer);
  request.once('end', stop).once('close', stop).resume();
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] || '/';
}

/** A browser looking at the port, and asking for its icon, is nobody's mistake. */
function isWorthShowing(request: IncomingMessage, path: string): boolean {
  return (request.method !== 'GET' && request.method !== 'HEAD') || path.startsWith('/v1/');
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
