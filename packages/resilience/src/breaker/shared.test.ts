import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@breakwater/testing';
import { type BreakerSnapshot, type CircuitBreaker, createBreaker } from '../index.ts';
import { type BreakerStore, createRedisBreakerStore, type SharedBreaker, shareBreaker } from '../redis.ts';

const down = (): Promise<never> => Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' }));

interface Fleet {
  readonly clock: VirtualClock;
  readonly members: readonly [CircuitBreaker, SharedBreaker][];
  readonly errors: readonly unknown[];
  readonly breakStore: (how: 'fail' | 'hang' | 'not at all') => void;
}

function fleet(size: number): Fleet {
  const clock = createVirtualClock();
  const states = new Map<string, BreakerSnapshot>();
  let lease: { holder: string; until: number } | undefined;
  let broken: 'fail' | 'hang' | 'not at all' = 'not at all';
  const guard = (): Promise<void> | undefined => {
    if (broken === 'fail') throw new Error('redis is down');
    return broken === 'hang' ? new Promise(() => undefined) : undefined;
  };
  const store: BreakerStore = {
    read: async (name) => {
      await guard();
      return states.get(name);
    },
    write: async (name, snapshot) => {
      await guard();
      states.set(name, snapshot);
    },
    lease: async (_name, holder, ttlMs) => {
      await guard();
      if (lease !== undefined && lease.until > clock.now() && lease.holder !== holder) return false;
      lease = { holder, until: clock.now() + ttlMs };
      return true;
    },
  };
  const errors: unknown[] = [];
  const members = Array.from({ length: size }, (_, index): [CircuitBreaker, SharedBreaker] => {
    const breaker = createBreaker({ name: 'stock', clock, consecutiveFailures: 1, openMs: 1000, jitter: 0 });
    const shared = shareBreaker(breaker, {
      store,
      holder: `m${index}`,
      clock,
      refreshMs: 100,
      leaseMs: 5000,
      onError: (error) => errors.push(error),
    });
    return [breaker, shared];
  });
  return {
    clock,
    members,
    errors,
    breakStore: (how) => {
      broken = how;
    },
  };
}

test('BS1 one member opens, all open at their next refresh; one probes; its success closes all', async () => {
  const { clock, members, errors } = fleet(3);
  const breakers = members.map(([breaker]) => breaker);
  const refresh = async (): Promise<void> => {
    await clock.advance(100);
    await Promise.all(members.map(([, shared]) => shared.refresh()));
  };
  await assert.rejects(breakers[0]!.execute(down), /down/);
  await refresh();
  assert.deepEqual(
    breakers.map((breaker) => breaker.state),
    ['open', 'open', 'open'],
  );
  await clock.advance(1000);
  let reached = 0;
  const probe = (breaker: CircuitBreaker): Promise<unknown> => breaker.execute(() => ++reached).catch(() => 'refused');
  for (const breaker of breakers) await probe(breaker);
  assert.equal(reached, 0, 'the lease is being asked for');
  await clock.settle();
  for (const breaker of breakers) await probe(breaker);
  assert.equal(reached, 1, 'only the holder of the lease');
  await refresh();
  assert.deepEqual(
    breakers.map((breaker) => breaker.state),
    ['closed', 'closed', 'closed'],
  );
  assert.deepEqual(errors, []);
});

test('BS2 without the store each breaker works alone, and tells', async () => {
  const { clock, members, errors, breakStore } = fleet(2);
  breakStore('fail');
  const [breaker, shared] = members[0]!;
  await assert.rejects(breaker.execute(down), /down/);
  await clock.advance(1000);
  await shared.refresh();
  await breaker.execute(() => 1).catch(() => undefined);
  await clock.settle();
  assert.equal(await breaker.execute(() => 'recovered'), 'recovered');
  assert.equal(breaker.state, 'closed');
  assert.equal(members[1]![0].state, 'closed');
  await clock.settle();
  assert.equal(errors.length, 4, 'write, read, lease, write');
});

test('BS2 a store that does not answer has failed; what onError throws stops nothing', async () => {
  const { clock, members, errors, breakStore } = fleet(1);
  breakStore('hang');
  const [breaker, shared] = members[0]!;
  await assert.rejects(breaker.execute(down), /down/);
  await clock.advance(1000);
  const refreshed = shared.refresh();
  await breaker.execute(() => 1).catch(() => undefined);
  await clock.advance(1000);
  await refreshed;
  assert.equal(await breaker.execute(() => 'recovered'), 'recovered');
  assert.equal(breaker.state, 'closed');
  assert.deepEqual(
    errors.map((error) => (error as { code: string }).code),
    ['TIMEOUT', 'TIMEOUT', 'TIMEOUT'],
    'write, read, lease',
  );
  breakStore('not at all');
  const lone = createBreaker({ consecutiveFailures: 1, openMs: 10, jitter: 0, clock });
  const failing = async (): Promise<never> => {
    throw new Error('no');
  };
  shareBreaker(lone, {
    store: { read: failing, write: failing, lease: failing },
    holder: 'a',
    clock,
    onError: () => {
      throw new Error('from onError');
    },
  });
  await assert.rejects(lone.execute(down), /down/);
  await clock.advance(10);
  await assert.rejects(
    lone.execute(() => 1),
    { code: 'BREAKER_OPEN' },
  );
  await clock.settle();
  assert.equal(await lone.execute(() => 'probed'), 'probed');
});

test('BS3 stop goes back to a state of its own', async () => {
  const { clock, members } = fleet(2);
  const [breaker, shared] = members[0]!;
  shared.stop();
  await assert.rejects(breaker.execute(down), /down/);
  await clock.advance(1000);
  await members[1]![1].refresh();
  assert.equal(members[1]![0].state, 'closed');
  assert.equal(await breaker.execute(() => 'probes without a lease'), 'probes without a lease');
});

test('BS4 wrong options', () => {
  assert.throws(() => shareBreaker(createBreaker(), { holder: 'a' } as never), /store/);
  assert.throws(() => shareBreaker(createBreaker(), { store: {} as never, holder: 'a' }), /store.*read, write, lease/);
  const store = { read: async () => undefined, write: async () => undefined, lease: async () => true };
  assert.throws(() => shareBreaker(createBreaker(), { store, holder: '' }), /holder/);
});

test('BS1 the lease ends when the store says, however long its answer took', async () => {
  const clock = createVirtualClock();
  const asked: number[] = [];
  const breaker = createBreaker({ clock, consecutiveFailures: 1, openMs: 10, jitter: 0 });
  const store: BreakerStore = {
    read: async () => undefined,
    write: async () => undefined,
    lease: () => {
      asked.push(clock.now());
      return clock.sleep(80).then(() => true);
    },
  };
  shareBreaker(breaker, { store, holder: 'a', leaseMs: 100, timeoutMs: 90, clock });
  await assert.rejects(breaker.execute(down), /down/);
  await clock.advance(10);
  await assert.rejects(breaker.execute(down), { code: 'BREAKER_OPEN' });
  await clock.advance(105);
  await assert.rejects(breaker.execute(down), { code: 'BREAKER_OPEN' }, 'the lease of 100 ms was asked for 105 ms ago');
  assert.deepEqual(asked, [10, 115]);
});

test('BS3 what is being read when it is stopped is not adopted', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ clock });
  const state: BreakerSnapshot = { version: 1, state: 'open', openUntil: clock.wallNow() + 1e6, openings: 1 };
  const store: BreakerStore = {
    read: () => clock.sleep(10).then(() => state),
    write: async () => undefined,
    lease: async () => true,
  };
  const shared = shareBreaker(breaker, { store, holder: 'a', clock });
  const reading = shared.refresh();
  shared.stop();
  await clock.run(reading);
  assert.equal(breaker.state, 'closed');
});

test('BS4 what is no breaker of createBreaker is refused; a promise of onError that rejects is reported', async () => {
  const store = { read: async () => undefined, write: async () => undefined, lease: async () => true };
  for (const wrong of [{}, null, { name: 'x', on: () => undefined }] as never[]) {
    assert.throws(() => shareBreaker(wrong, { store, holder: 'a' }), /breaker: expected one made by createBreaker/);
  }
  const clock = createVirtualClock();
  const warnings: string[] = [];
  const onWarning = (warning: Error & { detail?: string }): void => {
    warnings.push(String(warning.detail));
  };
  const reject = (): Promise<never> => Promise.reject(new Error('no store'));
  const onError = async (): Promise<void> => {
    throw new Error('async onError');
  };
  process.on('warning', onWarning);
  try {
    const lone = shareBreaker(createBreaker({ clock }), {
      store: { ...store, read: reject },
      holder: 'a',
      clock,
      onError,
    });
    await lone.refresh();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', onWarning);
  }
  assert.ok(
    warnings.some((text) => text.startsWith('Error: async onError')),
    String(warnings),
  );
});

test('BS5 state and lease of breakers share no key in Redis, whatever their names', async () => {
  const keys: string[] = [];
  const store = createRedisBreakerStore({
    redis: {
      eval: async (_script, [key]) => {
        keys.push(key!);
        return null;
      },
    },
  });
  const names = ['a', 'a:lease', 'lease:a', 'state:a', 'a:state'];
  for (const name of names) {
    await store.read(name);
    await store.lease(name, 'holder', 1000);
  }
  assert.equal(new Set(keys).size, 2 * names.length);
});
