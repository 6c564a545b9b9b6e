import type { LogView, SpanView } from '@breakwater/server/api-types';
import { expect, test } from 'vitest';
import { buildTrace, placeIn, rulerTicks, visibleRows, zoomView } from './trace-model.ts';

const T0 = 1_764_072_189_000_000_000n;
const span = (spanId: string, parentSpanId: string, from: number, to: number, status: SpanView['status'] = 'unset') =>
  ({
    spanId,
    parentSpanId,
    service: 's',
    status,
    startTimeUnixNano: String(T0 + BigInt(from)),
    endTimeUnixNano: String(T0 + BigInt(to)),
  }) as SpanView;
const log = (id: string, spanId: string, at: number) =>
  ({ id, spanId, timeUnixNano: String(T0 + BigInt(at)) }) as LogView;
const order = (rows: ReturnType<typeof visibleRows>) =>
  rows.map((row) => (row.kind === 'span' ? row.node.span.spanId : `log ${row.log.id}`));

test('children follow their parent by start time, and times are exact to the nanosecond', () => {
  const model = buildTrace({
    spans: [span('c', 'a', 51, 60), span('a', '', 1, 101), span('d', 'b', 12, 13), span('b', 'a', 11, 41)],
    logs: [],
  });
  expect(model.nodes.map(({ span: { spanId }, depth }) => `${depth}${spanId}`)).toEqual(['0a', '1b', '2d', '1c']);
  expect(model.nodes.map(({ startNs, durationNs }) => [startNs, durationNs])).toEqual([
    [0, 100],
    [10, 30],
    [11, 1],
    [50, 9],
  ]);
  expect(model.durationNs).toBe(100);
});

test('self time is what no child covers, overlaps counted once', () => {
  const model = buildTrace({
    spans: [span('a', '', 0, 100), span('b', 'a', 10, 40), span('c', 'a', 30, 60), span('late', 'a', 90, 130)],
    logs: [],
  });
  expect(model.nodes[0]).toMatchObject({
    selfNs: 40,
    selfParts: [
      { fromNs: 0, toNs: 10 },
      { fromNs: 60, toNs: 90 },
    ],
    descendants: 3,
  });
});

test('orphans, circles, repeated ids and spans that end before they start are all shown', () => {
  const spans = [
    span('a', '', 0, 10),
    span('o', 'gone', 5, 8),
    span('p', 'gone', 6, 7),
    span('x', 'y', 1, 2),
    span('y', 'x', 2, 3),
    span('self', 'self', 4, 5),
    span('a', '', 3, 1),
  ];
  const model = buildTrace({ spans, logs: [] });
  expect(model.nodes).toHaveLength(spans.length);
  expect(model).toMatchObject({ orphans: 2, missingParents: 1 });
  expect(model.nodes.every(({ durationNs }) => durationNs >= 0)).toBe(true);
});

test('a chain of ten thousand spans does not exhaust the stack', () => {
  const spans = Array.from({ length: 10_000 }, (_, index) =>
    span(
      String(index),
      index === 0 ? '' : String(index - 1),
      index,
      20_000 - index,
      index === 9_999 ? 'error' : 'unset',
    ),
  );
  const model = buildTrace({ spans: spans.reverse(), logs: [] });
  expect(model.nodes[0]).toMatchObject({ descendants: 9_999, errorsBelow: 1 });
  expect(model.nodes.at(-1)?.depth).toBe(9_999);
});

test('folding hides what is below, with its log records; loose records stay at the end', () => {
  const model = buildTrace({
    spans: [span('a', '', 0, 100), span('b', 'a', 10, 40), span('c', 'b', 20, 30), span('d', 'a', 50, 60)],
    logs: [log('2', 'c', 25), log('1', 'b', 12), log('3', 'elsewhere', 70)],
  });
  expect(order(visibleRows(model, new Set(), true))).toEqual(['a', 'b', 'log 1', 'c', 'log 2', 'd', 'log 3']);
  expect(order(visibleRows(model, new Set(['b']), true))).toEqual(['a', 'b', 'd', 'log 3']);
  expect(order(visibleRows(model, new Set(['a']), false))).toEqual(['a']);
});

test('a trace of which only log records have arrived is as long as they are', () => {
  const model = buildTrace({ spans: [], logs: [log('2', 'b', 900), log('1', 'a', 100)] });
  expect(model).toMatchObject({ startUnixNano: T0 + 100n, durationNs: 800, nodes: [] });
  expect(order(visibleRows(model, new Set(), true))).toEqual(['log 1', 'log 2']);
});

test('bars stay inside the view and are never too thin to see', () => {
  const view = { fromNs: 100, toNs: 200 };
  expect(placeIn(view, 0, 50)).toBeUndefined();
  expect(placeIn(view, 50, 150)).toEqual({ left: 0, width: 50 });
  expect(placeIn(view, 200, 200)).toEqual({ left: 99.85, width: 0.15 });
  expect(zoomView({ fromNs: 0, toNs: 1_000 }, 0.5, 250, 1_000)).toEqual({ fromNs: 125, toNs: 625 });
  expect(zoomView({ fromNs: 500, toNs: 1_000 }, 4, 600, 1_000)).toEqual({ fromNs: 0, toNs: 1_000 });
  expect(rulerTicks({ fromNs: 0, toNs: 1_000 }, 5)).toEqual([0, 200, 400, 600, 800]);
});
