import type { IncomingMessage } from 'node:http';
import { ProblemError } from './problem.ts';

/** Longest JSON body. */
export const MAX_BODY_BYTES: number = 256 * 1024;

/** The JSON of the request's body. Rejects with a problem: 415, 413, 400. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  // A form of a foreign page cannot send this type.
  if (type !== 'application/json') {
    throw problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'Unsupported media type', 'Send the body as application/json.');
  }
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'Unsupported encoding', 'Send the body without a content encoding.');
  }
  const bytes = await readBytes(request);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw problem(400, 'INVALID_JSON', 'Invalid JSON', 'The body is not JSON.', cause);
  }
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) {
      throw problem(413, 'BODY_TOO_LARGE', 'Too large', `The body is longer than ${MAX_BODY_BYTES} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function problem(status: number, code: string, title: string, detail: string, cause?: unknown): ProblemError {
  return new ProblemError({ status, code, title, detail }, { cause });
}
