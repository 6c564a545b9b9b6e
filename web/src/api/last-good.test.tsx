import { expect, test } from 'vitest';
import { render } from '../../test/render.tsx';
import { ApiError } from './client.ts';
import { type Shown, useLastGood } from './last-good.ts';

interface Read {
  data: string | undefined;
  error: Error | null;
  subject: string;
}

/** What is shown after each of the reads. */
async function shownAfter(...reads: Read[]): Promise<Shown<string>[]> {
  const shown: Shown<string>[] = [];
  function Probe({ at }: { at: number }) {
    const { subject, ...read } = reads[at]!;
    shown[at] = useLastGood({ ...read, isPending: read.data === undefined && read.error === null }, subject);
    return null;
  }
  const { rerender } = await render(null);
  for (const at of reads.keys()) await rerender(<Probe at={at} />);
  return shown;
}

const good = (data: string, subject: string): Read => ({ data, error: null, subject });
const pending = (subject: string): Read => ({ data: undefined, error: null, subject });
const failed = (error: Error, subject: string): Read => ({ data: undefined, error, subject });
const FAULT = new ApiError({ type: '', title: '', status: 400, detail: '', code: 'INVALID_QUERY', position: 0 });

test('a refresh and a failure leave the last answer in place', async () => {
  const shown = await shownAfter(good('a', 'x'), pending('x'), failed(new Error('down'), 'x'));
  expect(shown.map(({ data, stale }) => [data, stale])).toEqual([
    ['a', false],
    ['a', true],
    ['a', true],
  ]);
  expect(shown[2]?.error?.message).toBe('down');
});

test('the answer to another question is never shown, but while the query is mistyped', async () => {
  const shown = await shownAfter(good('a', 'x'), pending('y'), failed(FAULT, 'z'), failed(new Error('down'), 'y'));
  expect(shown.map(({ data, loading }) => [data, loading])).toEqual([
    ['a', false],
    [undefined, true],
    ['a', false],
    [undefined, false],
  ]);
});
