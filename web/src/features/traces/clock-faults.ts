/** Times of a span that cannot be: what is drawn is then not how long things took. */
import { formatLatency } from '../../time/format.ts';
import type { SpanNode, TraceModel } from './trace-model.ts';

/** In words, for the reader of a span; undefined where its times are possible. */
export function clockFaultOf({ span, startNs }: SpanNode, model: TraceModel): string | undefined {
  const backNs = Number(BigInt(span.startTimeUnixNano) - BigInt(span.endTimeUnixNano));
  if (backNs > 0) {
    return `It ends ${formatLatency(backNs)} before it starts: its sender's clock was set back meanwhile. It is drawn without a duration.`;
  }
  const parent = model.nodes.find((node) => node.span.spanId === span.parentSpanId);
  const earlyNs = parent === undefined ? 0 : parent.startNs - startNs;
  if (!parent || earlyNs <= 0 || parent.span.spanId === span.spanId) return undefined;
  return `It starts ${formatLatency(earlyNs)} before its parent, ${parent.span.name}: the clocks of ${span.service || 'the two'} and ${parent.span.service || 'its caller'} differ at least by that.`;
}
