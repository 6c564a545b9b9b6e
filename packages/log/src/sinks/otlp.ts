import {
  type Clock,
  compose,
  createRetry,
  createTimeout,
  exponentialBackoff,
  systemClock,
} from '@breakwater/resilience';
import { type Answer, isRetried } from '../otlp/answer.ts';
import { checkOtlpOptions } from '../otlp/check-options.ts';
import { isRecord } from '../otlp/is-record.ts';
import { toOtlpJson } from '../otlp/json.ts';
import { canPostByChild, postByChild } from '../otlp/last-post.ts';
import { createPoster, type TlsOptions } from '../otlp/poster.ts';
import { toOtlpProtobuf } from '../otlp/protobuf.ts';
import { type LogRecord, toRecord } from '../record.ts';
import { type Sink, type SinkCounts, Tally } from '../sink.ts';
import { MAX_BUFFER_CHARS } from './buffer-options.ts';
import { type DropPolicy, dropOldest } from './drop.ts';

export interface OtlpOptions {
  readonly name?: string | undefined;
  /** The full address: `http://localhost:4318/v1/logs`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default `protobuf`. */
  readonly encoding?: 'protobuf' | 'json' | undefined;
  /** Default `none`. */
  readonly compression?: 'none' | 'gzip' | undefined;
  /** PEM texts for https: certificates to trust in place of the usual, own certificate and its key. */
  readonly tls?: TlsOptions | undefined;
  /** Records in one request. Default 512. */
  readonly batchSize?: number | undefined;
  /** Milliseconds after which fewer are sent. Default 1000. */
  readonly flushMs?: number | undefined;
  /** Characters of lines kept while the receiver is away. Default 16 777 216. */
  readonly maxBufferChars?: number | undefined;
  /**
   * `dropOldest()` or `dropLowest()` of `@breakwater/log/full`. Default `dropOldest()`. There is no `block`: a request needs
   * the event loop that it would block.
   */
  readonly whenFull?: DropPolicy | undefined;
  /** Milliseconds for one request. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds that `flush` and `close` may take. Default 10 000. */
  readonly flushTimeoutMs?: number | undefined;
  /**
   * Milliseconds that the end of the process may wait for the receiver, all requests and waits between them together. A signal
   * gives the event loop as long before that. Default 3000.
   */
  readonly exitTimeoutMs?: number | undefined;
  /** Told when a receiver refuses records, or warns about them (`count` 0), with its words. Must be quick. */
  readonly onRejected?: ((count: number, reason: string) => void) | undefined;
  readonly random?: (() => number) | undefined;
}

/** Loaded only by those who use it. */
const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib');
/** A wait must not keep a program alive. */
const QUIET_CLOCK: Clock = {
  ...systemClock,
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
};
/** Tries of one batch before the waits begin to grow anew: each one is kept in the history of its retry. */
const MAX_ATTEMPTS = 500;
const MAX_LAST_BATCH = 4096;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Sends records to an OpenTelemetry receiver over HTTP. One request at a time, repeated by the retry of
 * `@breakwater/resilience` while the receiver cannot take it (429, 502, 503, 504, no connection, no answer): with growing,
 * random waits, not before its `Retry-After` (an hour at most), as long as there is room to keep what is said meanwhile. A
 * request whose answer was lost is sent again, so a record may arrive twice; where an answer comes, once.
 *
 * Its requests are hidden from OpenTelemetry's instrumentation: no span, no header.
 */
export function otlpSink(options: OtlpOptions): Sink {
  checkOtlpOptions(options);
  const { url, encoding = 'protobuf', compression = 'none', tls = {}, onRejected } = options;
  const {
    batchSize = 512,
    flushMs = 1000,
    timeoutMs = 10_000,
    flushTimeoutMs = 10_000,
    exitTimeoutMs = 3000,
  } = options;
  const { name = 'otlp', maxBufferChars = MAX_BUFFER_CHARS, whenFull = dropOldest(), random = Math.random } = options;
  const headers = {
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    ...(compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
    ...options.headers,
  };
  const poster = createPoster(url, headers, encoding, tls);
  const retry = createRetry({
    maxAttempts: MAX_ATTEMPTS,
    backoff: exponentialBackoff({ baseMs: 200, maxMs: 30_000, jitter: 'equal' }),
    retryIf: () => true,
    retryResult: (answer) => isRetried(answer as Answer),
    retryAfterMs: (answer) => (answer as Answer).retryAfterMs,
    // One request at a time is all the load there ever is.
    budget: false,
    random,
    clock: QUIET_CLOCK,
  });
  const policy = compose(retry, createTimeout({ timeoutMs, clock: QUIET_CLOCK }));
  const tally = new Tally();
  const queue = whenFull.open(maxBufferChars);
  /** What is being sent. Whoever takes it away puts another list in its place. */
  let batch: LogRecord[] = [];
  let underWay: AbortController | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const waiting = new Set<() => void>();

  function fill(size: number): void {
    while (batch.length < size) {
      const next = queue.shift();
      if (next === undefined) return;
      const record = read(next);
      // No line of this package: it would stand in the way of all others for ever.
      if (record === undefined) tally.drop('failed');
      else batch.push(record);
    }
  }

  function encode(): Uint8Array {
    return encoding === 'json' ? Buffer.from(toOtlpJson(batch)) : toOtlpProtobuf(batch);
  }

  function pack(body: Uint8Array): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    if (compression === 'none') resolve(body);
    else zlib().gzip(body, (error, packed) => (error === null ? resolve(packed) : reject(error)));
    return promise;
  }

  function settle({ status, rejected, message }: Answer): void {
    const good = status >= 200 && status < 300;
    const lost = good ? Math.min(batch.length, rejected) : batch.length;
    tally.drop('rejected', lost);
    tally.written += batch.length - lost;
    batch = [];
    if (lost === 0 && message === '') return;
    try {
      onRejected?.(lost, message === '' ? `HTTP ${status}` : message);
    } catch {
      // The records are counted; whoever wanted to hear of them failed at it.
      tally.drop('failed', 0);
    }
  }

  function arm(ms: number): void {
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      start();
    }, ms);
    timer.unref();
  }

  function start(): void {
    if (underWay !== undefined) return;
    underWay = new AbortController();
    void send(underWay.signal).finally(() => {
      underWay = undefined;
      if (batch.length > 0 || queue.size > 0) arm(flushMs);
      for (const wake of waiting) wake();
    });
  }

  async function send(signal: AbortSignal): Promise<void> {
    do {
      fill(batchSize);
      if (batch.length === 0) return;
      const mine = batch;
      const body = encode();
      let answer: Answer | undefined;
      try {
        const packed = await pack(body);
        answer = await policy.execute((call) => poster.post(packed, call.signal), { operation: name, signal });
      } catch {
        // The last of many tries, none of which the receiver answered; or the end of the process has taken over.
        answer = undefined;
      }
      if (batch !== mine || answer === undefined || isRetried(answer)) return;
      settle(answer);
    } while (queue.size >= batchSize || (queue.size > 0 && waiting.size > 0));
  }

  async function flush(): Promise<void> {
    const end = performance.now() + flushTimeoutMs;
    while (queue.size > 0 || batch.length > 0) {
      const left = end - performance.now();
      if (left <= 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const late = setTimeout(resolve, left);
      waiting.add(resolve);
      start();
      await promise;
      waiting.delete(resolve);
      clearTimeout(late);
    }
  }

  /** Waits for the answer under way. False when the receiver wants to be left alone for longer than there is time. */
  function takeOver(end: number): boolean {
    if (underWay === undefined || batch.length === 0) return true;
    const answer = poster.settleSync(exitTimeoutMs);
    const taken = batch;
    underWay.abort();
    if (typeof answer === 'object' && !isRetried(answer)) {
      settle(answer);
      return true;
    }
    batch = [...taken];
    return waits(typeof answer === 'object' ? (answer.retryAfterMs ?? 0) : 0, end);
  }

  /** At the end of the process, by other processes. */
  function postRest(): void {
    const end = performance.now() + exitTimeoutMs;
    if (!takeOver(end)) return;
    for (let waitMs = 50; ; ) {
      fill(MAX_LAST_BATCH);
      const left = end - performance.now();
      if (batch.length === 0 || left <= 0) return;
      const body = compression === 'gzip' ? zlib().gzipSync(encode()) : encode();
      const answer = postByChild(url, headers, tls, body, encoding, left);
      if (answer !== undefined && !isRetried(answer)) settle(answer);
      else {
        waitMs *= 2;
        const ownMs = waitMs * (0.5 + random() / 2);
        if (!canPostByChild() || !waits(Math.max(answer?.retryAfterMs ?? 0, ownMs), end)) return;
      }
    }
  }

  function giveUp(): void {
    tally.drop('timeout', batch.length + queue.clear());
    batch = [];
  }

  return {
    name,
    write(line, severity) {
      tally.emitted++;
      if (closed) {
        tally.drop('closed');
        return;
      }
      tally.drop('queue-full', queue.push(line, severity));
      if (queue.size >= batchSize && batch.length === 0) start();
      else arm(flushMs);
    },
    flush,
    flushSync(isLast) {
      postRest();
      if (!isLast) return;
      closed = true;
      giveUp();
    },
    isSlow: true,
    exitTimeoutMs,
    async close() {
      if (closed) return;
      await flush();
      closed = true;
      clearTimeout(timer);
      giveUp();
      underWay?.abort();
      poster.destroy();
    },
    counts: (): SinkCounts => tally.counts(),
  };
}

/** Stops the thread for so long. False, and at once, when there is not so much time. */
function waits(ms: number, end: number): boolean {
  if (ms > 0 && ms >= end - performance.now()) return false;
  if (ms > 0) Atomics.wait(pause, 0, 0, ms);
  return true;
}

function read(line: string): LogRecord | undefined {
  try {
    const record = toRecord(line);
    return isRecord(record) ? record : undefined;
  } catch {
    // No JSON at all.
    return undefined;
  }
}
