import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { constants, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { MemoryReservation } from './memory-budget.ts';
import { Refusal, unavailable } from './refusal.ts';

/** Window of a zstd frame, 8 MiB: what RFC 8878 asks every decoder to take. A frame may ask for far more memory. */
const MAX_ZSTD_WINDOW_LOG = 23;

const ENCODINGS = ['gzip', 'deflate', 'zstd', 'identity'] as const;
export type ContentEncoding = (typeof ENCODINGS)[number];

/** Throws a Refusal, 415, for an encoding that is not supported. */
export function contentEncodingOf(header: string | undefined): ContentEncoding {
  const name = (header ?? '').trim().toLowerCase();
  if (name === '') return 'identity';
  if (name === 'x-gzip') return 'gzip';
  if (name === 'zlib') return 'deflate';
  const known = ENCODINGS.find((encoding) => encoding === name);
  if (known === undefined) {
    throw new Refusal(415, `content-encoding ${JSON.stringify(name)} is not supported; use gzip, deflate or zstd`, {
      'accept-encoding': 'gzip, deflate, zstd',
    });
  }
  return known;
}

export interface ReadBodyOptions {
  encoding: ContentEncoding;
  maxBodyBytes: number;
  timeoutMs: number;
  /** Takes the bytes as they are decompressed; the caller releases it, whatever the outcome. */
  reservation: MemoryReservation;
  /** Ends the reading; its reason, a Refusal, becomes the outcome. */
  signal: AbortSignal;
}

/**
 * The body, decompressed. Rejects with a Refusal: 400 where it is not what its encoding says or ends early, 408 when it
 * takes too long, 413 past the limit, 503 when the requests in work hold too much already. Limits are applied to each
 * piece as it comes out of the decompressor, so a small body that expands enormously costs no more than the limit.
 *
 * After a rejection the request is left flowing, with nobody listening; the caller decides how long.
 */
export function readBody(request: IncomingMessage, options: ReadBodyOptions): Promise<Buffer> {
  const { encoding, maxBodyBytes, timeoutMs, reservation, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const decoder = createDecoder(encoding);
  const chunks: Buffer[] = [];
  let bytesReceived = 0;
  let bytesDecoded = 0;

  const onTimeout = (): void => {
    // Nothing more is to be expected on this connection.
    fail(new Refusal(408, `the request body did not arrive within ${timeoutMs} ms`, { connection: 'close' }));
  };
  const timer = setTimeout(onTimeout, timeoutMs);
  const tooLarge = (): void => fail(new Refusal(413, `the request body is larger than ${maxBodyBytes} bytes`));

  const onReceived = (chunk: Buffer): void => {
    bytesReceived += chunk.length;
    if (bytesReceived > maxBodyBytes) tooLarge();
  };
  const onDecoded = (chunk: Buffer): void => {
    bytesDecoded += chunk.length;
    if (bytesDecoded > maxBodyBytes) tooLarge();
    else if (!reservation.take(chunk.length)) fail(unavailable('too much data is being received at the moment'));
    else chunks.push(chunk);
  };
  const onEnd = (): void => {
    cleanUp();
    resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytesDecoded));
  };
  const onDecoderError = (error: Error): void => {
    fail(new Refusal(400, `the request body is not valid ${encoding}: ${error.message}`, {}, error));
  };
  const onClosed = (): void => {
    if (!request.complete) fail(new Refusal(400, 'the client went away before the request body was complete'));
  };
  const onAbort = (): void => fail(signal.reason as Refusal);

  function cleanUp(): void {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    request.off('data', onReceived).off('close', onClosed).off('error', onClosed);
    if (decoder === null) request.off('data', onDecoded).off('end', onEnd);
    else decoder.off('data', onDecoded).off('end', onEnd);
  }
  function fail(refusal: Refusal): void {
    cleanUp();
    // A late 'error' of either has no meaning any more, but without a listener it would end the process.
    request.on('error', () => {});
    if (decoder !== null) {
      request.unpipe(decoder);
      decoder.on('error', () => {}).destroy();
    }
    request.resume();
    reject(refusal);
  }

  if (signal.aborted) {
    fail(signal.reason as Refusal);
    return promise;
  }
  signal.addEventListener('abort', onAbort);
  request.on('close', onClosed).on('error', onClosed);
  if (decoder === null) {
    request.on('data', onDecoded).on('end', onEnd);
  } else {
    request.on('data', onReceived);
    decoder.on('data', onDecoded).on('end', onEnd).on('error', onDecoderError);
    request.pipe(decoder);
  }
  return promise;
}

function createDecoder(encoding: ContentEncoding): Transform | null {
  switch (encoding) {
    case 'gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'zstd':
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: MAX_ZSTD_WINDOW_LOG } });
    case 'identity':
      return null;
  }
}
