import { createHmac } from 'node:crypto';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { type BreakwaterError, defineErrors } from '@breakwater/errors';
import { createLogger, currentContext } from '@breakwater/log';
import { type MemorySink, memorySink } from '@breakwater/log/testing';
import { createEdge, type Edge, type Guard } from '../edge.ts';
import type { App } from './apps.ts';

/** Texts that must never leave the service. */
export const CANARY: string = `canary-${createHmac('sha256', 'k').update('c').digest('hex')}`;

const errors = defineErrors({
  PAYMENT_DECLINED: {
    category: 'business',
    message: 'ACME declined {orderId:string}, ours is account 7',
    status: 402,
    publicParams: ['orderId'],
    userMessage: 'Order {orderId} could not be paid.',
  },
  NOT_YOURS: { category: 'permanent', message: 'the account belongs to another', status: 403 },
  LEDGER_BUSY: {
    category: 'transient',
    message: 'ledger {shard:string} is busy',
    status: 503,
    retryable: true,
    retryAfterMs: 1500,
  },
});

/** What the handlers of the five test services do; each service only gives them routes. */
export const handlers = {
  ok: (): unknown => ({ ok: true }),
  context: async (): Promise<unknown> => {
    await setImmediate();
    await setTimeout(1);
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const { correlationId, requestId, traceId } = currentContext() ?? {};
    return { correlationId, requestId, traceId };
  },
  echo: (body: unknown): unknown => ({ body, correlationId: currentContext()?.correlationId }),
  throws: (): never => {
    throw new Error(`secret ${CANARY}`, { cause: new TypeError(CANARY) });
  },
  rejects: async (): Promise<never> => {
    await setImmediate();
    throw Object.assign(new Error(CANARY), { code: 'ECONNREFUSED', address: CANARY, syscall: 'connect' });
  },
  throwsText: (): never => {
    // biome-ignore lint/style/useThrowOnlyError: what a handler throws is not always an error
    throw `text ${CANARY}`;
  },
  declined: (): never => {
    throw make(new errors.PAYMENT_DECLINED({ orderId: 'o-17' }, { details: { CANARY }, cause: new Error(CANARY) }));
  },
  busy: (): never => {
    throw make(new errors.LEDGER_BUSY({ shard: CANARY }));
  },
} as const;

function make(error: BreakwaterError): BreakwaterError {
  return error;
}

const refuse: Guard = (exchange) => {
  if (exchange.path === '/guard/throws') throw make(new errors.NOT_YOURS({}, { cause: new Error(CANARY) }));
  if (exchange.path === '/guard/rejects') return Promise.reject(new Error(CANARY));
  if (exchange.path === '/guard/answers')
    return { status: 203, headers: { 'content-type': 'application/json' }, body: '{"by":"guard"}' };
  exchange.headers['ratelimit'] = '"default";r=4;t=1';
  return undefined;
};

export interface TestEdge {
  readonly edge: Edge;
  readonly sink: MemorySink;
}

/** An edge whose records a test can read. */
export function createTestEdge(guards: readonly Guard[] = [refuse]): TestEdge {
  const sink = memorySink({ maxRecords: 100_000 });
  const log = createLogger({ service: 'conformance', sinks: [sink], flushAtExit: false });
  return { edge: createEdge({ log, guards, baggage: ['tier'] }), sink };
}

/** One of the test services, with an edge whose records a test can read. */
export interface Running extends TestEdge {
  readonly name: string;
  readonly app: App;
}

/** Starts each of `apps`, with guards of its own. */
export async function startAll(
  apps: Readonly<Record<string, (edge: Edge) => Promise<App>>>,
  guards?: () => readonly Guard[],
): Promise<readonly Running[]> {
  const starting = Object.entries(apps).map(async ([name, start]) => {
    const made = createTestEdge(guards?.());
    return { name, app: await start(made.edge), ...made };
  });
  return Promise.all(starting);
}
