import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createOtlpServer, type OtlpServer, type OtlpServerOptions } from '../otlp-server.ts';
import type { WireFormat } from '../wire-format.ts';
import { encodeOtlp } from './otlp-schema.ts';
import { createRecordingSink } from './recording-sink.ts';

export const FORMATS: readonly WireFormat[] = ['protobuf', 'json'];
export const TYPE: Readonly<Record<WireFormat, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

export interface LiveServer {
  /** Starts a server on a free port, by default with a recording sink, and returns its address. */
  start(options?: Partial<OtlpServerOptions>): Promise<string>;
  /** Stops it and forgets it. */
  stop(): Promise<void>;
  /** The server started last. */
  readonly server: OtlpServer;
  /** What it logged. */
  readonly logged: readonly string[];
}

export function createLiveServer(): LiveServer {
  let server: OtlpServer | undefined;
  let logged: string[] = [];
  return {
    async start(options = {}) {
      server = createOtlpServer({
        host: '127.0.0.1',
        port: 0,
        sink: createRecordingSink(),
        oldestMs: () => 0,
        log: (line) => logged.push(line),
        ...options,
      });
      return `http://127.0.0.1:${(await server.start()).port}`;
    },
    async stop() {
      await server?.stop();
      server = undefined;
      logged = [];
    },
    get server() {
      if (server === undefined) throw new Error('the server was not started');
      return server;
    },
    get logged() {
      return logged;
    },
  };
}

/** An export request with one log record per severity text. */
export function logsRequest(format: WireFormat, ...texts: string[]): Buffer {
  const message = { resourceLogs: [{ scopeLogs: [{ logRecords: texts.map((severityText) => ({ severityText })) }] }] };
  return format === 'json' ? Buffer.from(JSON.stringify(message)) : Buffer.from(encodeOtlp('LogsRequest', message));
}

/** Opens a socket, writes, and collects what comes back until the other side closes. */
export async function raw(url: string, ...parts: (string | Uint8Array)[]): Promise<string> {
  const socket = await open(url);
  for (const part of parts) socket.write(part);
  return readAll(socket);
}

export async function open(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  // A reset by the server ends the reading, too.
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}
