import { SKUS } from '../orders/pricing.ts';

export interface TrafficOptions {
  readonly gatewayUrl: string;
  readonly requestsPerSecond: number;
  readonly random: () => number;
}
export interface Traffic {
  readonly counts: { sent: number; ok: number; refused: number; failed: number; skipped: number };
  stop(): Promise<void>;
}

const MAX_IN_FLIGHT = 500;
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Open-loop traffic: arrivals follow a Poisson process and do not wait for earlier answers, as real users do not.
 * Of 20 requests about 12 check out, 6 read an order, 1 pays with a declined card and 1 asks for an unknown article.
 * At most 500 requests are in flight; arrivals beyond that are counted as `skipped`.
 */
export function startTraffic({ gatewayUrl, requestsPerSecond, random }: TrafficOptions): Traffic {
  const counts = { sent: 0, ok: 0, refused: 0, failed: 0, skipped: 0 };
  const inFlight = new Set<Promise<void>>();
  let lastOrderId = 'none';
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const schedule = (): void => {
    if (stopped || requestsPerSecond <= 0) return;
    const waitMs = (-Math.log(1 - random()) / requestsPerSecond) * 1_000;
    timer = setTimeout(() => {
      if (inFlight.size >= MAX_IN_FLIGHT) counts.skipped += 1;
      else {
        const request = send().finally(() => inFlight.delete(request));
        inFlight.add(request);
      }
      schedule();
    }, waitMs);
  };

  async function send(): Promise<void> {
    counts.sent += 1;
    const draw = random();
    const isRead = draw < 0.3;
    const sku = draw > 0.95 ? 'sofa-99' : SKUS[Math.floor(random() * SKUS.length)]!;
    const card = draw > 0.9 && draw <= 0.95 ? '4000000000000002' : '4242424242424242';
    try {
      const response = await fetch(isRead ? `${gatewayUrl}/api/orders/${lastOrderId}` : `${gatewayUrl}/api/checkout`, {
        method: isRead ? 'GET' : 'POST',
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        ...(isRead
          ? {}
          : {
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ sku, quantity: 1 + Math.floor(random() * 3), card }),
            }),
      });
      const body = (await response.json()) as { id?: string };
      if (response.ok) {
        counts.ok += 1;
        if (!isRead && body.id) lastOrderId = body.id;
      } else if (response.status < 500) counts.refused += 1;
      else counts.failed += 1;
    } catch {
      // A customer sees a broken page and leaves; the services report why.
      counts.failed += 1;
    }
  }

  schedule();
  return {
    counts,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.allSettled(inFlight);
    },
  };
}
