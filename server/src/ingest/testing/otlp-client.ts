import { type Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { otlpType } from './otlp-schema.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface SendOptions {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: Uint8Array | string;
  agent?: Agent;
}

/** Sends one request and resolves with the whole answer. */
export function send(url: string, options: SendOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: options.method ?? 'POST',
      headers: options.headers ?? {},
      ...(options.agent === undefined ? {} : { agent: options.agent }),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.end(options.body);
  });
}

/** The `google.rpc.Status` in an answer, read according to its content type. */
export function statusOf(answer: Answer): { code: number; message: string } {
  if (answer.headers['content-type'] === 'application/json') return JSON.parse(answer.body.toString());
  const { code, message } = otlpType('Status_').decode(answer.body) as unknown as { code: number; message: string };
  return { code, message };
}
