import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createReport } from '../report.ts';
import { parseRequest, REFUSAL_STATUS, SIZE_TYPE } from './wire.ts';
import type { Witness } from './witness.ts';

const MAX_REQUEST_BYTES = 128 * 1024;

/**
 * Answers `POST …/add-checkpoint` of C2SP tlog-witness for a `node:http` server. Reads at most 128 KiB of a request. A
 * failure of the witness itself, such as a full disk, is status 500 and goes to `onError` (without it the first becomes a
 * process warning): nothing was signed. Set `requestTimeout` on the server; `breakwater-audit witness` does.
 */
export function createWitnessHandler(
  witness: Witness,
  onError?: (error: unknown) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  const report = createReport<unknown>(onError, 'An audit witness');
  return (request, response) => {
    answer(request, witness).then(
      (given) => {
        if (given === null) return;
        const { status, type = 'text/plain; charset=utf-8', body, headers } = given;
        // A body that was not read to its end would be taken for the next request.
        const close = request.complete ? {} : { connection: 'close' };
        response.writeHead(status, { 'content-type': type, ...headers, ...close }).end(body);
      },
      (error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { connection: 'close' });
        response.end('The witness failed\n');
        report.tell(error);
      },
    );
  };
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
  readonly headers?: { readonly [name: string]: string };
}

/** The client hung up before its request was whole. There is nobody to answer, and the witness did not fail. */
const GONE = Symbol('gone');
/** More than a request may have. */
const TOO_LARGE = Symbol('too large');

async function answer(request: IncomingMessage, witness: Witness): Promise<Answer | null> {
  if (!request.url?.split('?')[0]?.endsWith('/add-checkpoint'))
    return { status: 404, body: 'There is only add-checkpoint\n' };
  if (request.method !== 'POST')
    return { status: 405, body: 'add-checkpoint is a POST request\n', headers: { allow: 'POST' } };
  const bytes = await readBytes(request);
  if (bytes === GONE) return null;
  if (bytes === TOO_LARGE) return { status: 413, body: `A request has at most ${MAX_REQUEST_BYTES} bytes\n` };
  const text = toText(bytes);
  const parsed = text === null ? null : parseRequest(text);
  if (parsed === null) return { status: 400, body: 'malformed\n' };
  const decision = await witness.addCheckpoint(parsed);
  switch (decision.kind) {
    case 'signed':
      return { status: 200, body: decision.signatures };
    case 'conflict':
      return { status: 409, type: SIZE_TYPE, body: `${decision.size}\n` };
    default:
      return { status: REFUSAL_STATUS[decision.reason], body: `${decision.reason}\n` };
  }
}

/** Null for what is not UTF-8: replacing what is wrong would make another checkpoint of it. */
function toText(bytes: Buffer): string | null {
  return isUtf8(bytes) ? bytes.toString('utf8') : null;
}

function readBytes(request: IncomingMessage): Promise<Buffer | typeof GONE | typeof TOO_LARGE> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not `for await`: leaving such a loop destroys the socket, and with it the answer.
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_REQUEST_BYTES) chunks.push(chunk);
      else {
        request.pause();
        resolve(TOO_LARGE);
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => resolve(GONE));
    request.on('close', () => {
      if (!request.complete) resolve(GONE);
    });
  });
}
