import { AsyncLocalStorage } from 'node:async_hooks';
import type { ClientRequest } from 'node:http';
import { type Answer, type Encoding, toAnswer } from './answer.ts';
import { withoutTracing } from './quiet.ts';
import { readAnswer } from './read-answer.ts';

export interface Poster {
  /** Sends one request. Rejects when there was no answer. One at a time. */
  post(body: Uint8Array, signal: AbortSignal): Promise<Answer>;
  /**
   * What became of the request under way, for a process that ends: `idle` there is none, `unsent` it did not leave whole
   * and is called off, an answer, or `unanswered`: nobody knows. Waits at most so long for the answer. The promise of `post`
   * is not settled by it.
   */
  settleSync(timeoutMs: number): Answer | 'idle' | 'unsent' | 'unanswered';
  destroy(): void;
}

interface UnderWay {
  readonly call: ClientRequest;
  status: number;
  retryAfter: string | undefined;
  readonly chunks: Buffer[];
}

/**
 * The context of when this module was loaded. A request would else belong to whoever said the first line of its batch,
 * and the connection keep that one's context alive.
 */
const outside = AsyncLocalStorage.snapshot();

/** PEM texts. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The way to one receiver, over connections that are kept. Its requests are not traced and carry nobody's context. */
export function createPoster(
  url: string,
  headers: Readonly<Record<string, string>>,
  encoding: Encoding,
  tls: TlsOptions,
): Poster {
  const secure = url.startsWith('https:');
  // Loaded only by those who use the sink: they are most of what an import of this module would cost.
  const { Agent, request } = process.getBuiltinModule(secure ? 'node:https' : 'node:http');
  const agent = new Agent({ keepAlive: true, ...tls });
  let underWay: UnderWay | undefined;

  function send(
    body: Uint8Array,
    signal: AbortSignal,
    resolve: (answer: Answer) => void,
    reject: (error: Error) => void,
  ): void {
    const size = { 'content-length': String(body.length) };
    const call = request(url, { method: 'POST', headers: { ...headers, ...size }, agent, signal }, (answer) => {
      mine.status = answer.statusCode ?? 0;
      mine.retryAfter = answer.headers['retry-after'];
      answer.on('data', (chunk: Buffer) => mine.chunks.push(chunk));
      answer.on('error', fail);
      answer.on('end', () => {
        if (underWay === mine) underWay = undefined;
        resolve(told(mine));
      });
    });
    const mine: UnderWay = { call, status: 0, retryAfter: undefined, chunks: [] };
    const fail = (error: Error): void => {
      if (underWay === mine) underWay = undefined;
      reject(error);
    };
    underWay = mine;
    call.on('error', fail);
    // A logger must not keep a program alive.
    call.on('socket', (socket) => socket.unref());
    call.end(body);
  }

  function told({ status, retryAfter, chunks }: UnderWay): Answer {
    return toAnswer(status, retryAfter, Buffer.concat(chunks), encoding, Date.now());
  }

  return {
    post: (body, signal) =>
      new Promise((resolve, reject) => outside(() => withoutTracing(() => send(body, signal, resolve, reject)))),
    settleSync(timeoutMs) {
      const mine = underWay;
      if (mine === undefined) return 'idle';
      underWay = undefined;
      try {
        if (mine.status !== 0) return told(mine);
        if (!hasLeft(mine.call)) return 'unsent';
        const fd = handleOf(mine.call)?.fd;
        const open = secure ? opener(mine.call) : (bytes: Buffer) => bytes;
        if (fd === undefined || fd < 0 || open === undefined) return 'unanswered';
        const raw = readAnswer(fd, timeoutMs, open);
        if (raw === undefined) return 'unanswered';
        return toAnswer(raw.status, raw.retryAfter, raw.body, encoding, Date.now());
      } finally {
        // Closes the connection at once: what did not leave whole is no request to the receiver.
        mine.call.destroy();
      }
    },
    destroy: () => agent.destroy(),
  };
}

/** Every byte of it is with the kernel. */
function hasLeft(call: ClientRequest): boolean {
  const { socket } = call;
  if (socket === null || socket === undefined || socket.connecting || !call.writableEnded) return false;
  return call.writableLength === 0 && socket.writableLength === 0 && (handleOf(call)?.writeQueueSize ?? 0) === 0;
}

/** Takes what came over a TLS connection and gives what it says, at once; the event loop is not needed for that. */
function opener(call: ClientRequest): ((bytes: Buffer) => Buffer) | undefined {
  const { socket } = call;
  const handle = handleOf(call);
  if (socket === null || typeof handle?.receive !== 'function') return undefined;
  const opened: Buffer[] = [];
  socket.removeAllListeners('data');
  socket.on('data', (part: Buffer) => opened.push(part));
  return (bytes) => {
    handle.receive!(bytes);
    return Buffer.concat(opened.splice(0));
  };
}

/**
 * The part of Node's stream handle that is used here. There is no public way to a socket's descriptor (nodejs/node#4763, #8974),
 * and without it an answer cannot be read once the event loop has stopped. Where the handle is another one some day, the batch is
 * sent again.
 */
interface Handle {
  readonly fd?: number;
  readonly writeQueueSize?: number;
  receive?(bytes: Buffer): void;
}

function handleOf(call: ClientRequest): Handle | undefined {
  return (call.socket as { _handle?: Handle } | null)?._handle;
}
