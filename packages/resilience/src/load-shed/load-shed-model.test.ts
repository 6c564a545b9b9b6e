import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@breakwater/testing';
import fc from 'fast-check';
import { createLoadShed, type LoadShed, type LoadShedOptions, type ShedReason } from '../index.ts';

const STARVATION_LIMIT = 2;
const TARGET_MS = 5;
const INTERVAL_MS = 20;

interface Waiting {
  readonly id: number;
  readonly priority: number;
  readonly since: number;
  readonly limitMs: number;
  readonly deadline: number;
}

/** What load shedding promises, kept in plain lists, and compared with what it does at each step. */
class Model {
  limit: number;
  readonly maxQueue: number;
  readonly clock: VirtualClock;
  readonly shed: LoadShed;
  readonly running: Map<number, PromiseWithResolvers<string>> = new Map();
  readonly aborts: Map<number, AbortController> = new Map();
  readonly outcomes: Map<number, string> = new Map();
  readonly shedIds: Map<number, ShedReason> = new Map();
  readonly started: Set<number> = new Set();
  waiting: Waiting[] = [];
  readonly passedOver: Map<number, number> = new Map();
  /** Since when there has been no moment without a queue; `undefined`: there is none. */
  queuedSince: number | undefined;
  #newcomer: Waiting | undefined;
  #failure: Error | undefined;
  #id = 0;

  constructor(limit: number, maxQueue: number, clock: VirtualClock) {
    this.limit = limit;
    this.maxQueue = maxQueue;
    this.clock = clock;
    this.shed = createLoadShed(this.options);
    this.shed.on((event) =>
      this.#watch(() => {
        if (event.type === 'load-shed.rejected') this.#onRejected(Number(event.operation), event.reason);
        else if (event.reason === 'overload') this.#onOverload();
        // Calm begins with a call that finds a free place and no queue.
        else assert.deepEqual([this.waiting.length, this.running.size < this.limit], [0, true], 'calm with a queue');
      }),
    );
  }

  /** What a listener or the work throws goes elsewhere; here it is kept for {@link compare}. */
  #watch(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#failure ??= error as Error;
    }
  }

  get options(): LoadShedOptions {
    const { limit: maxConcurrent, maxQueue, clock } = this;
    const bounds = { intervalMs: INTERVAL_MS, targetMs: TARGET_MS, starvationLimit: STARVATION_LIMIT };
    return { maxConcurrent, maxQueue, clock, ...bounds };
  }

  call(priority: number, deadlineMs: number | undefined): void {
    const id = this.#id++;
    const abort = new AbortController();
    const now = this.clock.now();
    const deadline = now + (deadlineMs ?? Number.POSITIVE_INFINITY);
    this.aborts.set(id, abort);
    // As long as it was overloaded when it came; looking at the queue can make it so, so the limit is set below.
    this.#newcomer = { id, priority, since: now, limitMs: 0, deadline };
    const outcome = this.shed.execute(() => this.#start(id), {
      operation: String(id),
      priority,
      deadline,
      signal: abort.signal,
    });
    if (this.#newcomer !== undefined) {
      assert.ok(deadline > now, 'waits for what cannot come');
      this.waiting.push({ ...this.#newcomer, limitMs: this.shed.overloaded ? TARGET_MS : INTERVAL_MS });
      this.queuedSince ??= now;
      this.#newcomer = undefined;
    }
    outcome.then(
      (value) => this.#settle(id, value),
      (error: { code?: string; name: string; message: string }) =>
        this.#settle(id, error.code === 'LOAD_SHED' ? 'shed' : error.name === 'AbortError' ? 'aborted' : error.message),
    );
  }

  #settle(id: number, outcome: string): void {
    assert.equal(this.outcomes.has(id), false, 'answered twice');
    this.outcomes.set(id, outcome);
  }

  #start(id: number): Promise<string> {
    this.#watch(() => {
      assert.equal(this.started.has(id), false, 'ran twice');
      assert.equal(this.shedIds.has(id), false, 'a shed call runs');
      assert.ok(this.running.size < this.limit, `${this.running.size} run, ${this.limit} may`);
      this.started.add(id);
      if (id === this.#newcomer?.id) {
        assert.equal(this.waiting.length, 0, 'passed those who wait');
        assert.equal(this.shed.overloaded, false, 'a free place and no queue is calm');
        this.#newcomer = undefined;
      } else {
        this.#checkTurn(id);
      }
    });
    const work = Promise.withResolvers<string>();
    this.running.set(id, work);
    return work.promise;
  }

  /** The one let in is the one whose turn it is. */
  #checkTurn(id: number): void {
    const priorities = [...new Set(this.waiting.map(({ priority }) => priority))].sort((a, b) => b - a);
    const starved = priorities.find((priority) => (this.passedOver.get(priority) ?? 0) >= STARVATION_LIMIT);
    const turn = starved ?? priorities[0]!;
    const level = this.waiting.filter(({ priority }) => priority === turn);
    assert.equal(id, level.at(this.shed.overloaded ? -1 : 0)!.id, 'out of turn');
    for (const priority of priorities) {
      if (priority < turn) this.passedOver.set(priority, (this.passedOver.get(priority) ?? 0) + 1);
    }
    this.passedOver.set(turn, 0);
    this.#leaveQueue(id);
  }

  #leaveQueue(id: number): Waiting | undefined {
    const left = this.waiting.find((waiting) => waiting.id === id);
    this.waiting = this.waiting.filter((waiting) => waiting.id !== id);
    for (const priority of [...this.passedOver.keys()])
      if (!this.waiting.some((waiting) => waiting.priority === priority)) this.passedOver.delete(priority);
    if (this.waiting.length === 0) this.queuedSince = undefined;
    return left;
  }

  #onRejected(id: number, reason: ShedReason): void {
    assert.equal(this.started.has(id), false, 'a call that began is shed');
    this.shedIds.set(id, reason);
    const now = this.clock.now();
    const came = this.#newcomer;
    if (came?.id === id) {
      if (reason === 'deadline') assert.ok(came.deadline <= now, 'deadline');
      else {
        assert.deepEqual([reason, this.waiting.length], ['queue-full', this.maxQueue]);
        assert.ok(
          this.waiting.every(({ priority }) => priority >= came.priority),
          'refused before a lower one',
        );
      }
      this.#newcomer = undefined;
      return;
    }
    if (reason === 'queue-full') {
      const lowest = Math.min(...this.waiting.map(({ priority }) => priority));
      assert.ok(lowest < came!.priority && this.waiting.length === this.maxQueue, 'gave way to its equal');
      assert.equal(id, this.waiting.filter(({ priority }) => priority === lowest).at(-1)!.id, 'not the newest lowest');
      this.#leaveQueue(id);
      return;
    }
    const { since, limitMs, deadline } = this.#leaveQueue(id)!;
    if (reason === 'deadline') assert.equal(now, deadline);
    else assert.deepEqual([reason, now], [limitMs === TARGET_MS ? 'overload' : 'waited', since + limitMs]);
  }

  #onOverload(): void {
    // The last of the queue may just have been refused for having waited that long.
    if (this.queuedSince !== undefined) assert.ok(this.clock.now() - this.queuedSince >= INTERVAL_MS, 'too early');
  }

  async end(which: number, fail: boolean): Promise<void> {
    const ids = [...this.running.keys()];
    const id = ids[which % Math.max(1, ids.length)];
    if (id === undefined) return;
    const work = this.running.get(id)!;
    this.running.delete(id);
    if (fail) work.reject(new Error(`failed ${id}`));
    else work.resolve(`ok ${id}`);
    await this.clock.settle();
  }

  abort(which: number): void {
    const ids = [...this.aborts.keys()].filter((id) => !this.outcomes.has(id) && !this.shedIds.has(id));
    const id = ids[which % Math.max(1, ids.length)];
    if (id === undefined) return;
    this.#leaveQueue(id);
    this.aborts.get(id)!.abort();
  }

  resize(limit: number): void {
    this.limit = limit;
    this.shed.reconfigure(this.options);
  }

  compare(): void {
    if (this.#failure !== undefined) throw this.#failure;
    assert.deepEqual([this.shed.active, this.shed.queued], [this.running.size, this.waiting.length]);
    // A free place and a waiting call do not go together.
    assert.ok(this.waiting.length === 0 || this.running.size >= this.limit, 'a place is lost');
  }

  /** Who comes or ends while there is a queue sees whether it has stood too long. */
  compareOverload(): void {
    if (this.queuedSince === undefined || this.clock.now() - this.queuedSince < INTERVAL_MS) return;
    assert.equal(this.shed.overloaded, true, 'a queue that does not empty is overload');
  }

  /** Ends all; everyone has been answered, and those who were let in with the answer of their work. */
  async finish(): Promise<void> {
    while (this.running.size > 0) await this.end(0, false);
    await this.clock.advance(1000);
    while (this.running.size > 0) await this.end(0, false);
    assert.equal(this.outcomes.size, this.#id, 'everyone is answered');
    for (const [id, outcome] of this.outcomes) {
      if (this.shedIds.has(id)) assert.equal(outcome, 'shed');
      else if (outcome !== 'aborted') {
        assert.ok(outcome === `ok ${id}` || outcome === `failed ${id}`, outcome);
        assert.ok(this.started.has(id));
      } else assert.ok(this.aborts.get(id)!.signal.aborted);
    }
    assert.deepEqual([this.shed.active, this.shed.queued, this.clock.pendingTimers], [0, 0, 0]);
  }
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      priority: fc.constantFrom(0, 0, 0, 1, 2),
      deadlineMs: fc.constantFrom(undefined, undefined, undefined, 0, 3, 12),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(20), fail: fc.constantFrom(false, true) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 2, 7, 30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resize' as const), to: fc.integer({ min: 1, max: 4 }) }) },
);

test('S6 model: no call is lost, a shed call never runs, never too many, everyone in turn', async () => {
  let overloads = 0;
  const reasons = new Set<string>();
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 6 }),
    async (steps, limit, maxQueue) => {
      const clock = createVirtualClock();
      const model = new Model(limit, maxQueue, clock);
      for (const now of steps) {
        if (now.do === 'call') model.call(now.priority, now.deadlineMs);
        else if (now.do === 'end') await model.end(now.which, now.fail);
        else if (now.do === 'abort') model.abort(now.which);
        else if (now.do === 'resize') model.resize(now.to);
        else await clock.advance(now.ms);
        await clock.settle();
        model.compare();
        if (now.do === 'call' || now.do === 'end') model.compareOverload();
        if (model.shed.overloaded) overloads++;
      }
      await model.finish();
      model.compare();
      for (const reason of model.shedIds.values()) reasons.add(reason);
    },
  );
  await fc.assert(property, { numRuns: 100, seed: 20261125 });
  // The model has been where it matters.
  assert.ok(overloads > 100, `${overloads}`);
  assert.deepEqual([...reasons].sort(), ['deadline', 'overload', 'queue-full', 'waited']);
});
