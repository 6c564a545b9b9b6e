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
  assert.throws(() => faulty(() => 1, { errorRate: 2 }, clock, Math.random), /errorRate.*2/);
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
  assert.deepEqual(work.calls, [0, 0, 10]);
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
});
