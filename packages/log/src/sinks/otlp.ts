import { OptionError } from '@breakwater/errors';
import { toOtlpJson } from '../otlp/json.ts';
import { rejectedIn, toOtlpProtobuf } from '../otlp/protobuf.ts';
import { toRecord } from '../record.ts';
import { type Sink, type SinkCounts, Tally } from '../sink.ts';
import { positive } from './fd-sink.ts';
import { LineQueue, type QueuedLine } from './line-queue.ts';

export interface OtlpOptions {
  readonly name?: string;
  /** The full address: `http://localhost:4318/v1/logs`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `protobuf`. */
  readonly encoding?: 'protobuf' | 'json';
  /** Records in one request. Default 512. */
  readonly batchSize?: number;
  /** Milliseconds after which fewer are sent. Default 1000. */
  readonly flushMs?: number;
  /** Characters of lines kept while the receiver is away. Default 16 777 216. */
  readonly maxBufferChars?: number;
  /** Default `drop-oldest`. There is no `block`: a request needs the event loop that it would block. */
  readonly whenFull?: 'drop-oldest' | 'drop-lowest';
  /** Milliseconds for one request. Default 10 000. */
  readonly timeoutMs?: number;
  /** Milliseconds that `flush` and `close` may take. Default 10 000. */
  readonly flushTimeoutMs?: number;
  /** Milliseconds the end of the process may wait for the last request, made by a child process. Default 3000. */
  readonly exitTimeoutMs?: number;
  readonly random?: () => number;
}

interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly body: Buffer;
}

const RETRIED = new Set([429, 502, 503, 504]);
const MAX_DELAY_MS = 30_000;

/** Reads the body on its standard input and posts it; exit code 0 when it was taken. */
const LAST_POST = `const [url, headers] = JSON.parse(process.argv[1]); const chunks = [];
process.stdin.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
  const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  request(url, { method: 'POST', headers }, (answer) => { answer.resume(); answer.on('end', () => process.exit(answer.statusCode < 300 ? 0 : 1)); })
    .on('error', () => process.exit(1)).end(Buffer.concat(chunks));
});`;

/**
 * Sends records to an OpenTelemetry receiver over HTTP. One request at a time; what the receiver cannot take now (429,
 * 502, 503, 504, no connection) is sent again with growing, random delays, as long as there is room to keep it. A
 * request whose answer was lost is sent again, so a record may arrive twice.
 *
 * The delays are its own, not the retry of `@breakwater/resilience`: a queue that waits needs thirty lines of it, and a logger
 * must load where nothing else does.
 */
export function otlpSink(options: OtlpOptions): Sink {
  if (typeof options?.url !== 'string' || !URL.canParse(options.url) || !/^https?:/.test(options.url))
    throw new OptionError('options.url', options?.url, 'an http or https address');
  const encoding = options.encoding ?? 'protobuf';
  if (encoding !== 'protobuf' && encoding !== 'json')
    throw new OptionError('options.encoding', encoding, 'protobuf or json');
  const whenFull = options.whenFull ?? 'drop-oldest';
  if (whenFull !== 'drop-oldest' && whenFull !== 'drop-lowest')
    throw new OptionError('options.whenFull', whenFull, 'drop-oldest or drop-lowest');
  const batchSize = positive('batchSize', options.batchSize ?? 512);
  const flushMs = positive('flushMs', options.flushMs ?? 1000);
  const maxChars = positive('maxBufferChars', options.maxBufferChars ?? 16_777_216);
  const timeoutMs = positive('timeoutMs', options.timeoutMs ?? 10_000);
  const flushTimeoutMs = positive('flushTimeoutMs', options.flushTimeoutMs ?? 10_000);
  const exitTimeoutMs = positive('exitTimeoutMs', options.exitTimeoutMs ?? 3000);
  const random = options.random ?? Math.random;
  const secure = options.url.startsWith('https:');
  // Loaded only by those who use the sink: they are most of what an import of this package would cost.
  const { Agent, request } = process.getBuiltinModule(secure ? 'node:https' : 'node:http');
  const agent = new Agent({ keepAlive: true });
  const headers = {
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    ...options.headers,
  };
  const tally = new Tally();
  const queue = new LineQueue();
  let batch: QueuedLine[] = [];
  let sending = false;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let closed = false;
  const waiting = new Set<() => void>();

  function encode(lines: readonly QueuedLine[]): Uint8Array {
    const records = lines.map(({ line }) => toRecord(line));
    return encoding === 'json' ? Buffer.from(toOtlpJson(records)) : toOtlpProtobuf(records);
  }

  function post(body: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const size = { 'content-length': String(body.length) };
      const signal = AbortSignal.timeout(timeoutMs);
      const call = request(
        options.url,
        { method: 'POST', headers: { ...headers, ...size }, agent, signal },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const after = Number(answer.headers['retry-after']);
            resolve({
              status: answer.statusCode ?? 0,
              retryAfterMs: Number.isFinite(after) ? Math.max(0, after * 1000) : undefined,
              body: Buffer.concat(chunks),
            });
          });
        },
      );
      call.on('error', reject);
      // A logger must not keep a program alive.
      call.on('socket', (socket) => socket.unref());
      call.end(body);
    });
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
    if (sending) return;
    sending = true;
    void send().finally(() => {
      sending = false;
      if (batch.length > 0) arm(delayMs);
      else if (queue.size > 0) arm(queue.size >= batchSize ? 1 : flushMs);
      for (const wake of waiting) wake();
    });
  }

  let delayMs = 0;

  async function send(): Promise<void> {
    do {
      while (batch.length < batchSize && queue.size > 0) batch.push(queue.shift()!);
      if (batch.length === 0) return;
      let answer: Answer | undefined;
      try {
        answer = await post(encode(batch));
      } catch {
        // No connection or no answer in time: as a receiver that asks to come back later.
        answer = undefined;
      }
      // The end of the process may have taken the batch away meanwhile.
      if (batch.length === 0) return;
      if (answer === undefined || RETRIED.has(answer.status)) {
        failures++;
        const backoff = Math.min(MAX_DELAY_MS, 100 * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2);
        delayMs = Math.min(MAX_DELAY_MS, Math.max(backoff, answer?.retryAfterMs ?? 0));
        return;
      }
      failures = 0;
      const lost = answer.status >= 300 ? batch.length : Math.min(batch.length, rejected(answer.body));
      tally.drop('rejected', lost);
      tally.written += batch.length - lost;
      batch = [];
    } while (queue.size >= batchSize || (queue.size > 0 && waiting.size > 0));
  }

  function rejected(body: Buffer): number {
    if (encoding === 'protobuf') return rejectedIn(body);
    try {
      const answer = JSON.parse(body.toString()) as { partialSuccess?: { rejectedLogRecords?: unknown } };
      return Number(answer.partialSuccess?.rejectedLogRecords ?? 0) || 0;
    } catch {
      // An empty or foreign answer with a good status: taken.
      return 0;
    }
  }

  async function flush(): Promise<void> {
    const end = performance.now() + flushTimeoutMs;
    while ((queue.size > 0 || batch.length > 0) && performance.now() < end) {
      let late: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        late = setTimeout(resolve, Math.max(1, Math.min(end - performance.now(), batch.length > 0 ? delayMs : 50)));
        start();
      }).finally(() => {
        clearTimeout(late);
        waiting.clear();
      });
    }
  }

  return {
    name: options.name ?? 'otlp',
    write(line, severity) {
      tally.emitted++;
      if (closed) {
        tally.drop('closed');
        return;
      }
      queue.push(line, severity);
      while (queue.chars > maxChars) {
        if ((whenFull === 'drop-lowest' ? queue.shiftLowest() : queue.shift()) === undefined) break;
        tally.drop('queue-full');
      }
      if (queue.size >= batchSize && batch.length === 0) start();
      else arm(flushMs);
    },
    flush,
    flushSync() {
      while (batch.length > 0 || queue.size > 0) {
        while (batch.length < 4096 && queue.size > 0) batch.push(queue.shift()!);
        const { status } = process
          .getBuiltinModule('node:child_process')
          .spawnSync(process.execPath, ['-e', LAST_POST, JSON.stringify([options.url, headers])], {
            input: encode(batch),
            timeout: exitTimeoutMs,
            env: {},
            stdio: ['pipe', 'ignore', 'ignore'],
          });
        if (status !== 0) return;
        tally.written += batch.length;
        batch = [];
      }
    },
    isSlow: true,
    async close() {
      if (closed) return;
      await flush();
      closed = true;
      clearTimeout(timer);
      tally.drop('timeout', batch.length + queue.size);
      batch = [];
      while (queue.shift() !== undefined);
      agent.destroy();
    },
    counts: (): SinkCounts => tally.counts(),
  };
}
