import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@breakwater/testing';
import fc from 'fast-check';
import { createHedge, createRetryBudget, type Hedge } from './index.ts';

const DELAY_MS = 20;
const RATIO = 0.25;

interface Script {
  /** After the call before. */
  readonly gapMs: number;
  /** How the copies would end, in order. A deaf one goes on when its signal is aborted. */
  readonly copies: readonly { readonly ms: number; readonly ok: boolean; readonly deaf: boolean }[];
  readonly idempotent: boolean;
  /** When the caller gives up; `undefined`: never. */
  readonly abortMs: number | undefined;
}

interface Copy {
  readonly startedAt: number;
  readonly signal: AbortSignal;
  endedAt: number | undefined;
}

/** One hedged call, watched. */
class Watched {
  readonly script: Script;
  readonly id: number;
  readonly startedAt: number;
  readonly copies: Copy[] = [];
  answers: string[] = [];
  answeredAt: number | undefined;
  skippedAt: number | undefined;

  constructor(script: Script, id: number, startedAt: number) {
    this.script = script;
    this.id = id;
    this.startedAt = startedAt;
  }

  /** What should have come out, and when, given how many copies there were. */
  expected(): { answer: string; at: number } {
    const abortAt = this.script.abortMs === undefined ? Number.POSITIVE_INFINITY : this.startedAt + this.script.abortMs;
    const ends = this.copies.map(({ startedAt }, index) => {
      const { ms, ok } = this.script.copies[index]!;
      return { at: startedAt + ms, answer: `${ok ? 'ok' : 'failed'} ${this.id}.${index}`, ok };
    });
    ends.sort((a, b) => a.at - b.at);
    const end = ends.find(({ ok }) => ok) ?? ends.at(-1)!;
    return end.at < abortAt ? end : { answer: `aborted ${this.id}`, at: abortAt };
  }
}

class World {
  readonly clock: VirtualClock = createVirtualClock();
  readonly hedge: Hedge;
  readonly calls: Watched[] = [];
  readonly failures: Error[] = [];
  readonly maxHedges: number;
  #extra = 0;
  #successes = 0;
  readonly #reserve: number;

  constructor(maxHedges: number, reserve: number) {
    this.maxHedges = maxHedges;
    this.#reserve = reserve;
    const budget = createRetryBudget({ ratio: RATIO, reserve });
    this.hedge = createHedge({ delayMs: DELAY_MS, maxHedges, budget, clock: this.clock });
    this.hedge.on((event) => {
      if (event.type === 'hedge.skipped') this.calls[Number(event.operation)]!.skippedAt = this.clock.now();
    });
  }

  start(script: Script): void {
    const id = this.calls.length;
    const call = new Watched(script, id, this.clock.now());
    this.calls.push(call);
    const abort = new AbortController();
    const { idempotent, abortMs } = script;
    const answer = (text: string): void => {
      call.answers.push(text);
      call.answeredAt = this.clock.now();
      if (text.startsWith('ok')) this.#successes++;
    };
    this.hedge
      .execute(({ signal }) => this.#copy(call, signal), { operation: String(id), idempotent, signal: abort.signal })
      .then(answer, (error: Error) => answer(error.message));
    if (abortMs !== undefined) {
      this.clock.sleep(abortMs).then(() => {
        if (call.answeredAt === undefined) abort.abort(new Error(`aborted ${id}`));
      });
    }
  }

  async #copy(call: Watched, signal: AbortSignal): Promise<string> {
    const index = call.copies.length;
    const copy: Copy = { startedAt: this.clock.now(), signal, endedAt: undefined };
    call.copies.push(copy);
    if (index > 0) this.#extra++;
    this.#checkStart(call, index);
    const { ms, ok, deaf } = call.script.copies[index] ?? { ms: 0, ok: true, deaf: false };
    await this.clock.sleep(ms, deaf ? {} : { signal });
    copy.endedAt = this.clock.now();
    if (!ok) throw new Error(`failed ${call.id}.${index}`);
    return `ok ${call.id}.${index}`;
  }

  #checkStart(call: Watched, index: number): void {
    try {
      assert.equal(call.answeredAt, undefined, 'a copy after the answer');
      assert.ok(index <= (call.script.idempotent ? this.maxHedges : 0), 'too many copies');
      assert.equal(this.clock.now(), call.startedAt + index * DELAY_MS, 'not at its time');
      const earned = this.#reserve + RATIO * this.#successes;
      assert.ok(this.#extra <= earned + 1e-9, `${this.#extra} extra calls, ${earned} allowed`);
    } catch (error) {
      this.failures.push(error as Error);
    }
  }

  check(): void {
    if (this.failures.length > 0) throw this.failures[0]!;
    for (const call of this.calls) {
      const { answer, at } = call.expected();
      assert.deepEqual([call.answers, call.answeredAt], [[answer], at], 'one answer, the first');
      for (const [index, { startedAt, signal, endedAt }] of call.copies.entries()) {
        const ended = endedAt ?? startedAt + call.script.copies[index]!.ms;
        // Losers are told; the winner, and one that had ended by itself, are left alone.
        assert.equal(signal.aborted, ended > at, `copy ${call.id}.${index}`);
      }
      if (call.copies.length > this.maxHedges || !call.script.idempotent) continue;
      // A copy less than there may be: the answer, or the empty budget, came before its time.
      const nextAt = call.startedAt + call.copies.length * DELAY_MS;
      assert.ok(call.answeredAt! <= nextAt || call.skippedAt === nextAt, `call ${call.id} is hedged late`);
    }
    assert.equal(this.clock.pendingTimers, 0);
  }
}

// No two things fall due together: copies end at 1, 3 and 7 past a multiple of ten, callers give up at 5 past one.
const script: fc.Arbitrary<Script> = fc
  .record({
    gapMs: fc.constantFrom(0, 10, 30),
    lengths: fc.tuple(fc.nat(7), fc.nat(7), fc.nat(7)),
    oks: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    deafs: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    idempotent: fc.constantFrom(true, true, true, true, false),
    abort: fc.option(fc.nat(7), { nil: undefined, freq: 4 }),
  })
  .map(({ gapMs, lengths, oks, deafs, idempotent, abort }) => ({
    gapMs,
    idempotent,
    abortMs: abort === undefined ? undefined : abort * 10 + 5,
    copies: lengths.map((tens, index) => ({ ms: tens * 10 + [1, 3, 7][index]!, ok: oks[index]!, deaf: deafs[index]! })),
  }));

test('H7 model: never more copies than allowed, losers aborted, budget kept, one answer', async () => {
  let hedged = 0;
  let skipped = 0;
  const property = fc.asyncProperty(
    fc.array(script, { minLength: 5, maxLength: 25, size: 'max' }),
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 0, max: 6 }),
    async (scripts, maxHedges, reserve) => {
      const world = new World(maxHedges, reserve);
      for (const one of scripts) {
        await world.clock.advance(one.gapMs);
        world.start(one);
        await world.clock.settle();
      }
      await world.clock.advance(1000);
      world.check();
      for (const call of world.calls) {
        if (call.copies.length > 1) hedged++;
        if (call.skippedAt !== undefined) skipped++;
      }
    },
  );
  await fc.assert(property, { numRuns: 60, seed: 20261125 });
  // The model has been where it matters.
  assert.ok(hedged > 100 && skipped > 100, `${hedged} hedged, ${skipped} skipped`);
});
