import {
  createAdaptiveConcurrency,
  createBreaker,
  createBulkhead,
  createHedge,
  createRetry,
  createTimeout,
  type Policy,
  pipeline,
} from '@breakwater/resilience';
import { createRandom } from '@breakwater/testing';
import { gapMs, quantile, Service, Simulation } from './simulation.ts';

const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
const ignore = (): undefined => undefined;

/** Calls received per call wanted, when everything fails. */
export async function amplification(
  kind: 'naive' | 'default' | 'naive, 3 layers' | 'default, 3 layers',
): Promise<number> {
  const clock = new Simulation();
  const random = createRandom('amplification');
  let received = 0;
  const fail = async (): Promise<never> => {
    received++;
    await clock.sleep(5);
    throw reset();
  };
  const naive = async (work: () => Promise<void>): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (attempt === 3) throw error;
        await clock.sleep(100);
      }
    }
  };
  const layers = kind.endsWith('layers') ? 3 : 1;
  let call: () => Promise<void> = fail;
  for (let layer = 0; layer < layers; layer++) {
    const inner = call;
    if (kind.startsWith('naive')) call = () => naive(inner);
    else {
      const retry = createRetry({ clock, random });
      call = () => retry.execute(inner);
    }
  }
  const wanted = 10_000;
  for (let index = 0; index < wanted; index++) {
    call().catch(ignore);
    await clock.runTo(clock.now() + 10);
  }
  await clock.runTo(clock.now() + 60_000);
  return received / wanted;
}

export interface Outage {
  /** Share of the calls begun in each bucket that were answered. */
  readonly goodput: readonly number[];
  readonly bucketMs: number;
  /** From the end of the stall until everything is answered again, for good; `Infinity`: not within the run. */
  readonly recoveryMs: number;
}

export const STALL = { fromMs: 10_000, toMs: 20_000, endMs: 60_000 } as const;

/** 20 clients at 80 % load of a service that stalls for 10 s. Every attempt is limited to 500 ms. */
export async function outage(kind: 'naive' | 'default'): Promise<Outage> {
  const clock = new Simulation();
  const random = createRandom('outage');
  const service = new Service(clock, 10, () => 10);
  const bucketMs = 250;
  const buckets = Array.from({ length: STALL.endMs / bucketMs }, () => ({ begun: 0, answered: 0 }));
  const clients = Array.from({ length: 20 }, () => client(kind, clock, service, random));
  clock.setTimer(() => {
    service.stalled = true;
  }, STALL.fromMs);
  clock.setTimer(() => {
    service.stalled = false;
    service.serve();
  }, STALL.toMs);
  for (const call of clients) {
    const next = (): void => {
      const bucket = buckets[Math.floor(clock.now() / bucketMs)];
      if (bucket === undefined) return;
      bucket.begun++;
      call().then(() => bucket.answered++, ignore);
      clock.setTimer(next, gapMs(40, random));
    };
    clock.setTimer(next, gapMs(40, random));
  }
  // Calls of the last bucket get the time to end.
  await clock.runTo(STALL.endMs + 5000);
  const goodput = buckets.map(({ begun, answered }) => answered / begun);
  let good = goodput.length;
  while (good > 0 && goodput[good - 1]! >= 0.95) good--;
  const recoveryMs = good === goodput.length ? Number.POSITIVE_INFINITY : good * bucketMs - STALL.toMs;
  return { goodput, bucketMs, recoveryMs };
}

function client(
  kind: 'naive' | 'default',
  clock: Simulation,
  service: Service,
  random: () => number,
): () => Promise<void> {
  if (kind === 'default') {
    const policy = pipeline({
      retry: createRetry({ clock, random }),
      bulkhead: createBulkhead({ maxConcurrent: 10, clock }),
      breaker: createBreaker({ openMs: 500, maxOpenMs: 500, clock, random }),
      timeout: createTimeout({ timeoutMs: 500, clock }),
    });
    return () => policy.execute(({ signal }) => service.call(signal));
  }
  return async () => {
    for (let attempt = 1; ; attempt++) {
      const limit = abortAfter(clock, 500);
      try {
        return await service.call(limit);
      } catch (error) {
        if (attempt === 3) throw error;
        await clock.sleep(100);
      }
    }
  };
}

function abortAfter(clock: Simulation, ms: number): AbortSignal {
  const controller = new AbortController();
  clock.setTimer(() => controller.abort(new Error('timed out')), ms);
  return controller.signal;
}

export interface FanOut {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** Calls made per call wanted, less 1. */
  readonly extra: number;
}

/** Requests that need 100 answers each; 0.5 % of the calls hit a pause of 100 ms to 1 s. */
export async function fanOut(hedged: boolean): Promise<FanOut> {
  const clock = new Simulation();
  const random = createRandom('fan-out');
  const hedge = createHedge({ clock });
  let made = 0;
  const leaf = async (): Promise<void> => {
    made++;
    const usual = 4 + 4 * -Math.log(1 - random());
    await clock.sleep(random() < 0.005 ? 100 + 900 * random() : usual);
  };
  const latencies: number[] = [];
  // One request in 400 meets two slow calls in a row, one in 80 000 three.
  const requests = 20_000;
  for (let index = 0; index < requests; index++) {
    const begun = clock.now();
    const calls = Array.from({ length: 100 }, () => (hedged ? hedge.execute(leaf) : leaf()));
    void Promise.all(calls).then(() => latencies.push(clock.now() - begun));
    await clock.runTo(clock.now() + 5);
  }
  await clock.runTo(clock.now() + 5000);
  // The first requests teach the hedge what is usual.
  const learned = latencies.slice(100);
  return {
    p50: quantile(learned, 0.5),
    p99: quantile(learned, 0.99),
    p999: quantile(learned, 0.999),
    extra: made / (requests * 100) - 1,
  };
}

export interface Step {
  /** Per second of the run. */
  readonly seconds: readonly { readonly answered: number; readonly latencyMs: number; readonly limit: number }[];
  /** Share of the reduced capacity that was used, and the 95th percentile of latency, from 3 s after the step on. */
  readonly used: number;
  readonly p95: number;
  /** Share of the capacity used when it has come back, from 3 s after that on. */
  readonly usedAfter: number;
}

/** A service of 20 servers loses 15 of them from second 10 to 20, under 150 % of its full load. */
export async function step(kind: 'fixed' | 'adaptive'): Promise<Step> {
  const clock = new Simulation();
  const random = createRandom('step');
  const service = new Service(clock, 20, () => 8 + 4 * random());
  const adaptive = createAdaptiveConcurrency({ clock, random });
  const limiter: Policy = kind === 'adaptive' ? adaptive : createBulkhead({ maxConcurrent: 100, clock });
  const seconds = Array.from({ length: 30 }, () => ({ latencies: [] as number[], limit: 0 }));
  clock.setTimer(() => {
    service.servers = 5;
  }, 10_000);
  clock.setTimer(() => {
    service.servers = 20;
    service.serve();
  }, 20_000);
  const next = (): void => {
    const begun = clock.now();
    if (begun >= 30_000) return;
    limiter
      .execute(() => service.call())
      .then(() => {
        const second = seconds[Math.floor(clock.now() / 1000)];
        second?.latencies.push(clock.now() - begun);
      }, ignore);
    seconds[Math.floor(begun / 1000)]!.limit = kind === 'adaptive' ? adaptive.limit : 100;
    clock.setTimer(next, gapMs(3000, random));
  };
  clock.setTimer(next, 0);
  await clock.runTo(30_000);
  const count = (from: number, to: number): number =>
    seconds.slice(from, to).reduce((sum, { latencies }) => sum + latencies.length, 0) / (to - from);
  const low = seconds.slice(13, 20).flatMap(({ latencies }) => latencies);
  return {
    seconds: seconds.map(({ latencies, limit }) => ({
      answered: latencies.length,
      latencyMs: quantile(latencies, 0.95),
      limit,
    })),
    used: count(13, 20) / 500,
    p95: quantile(low, 0.95),
    usedAfter: count(23, 30) / 2000,
  };
}
