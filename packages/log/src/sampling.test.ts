import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './index.ts';
import { limitPerKey, type Sampler, sampleAll, sampleByRate, sampleToBudget } from './sampling.ts';
import { memorySink } from './testing.ts';

/** Says `count` records of two kinds in each of `turns` seconds, and how many the rates of those kept give. */
function restore(sampler: Sampler, turns: number, count: number): number {
  let ms = 0;
  const sink = memorySink();
  const logger = createLogger({ service: 's', sinks: [sink], sampler, flushAtExit: false, now: () => ms });
  // Not one second after the other: of the first of several a budget takes all it has room for.
  for (; ms < turns * 2000; ms += 2000)
    for (let index = 0; index < count; index++) logger.info(index % 2 === 0 ? 'even' : 'odd');
  // What is still held back stands in one record more of each kind.
  for (const message of ['even', 'odd']) logger.info(message);
  return sink
    .records()
    .reduce((sum, { attributes }) => sum + 1 / Number(attributes['breakwater.log.sample_rate'] ?? 1), 0);
}

const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}`);

test('R50 two limits, one after the other: what the first has put into a record is not lost in the second', () => {
  const perKey = () => limitPerKey({ perSecond: 5 });
  const together = () => limitPerKey({ perSecond: 3, key: () => 'all' });
  near(restore(sampleAll(perKey(), together()), 20, 100), 2002);
  near(restore(sampleAll(together(), perKey()), 20, 100), 2002);
});

test('R52 a limit and a budget: the rates restore the count', () => {
  near(restore(sampleAll(limitPerKey({ perSecond: 5 }), sampleToBudget(4)), 20, 100), 2002);
});

test('R50 a rate before a limit: what the limit holds back counts as often as it stands for', () => {
  let turn = 0;
  const everyFourth = sampleByRate(0.25, () => (turn++ % 4) / 4);
  near(restore(sampleAll(everyFourth, limitPerKey({ perSecond: 2, key: () => 'all' })), 10, 100), 1000 + 4);
});
