import { once } from 'node:events';
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';

/** A response as received. */
export interface RawResponse {
  readonly status: number;
  /** The words beside it. */
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** Sends a request over a real socket and reads the whole response. */
export async function send(
  port: number,
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Record<string, string | string[]>;
    readonly body?: string;
    readonly agent?: Agent;
  } = {},
): Promise<RawResponse> {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path,
    method: options.method ?? 'GET',
    headers: options.headers ?? {},
    ...(options.agent === undefined ? {} : { agent: options.agent }),
  });
  outgoing.end(options.body);
  const [incoming] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    status: incoming.statusCode ?? 0,
    reason: incoming.statusMessage ?? '',
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
