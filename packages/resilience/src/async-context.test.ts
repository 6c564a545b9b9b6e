// What goes on later than its call must not go on in the async context of another caller: its trace, log fields or tenant.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@breakwater/testing';
import { createChaos } from './chaos.ts';
import {
  type CallContext,
  type CallOptions,
  createBulkhead,
  createHedge,
  createLoadShed,
  createRetry,
  createTimeout,
  fairQueue,
  fixedBackoff,
  type Policy,
  pipeline,
} from './index.ts';

const caller = new AsyncLocalStorage<string>();
const CALLERS = ['a', 'b', 'c', 'd'];

type Make = (clock: VirtualClock) => { policy: Policy; work: (run: number, context: CallContext) => unknown };

const down = (): never => {
  throw Object.assign(new Error('down'), { code: 'ECONNRESET' });
};
const steady = fixedBackoff({ delayMs: 5, jitter: 'none' });

const policies: Record<string, Make> = {
  retry: (clock) => ({
    policy: createRetry({ budget: false, backoff: steady, clock }),
    work: (run) => run < 3 && clock.sleep(1).then(down),
  }),
  'retry, failing at once': (clock) => ({
    policy: createRetry({ budget: false, backoff: steady, clock }),
    work: (run) => run < 3 && down(),
  }),
  bulkhead: (clock) => ({
    policy: createBulkhead({ maxConcurrent: 1, maxQueue: 9, clock }),
    work: () => clock.sleep(5),
  }),
  'bulkhead, by key': (clock) => ({
    policy: createBulkhead({ maxConcurrent: 1, maxQueue: 9, order: fairQueue({ byKey: true }), clock }),
    work: () => clock.sleep(5),
  }),
  'bulkhead, waiting too long': (clock) => ({
    policy: createBulkhead({ maxConcurrent: 1, maxQueue: 9, maxWaitMs: 3, clock }),
    work: () => clock.sleep(5),
  }),
  loadShed: (clock) => ({ policy: createLoadShed({ maxConcurrent: 1, clock }), work: () => clock.sleep(5) }),
  hedge: (clock) => ({
    policy: createHedge({ delayMs: 5, budget: false, clock }),
    work: (run) => clock.sleep(run === 1 ? 50 : 1),
  }),
  timeout: (clock) => ({ policy: createTimeout({ timeoutMs: 5, clock }), work: () => clock.sleep(50) }),
  chaos: (clock) => ({
    policy: createChaos({ enabled: true, rules: [{ kind: 'latency', rate: 1, delayMs: 5 }], clock }),
    work: () => 'done',
  }),
  pipeline: (clock) => ({
    policy: pipeline({
      totalTimeout: createTimeout({ timeoutMs: 100, limit: 'total', clock }),
      retry: createRetry({ budget: false, backoff: steady, clock }),
      bulkhead: createBulkhead({ maxConcurrent: 3, maxQueue: 9, clock }),
      timeout: createTimeout({ timeoutMs: 5, clock }),
    }),
    work: (run) => clock.sleep(run === 1 ? 50 : 1),
  }),
};

/** Who each piece of work and each event of one caller was run as. All callers call in one turn of the event loop. */
async function seenBy(
  make: Make,
  optionsOf: (name: string) => CallOptions | undefined,
): Promise<Map<string, string[]>> {
  const clock = createVirtualClock();
  const { policy, work } = make(clock);
  const seen = new Map<string, string[]>(CALLERS.map((name) => [name, []]));
  const note = (name: string): void => void seen.get(name)?.push(caller.getStore() ?? 'nobody');
  policy.on((event) => note((event as { correlationId?: string }).correlationId ?? ''));
  const call = (name: string): Promise<unknown> => {
    let runs = 0;
    return policy
      .execute((context) => {
        note(name);
        return work(++runs, context);
      }, optionsOf(name))
      .catch(() => undefined);
  };
  await clock.run(Promise.all(CALLERS.map((name) => caller.run(name, call, name))));
  return seen;
}

for (const [name, make] of Object.entries(policies)) {
  test(`P14 ${name}: later work and events are in the async context of their caller`, async () => {
    const seen = await seenBy(make, (correlationId) => ({ correlationId }));
    for (const [who, as] of seen) assert.deepEqual(as, new Array(as.length).fill(who));
    assert.ok([...seen.values()].every(({ length }) => length > 0));
  });
}

test('P14 a call that has lost its place in a full queue to another, and comes again, is not in the context of the other', async () => {
  const clock = createVirtualClock();
  const shed = createLoadShed({ maxConcurrent: 1, maxQueue: 1, clock });
  const policy = pipeline({
    retry: createRetry({ retryIf: () => true, budget: false, backoff: steady, clock }),
    loadShed: shed,
  });
  const seen: string[] = [];
  policy.on((event) => {
    if (event.type !== 'load-shed.changed') seen.push(`${event.correlationId} ${event.type} as ${caller.getStore()}`);
  });
  const call = (name: string, priority: number): Promise<void> =>
    caller.run(name, () =>
      policy.execute(
        async () => {
          seen.push(`${name} runs as ${caller.getStore()}`);
          await clock.sleep(2);
        },
        { priority, correlationId: name },
      ),
    );
  await clock.run(Promise.all([call('first', 0), call('low', 0), call('high', 1)]));
  assert.deepEqual(seen, [
    'first runs as first',
    'low load-shed.rejected as low',
    'low retry.scheduled as low',
    'high runs as high',
    'low runs as low',
    'low retry.succeeded as low',
  ]);
});

test('P14 a call without options: its own context where it waited or read its signal, else that of nobody', async () => {
  const runsOf = async (
    work: (run: number, context: CallContext, clock: VirtualClock) => unknown,
  ): Promise<string[]> => {
    const make: Make = (clock) => ({
      policy: pipeline({
        retry: createRetry({ budget: false, backoff: steady, clock }),
        timeout: createTimeout({ timeoutMs: 5, clock }),
      }),
      work: (run, context) => work(run, context, clock),
    });
    const seen = await seenBy(make, () => undefined);
    for (const [who, as] of seen) assert.equal(as[0], who, 'the first attempt');
    return [...seen].map(([who, as]) => (as[1] === who ? 'its own' : as[1]!));
  };
  const own = ['its own', 'its own', 'its own', 'its own'];
  assert.deepEqual(await runsOf((run, _context, clock) => run === 1 && clock.sleep(1).then(down)), own);
  assert.deepEqual(await runsOf((run, { signal }, clock) => run === 1 && clock.sleep(50, { signal })), own);
  assert.deepEqual(await runsOf((run, _context, clock) => run === 1 && clock.sleep(50)), new Array(4).fill('nobody'));
});
