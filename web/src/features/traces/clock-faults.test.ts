import type { SpanView } from '@breakwater/server/api-types';
import { expect, test } from 'vitest';
import { clockFaultOf } from './clock-faults.ts';
import { buildTrace } from './trace-model.ts';

const span = (spanId: string, parentSpanId: string, fromMs: number, toMs: number) =>
  ({
    spanId,
    parentSpanId,
    name: `span ${spanId}`,
    service: `service ${spanId}`,
    status: 'unset',
    startTimeUnixNano: `${1_764_072_189_000 + fromMs}000000`,
    endTimeUnixNano: `${1_764_072_189_000 + toMs}000000`,
  }) as SpanView;

test('times that cannot be are told in words', () => {
  const model = buildTrace({
    spans: [span('a', '', 100, 200), span('b', 'a', 60, 90), span('c', 'a', 120, 110), span('d', 'd', 130, 140)],
    logs: [],
  });
  const faults = new Map(model.nodes.map((node) => [node.span.spanId, clockFaultOf(node, model)]));
  expect(faults.get('a')).toBeUndefined();
  expect(faults.get('b')).toBe(
    'It starts 40.0 ms before its parent, span a: the clocks of service b and service a differ at least by that.',
  );
  expect(faults.get('c')).toMatch(/^It ends 10\.0 ms before it starts/);
  expect(faults.get('d')).toBeUndefined();
});
