import type { ServerResponse } from 'node:http';
import type { Exchange } from '../exchange.ts';
import type { Answer } from '../message.ts';

/** Ends the exchange with the response, complete or not. */
export function endWith(response: ServerResponse, exchange: Exchange): void {
  response.on('close', () => {
    // A client that leaves is no error of the response; a body that failed is.
    const { errored } = response;
    const complete = isComplete(response);
    if (complete || !errored || (errored as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE')
      exchange.end({ status: response.headersSent ? response.statusCode : 0, aborted: !complete });
    else failLate(response, exchange, errored);
  });
}

// A response of HTTP/2 says `writableFinished` of a stream that the client has reset, too.
function isComplete(response: ServerResponse): boolean {
  const { stream } = response as { readonly stream?: { readonly aborted?: boolean } };
  return response.writableFinished && response.writableEnded && stream?.aborted !== true;
}

/** An error that came when the response had begun: its connection is broken, unless the response is complete. */
export function failLate(response: ServerResponse, exchange: Exchange | undefined, error?: unknown): void {
  if (error !== undefined) exchange?.fail(error);
  exchange?.end({ status: response.statusCode, failed: true });
  if (!response.writableEnded) response.destroy();
}

export function setHeaders(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  for (const name in headers) response.setHeader(name, headers[name]!);
}

/**
 * Writes `answer` as it is, with the fields of `exchange`. A response already begun cannot be changed: its connection is
 * broken, so that nobody takes it for complete.
 */
export function writeAnswer(response: ServerResponse, answer: Answer, exchange: Exchange | undefined): void {
  if (response.headersSent) {
    failLate(response, exchange);
    return;
  }
  // What a handler set for the answer it did not get to give, such as a cookie or a length, is not this answer's.
  for (const name of response.getHeaderNames()) if (!KEPT.test(name)) response.removeHeader(name);
  forgetReason(response);
  response.statusCode = answer.status;
  if (exchange !== undefined) setHeaders(response, exchange.headers);
  setHeaders(response, answer.headers);
  // RFC 9110, 8.6: neither has one; what a 304 would say is the length of another answer.
  if (answer.status === 204 || answer.status === 304) {
    response.end();
    return;
  }
  response.setHeader('content-length', Buffer.byteLength(answer.body));
  response.end(answer.body);
}

/** The words beside the status may be a handler's. HTTP/2 has none, and warns whoever asks. */
export function forgetReason(response: ServerResponse): void {
  if (response.req.httpVersionMajor < 2) response.statusMessage = '';
}

/** Fields of cross-origin rules, which are set outside of the edge: a browser must be able to read an error too. */
export const KEPT: RegExp = /^(?:access-control-.*|vary)$/;
