import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Query } from '../query/ast.ts';
import { matches } from '../query/matches.ts';
import type { LogRecord } from '../telemetry/records.ts';
import type { ApiContext } from './context.ts';
import { logViewOfRecord } from './log-view.ts';
import { QUERY, readQuery } from './parameters.ts';
import type { Route } from './route.ts';

/** On average; see `subscribeLogs` for bursts. */
export const MAX_TAIL_ROWS_PER_SECOND = 200;
const PING_MS = 15_000;
/** Bytes that may wait for a reader; a burst of usual rows has room. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;
/** The browser waits this long before it connects again. */
const RETRY_MS = 2_000;

export function logTailRoutes({ live }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/logs/tail',
      summary: 'Log records as they arrive, as server-sent events: log, dropped, ping',
      parameters: [QUERY],
      answer: 'LogView',
      handle: ({ query, signal, isStillAllowed }) => {
        const parsed = readQuery(query, 'logs');
        return { stream: (response) => tail(response, parsed, signal, isStillAllowed) };
      },
    },
  ];

  async function tail(
    response: ServerResponse<IncomingMessage>,
    query: Query,
    gone: AbortSignal,
    isStillAllowed: () => boolean,
  ): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
    response.write(`retry: ${RETRY_MS}\n\n`);
    const refused = new AbortController();
    const signal = AbortSignal.any([gone, refused.signal]);
    /** Ends the tail of somebody who logged out, or whose key was removed. */
    const isRefused = (): boolean => {
      if (!signal.aborted && !isStillAllowed()) refused.abort();
      return signal.aborted;
    };
    // A reader that does not keep up gets a count of what it missed, and no buffer grows for it.
    let missed = 0;
    const send = (event: string, data: unknown): void => {
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    const isBehind = (): boolean => response.writableLength > MAX_WAITING_BYTES;
    const sendMissed = (): void => {
      if (missed === 0 || isBehind()) return;
      send('dropped', { count: missed });
      missed = 0;
    };
    const onBatch = (records: readonly LogRecord[], dropped: number): void => {
      if (isRefused()) return;
      missed += dropped;
      for (const record of records) {
        if (isBehind()) missed++;
        else send('log', logViewOfRecord(record));
      }
      sendMissed();
    };
    const unsubscribe = live.subscribeLogs({
      match: (record) => matches(query, record),
      onBatch,
      maxPerSecond: MAX_TAIL_ROWS_PER_SECOND,
    });
    const ping = setInterval(() => {
      if (isRefused()) return;
      sendMissed();
      if (!isBehind()) send('ping', {});
    }, PING_MS);
    response.on('drain', sendMissed);
    try {
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      clearInterval(ping);
      unsubscribe();
      response.off('drain', sendMissed);
      response.end();
    }
  }
}
