import type { ServerResponse } from 'node:http';
import type { Exchange } from '../exchange.ts';
import type { Answer } from '../message.ts';

/** Ends the exchange with the response, complete or not. */
export function endWith(response: ServerResponse, exchange: Exchange): void {
  response.on('close', () => exchange.end({ status: response.statusCode, aborted: !response.writableFinished }));
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
    response.destroy();
    return;
  }
  // What a handler set for the answer it did not get to give, such as a cookie or a length, is not this answer's.
  for (const name of response.getHeaderNames()) if (!KEPT.test(name)) response.removeHeader(name);
  response.statusCode = answer.status;
  if (exchange !== undefined) setHeaders(response, exchange.headers);
  setHeaders(response, answer.headers);
  response.setHeader('content-length', Buffer.byteLength(answer.body));
  response.end(answer.body);
}

/** Fields of cross-origin rules, which are set outside of the edge: a browser must be able to read an error too. */
export const KEPT: RegExp = /^(?:access-control-.*|vary)$/;
