import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseRequest, REFUSAL_STATUS, SIZE_TYPE } from './wire.ts';
import type { Witness } from './witness.ts';

const MAX_REQUEST_BYTES = 128 * 1024;

/**
 * Answers `POST …/add-checkpoint` of C2SP tlog-witness for a `node:http` server. Reads at most 128 KiB of a request. A
 * failure of the witness itself, such as a full disk, is status 500 and goes to `onError`: nothing was signed.
 */
export function createWitnessHandler(
  witness: Witness,
  onError?: (error: unknown) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(request, witness).then(
      ({ status, type = 'text/plain; charset=utf-8', body }) => {
        // A body that was not read to its end would be taken for the next request.
        const close = request.complete ? {} : { connection: 'close' };
        response.writeHead(status, { 'content-type': type, ...close }).end(body);
      },
      (error: unknown) => {
        onError?.(error);
        if (!response.headersSent) response.writeHead(500, { connection: 'close' });
        response.end('The witness failed\n');
      },
    );
  };
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

async function answer(request: IncomingMessage, witness: Witness): Promise<Answer> {
  if (!request.url?.split('?')[0]?.endsWith('/add-checkpoint'))
    return { status: 404, body: 'There is only add-checkpoint\n' };
  if (request.method !== 'POST') return { status: 405, body: 'add-checkpoint is a POST request\n' };
  const text = await readText(request);
  if (text === null) return { status: 413, body: `A request has at most ${MAX_REQUEST_BYTES} bytes\n` };
  const parsed = parseRequest(text);
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

function readText(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not `for await`: leaving such a loop destroys the socket, and with it the answer.
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_REQUEST_BYTES) chunks.push(chunk);
      else {
        request.pause();
        resolve(null);
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete) reject(new Error('The client went away'));
    });
  });
}
