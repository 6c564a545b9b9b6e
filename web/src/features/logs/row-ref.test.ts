import { expect, test } from 'vitest';
import { parseRowRef, printRowRef } from './row-ref.ts';

test('a record is found again by its time and id, whatever else the URL holds', () => {
  const ref = printRowRef({ id: '18446744073709551615', timeUnixNano: '1764072189123456789' });
  expect(parseRowRef(ref)).toEqual({
    id: '18446744073709551615',
    window: { fromMs: 1764072189123, toMs: 1764072189124 },
  });
  for (const wrong of [undefined, '', '1', 'a.b', '1.2.3', '-1.2']) expect(parseRowRef(wrong)).toBeUndefined();
});
