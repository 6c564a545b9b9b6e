import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createRecorder, createVirtualClock, faulty, scripted } from './index.ts';

test('time moves only when told to, timer by timer, in order', async () => {
  const clock = createVirtualClock({ startMs: 1000 });
  const seen: string[] = [];
  clock.setTimer(() => seen.push(`b${clock.now()}`), 20);
  clock.setTimer(() => seen.push(`a${clock.now()}`), 10);
  const cleared = clock.setTimer(() => seen.push('never'), 5);
  clock.setTimer(() => void clock.sleep(5).then(() => seen.push(`c${clock.now()}`)), 10);
  clock.clearTimer(cleared);
  clock.defer(() => seen.push('deferred'));
  assert.deepEqual([clock.now(), clock.wallNow(), clock.pendingTimers], [0, 1000, 3]);
  await clock.advance(17);
  assert.deepEqual(seen, ['deferred', 'a10', 'c15']);
  assert.deepEqual([clock.now(), clock.wallNow()], [17, 1017]);
  await clock.advance(3);
  assert.deepEqual(seen.at(-1), 'b20');
});

test('a blocked event loop makes timers late', async () => {
  const clock = createVirtualClock();
  let at = 0;
  clock.setTimer(() => {
    at = clock.now();
  }, 10);
  clock.block(500);
  assert.equal(at, 0);
  await clock.advance(0);
  assert.equal(at, 500);
});

test('timers set or cleared by a timer count at once; one that fired may be cleared; a negative delay is none', async () => {
  const clock = createVirtualClock();
  const seen: string[] = [];
  const first = clock.setTimer(() => {
    seen.push('first');
    clock.clearTimer(first);
    clock.clearTimer(second);
    clock.setTimer(() => seen.push('within'), -5);
    clock.setTimer(() => seen.push('later'), 1);
  }, 10);
  const second = clock.setTimer(() => seen.push('cleared'), 10);
  clock.setTimer(() => seen.push('third'), 10);
  clock.clearTimer(undefined);
  await clock.advance(10);
  assert.deepEqual(seen, ['first', 'third', 'within']);
  assert.equal(clock.pendingTimers, 1);
});

test('a callback that throws ends the advance, and what comes after it stays queued', async () => {
  const clock = createVirtualClock();
  const seen: string[] = [];
  clock.defer(() => {
    throw new Error('deferred');
  });
  clock.defer(() => seen.push('behind it'));
  clock.setTimer(() => {
    throw new Error('timer');
  }, 1);
  clock.setTimer(() => seen.push('timer behind it'), 2);
  await assert.rejects(clock.advance(5), /deferred/);
  await assert.rejects(clock.advance(5), /timer/);
  await clock.advance(5);
  assert.deepEqual(seen, ['behind it', 'timer behind it']);
});

test('a delay that setTimeout would take for another is refused, and stops no other timer', async () => {
  const clock = createVirtualClock();
  let fired = 0;
  for (const delayMs of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, undefined, '5'])
    assert.throws(() => clock.setTimer(() => {}, delayMs as never), RangeError);
  await assert.rejects(clock.sleep(Number.NaN), RangeError);
  clock.setTimer(() => fired++, 2 ** 31 - 1);
  await clock.advance(2 ** 31);
  assert.equal(fired, 1);
  await clock.run(clock.sleep(2 ** 40));
});

test('run waits for a chain of promises longer than one settling', async () => {
  const clock = createVirtualClock();
  const chain = async (): Promise<string> => {
    await clock.sleep(10);
    for (let link = 0; link < 2_000; link++) await undefined;
    return 'end';
  };
  assert.equal(await clock.run(chain()), 'end');
});

test('sleep ends early when its signal aborts, and leaves nothing behind', async () => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  const sleep = clock.sleep(1000, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(sleep, /enough/);
  await assert.rejects(clock.sleep(1, { signal: controller.signal }), /enough/);
  assert.equal(clock.pendingTimers, 0);
});

test('run moves time until a promise settles, and says when it never will', async () => {
  const clock = createVirtualClock();
  assert.equal(await clock.run(clock.sleep(5000).then(() => 'done')), 'done');
  assert.equal(clock.now(), 5000);
  await assert.rejects(clock.run(clock.sleep(5).then(() => Promise.reject(new Error('inner')))), /inner/);
  await assert.rejects(clock.run(new Promise(() => undefined)), /still pending at 5005 ms/);
});

test('wrong arguments', async () => {
  const clock = createVirtualClock();
  await assert.rejects(clock.advance(-1), /advance.*-1/);
  assert.throws(() => clock.block(Number.NaN), /block.*NaN/);
  assert.throws(() => createVirtualClock({ startMs: Number.NaN }), /startMs/);
  assert.throws(() => createRandom(Number.NaN), /NaN/);
  assert.throws(() => createRandom(undefined as never), /undefined/);
  assert.throws(() => scripted(clock, []), /at least one/);
  const wrongFaults: readonly (readonly [object, RegExp])[] = [
    [{ errorRate: 2 }, /errorRate.*2/],
    [{ hangRate: '0.5x' }, /hangRate.*0\.5x/],
    [{ errorRate: 0.6, hangRate: 0.6 }, /together.*1\.2/],
    [{ errorrate: 0.1 }, /no option errorrate, only errorRate/],
    [{ latencyMs: Number.NaN }, /latencyMs.*NaN/],
    [{ latencyMs: -1 }, /latencyMs.*-1/],
    [{ error: new Error('x') }, /error: expected a function/],
  ];
  for (const [faults, message] of wrongFaults)
    assert.throws(() => faulty(() => 1, faults, clock, Math.random), message);
  await assert.rejects(faulty(() => 1, { latencyMs: () => Number.NaN }, clock, Math.random)(), /latencyMs.*NaN/);
  assert.throws(() => faulty(1 as never, {}, clock, Math.random), /work: expected a function/);
  for (const step of [
    {},
    { value: 1, error: 2 },
    { hang: false },
    { value: 1, after: 5 },
    { value: 1, afterMs: -1 },
    null,
  ])
    assert.throws(() => scripted(clock, [step as never]), /steps\[0\]/);
  assert.throws(() => createVirtualClock({ start: 5 } as never), /no option start/);
  assert.throws(() => clock.setTimer('x' as never, 1), /function/);
  assert.throws(() => clock.defer(undefined as never), /function/);
});

test('the same seed gives the same numbers, evenly spread', () => {
  const a = createRandom('seed');
  const b = createRandom('seed');
  const other = createRandom('seee');
  const counts = new Array(10).fill(0);
  let same = 0;
  for (let index = 0; index < 10_000; index++) {
    const value = a();
    assert.equal(value, b());
    if (value === other()) same++;
    assert.ok(value >= 0 && value < 1);
    counts[Math.floor(value * 10)]++;
  }
  assert.equal(same, 0);
  for (const count of counts) assert.ok(count > 850 && count < 1150, String(counts));
  assert.equal(createRandom(42)(), createRandom('42')());
});

test('scripted answers in turn, and faulty by chance, both repeatable', async () => {
  const clock = createVirtualClock();
  const work = scripted(clock, [{ error: new Error('first') }, { value: 2, afterMs: 10 }, { hang: true, deaf: false }]);
  await assert.rejects(work(), /first/);
  assert.equal(await clock.run(work()), 2);
  const controller = new AbortController();
  const hanging = work(controller);
  controller.abort(new Error('stop'));
  await assert.rejects(hanging, /stop/);
  await assert.rejects(work(controller), /stop/, 'the signal had aborted before the call');
  assert.deepEqual(work.calls, [0, 0, 10, 10]);
  const trial = async (): Promise<string> => {
    const time = createVirtualClock();
    const sick = faulty(() => 'ok', { errorRate: 0.3, latencyMs: (random) => random() * 5 }, time, createRandom(5));
    const outcomes = [];
    for (let index = 0; index < 50; index++)
      outcomes.push(await time.run(sick().catch((error: Error) => error.message)));
    return `${outcomes.join()} ${time.now()}`;
  };
  const first = await trial();
  assert.equal(await trial(), first);
  assert.match(first, /ECONNRESET/);
});

test('a recorder keeps events with their time', async () => {
  const clock = createVirtualClock();
  const recorder = createRecorder<{ type: string; n: number }>(clock);
  recorder.record({ type: 'a', n: 1 });
  await clock.advance(5);
  recorder.record({ type: 'b', n: 2 });
  assert.deepEqual(recorder.lines('type', 'n'), ['0ms a 1', '5ms b 2']);
  assert.equal(recorder.entries.length, 2);
  const any = createRecorder<unknown>(clock);
  for (const event of [{ a: { b: 1 } }, { a: Object.create(null) }, { a: [1, 2] }, { a: Symbol('s') }, null, {}])
    any.record(event);
  assert.deepEqual(any.lines('a'), [
    '5ms {"b":1}',
    '5ms {}',
    '5ms 1,2',
    '5ms Symbol(s)',
    '5ms undefined',
    '5ms undefined',
  ]);
});

test('a recorder writes a line for what cannot be written', () => {
  const recorder = createRecorder<unknown>(createVirtualClock());
  const ring: Record<string, unknown> = {};
  ring['self'] = ring;
  const hostile = {
    toString() {
      throw new RangeError('no');
    },
  };
  for (const a of [ring, { n: 5n }, hostile, { toJSON: () => undefined }, { b: 1 }]) recorder.record({ a });
  assert.deepEqual(recorder.lines('a'), [
    '0ms [unreadable: TypeError]',
    '0ms [unreadable: TypeError]',
    '0ms [unreadable: RangeError]',
    '0ms [object Object]',
    '0ms {"b":1}',
  ]);
});
