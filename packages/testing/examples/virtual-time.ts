// A minute of back-off in no time, and the same trace every time.
import { createRandom, createRecorder, createVirtualClock, scripted } from '@breakwater/testing';

const clock = createVirtualClock();
const random = createRandom('any seed');
const recorder = createRecorder<{ type: string }>(clock);
const work = scripted(clock, [
  { error: new Error('down') },
  { error: new Error('down') },
  { value: 'up', afterMs: 500 },
]);

async function untilItWorks(): Promise<string> {
  for (;;) {
    try {
      return await work();
    } catch {
      recorder.record({ type: 'failed' });
      await clock.sleep(30_000 + Math.floor(random() * 10) * 100);
    }
  }
}

console.log(await clock.run(untilItWorks()));
console.log(recorder.lines('type'));
console.log(work.calls, clock.now());

// Output:
// up
// [ '0ms failed', '30700ms failed' ]
// [ 0, 30700, 60900 ] 61400
