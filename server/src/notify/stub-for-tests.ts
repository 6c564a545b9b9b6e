import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubCall {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver on a free port of this machine that keeps what it is sent. Answers 204 unless `answer` does otherwise. */
export async function startStub(
  answer: (response: ServerResponse) => void = (response) => response.writeHead(204).end(),
): Promise<{
  url: string;
  calls: StubCall[];
  /** Resolves when `count` calls have come. */
  received(count: number): Promise<void>;
  stop(): Promise<void>;
}> {
  const calls: StubCall[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString('utf8');
    calls.push({ headers: request.headers, body });
    answer(response);
    for (const { count, resolve } of waiting) if (calls.length >= count) resolve();
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    calls,
    received(count) {
      const reached = Promise.withResolvers<void>();
      if (calls.length >= count) reached.resolve();
      else waiting.push({ count, resolve: reached.resolve });
      return reached.promise;
    },
    async stop() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}
