import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The payment provider: somebody else's system, so it sends no telemetry. It answers within 20 to 80 ms, declines cards
 * that end in 0002, and does not answer at all while `isHanging()` is true.
 */
export async function startProvider(
  isHanging: () => boolean,
  random: () => number,
): Promise<{ port: number; stop(): Promise<void> }> {
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString('utf8');
    if (isHanging()) return;
    const { card } = JSON.parse(text) as { card: string };
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        const declined = card.endsWith('0002');
        response.writeHead(declined ? 402 : 200, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify(
            declined
              ? { code: 'CARD_DECLINED', message: 'The card was declined' }
              : { id: `ch_${Math.floor(random() * 1e12).toString(36)}`, status: 'captured' },
          ),
        );
      },
      20 + random() * 60,
    );
    timers.add(timer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
