/** A trace as a tree with times relative to its start. Pure: what the waterfall draws is decided here. */
import type { LogView, SpanView, TraceDetail } from '@breakwater/server/api-types';

export interface SpanNode {
  span: SpanView;
  depth: number;
  children: SpanNode[];
  /** Nanoseconds since the start of the trace. */
  startNs: number;
  durationNs: number;
  /** Parts of the span in which no child was running, relative to the trace. */
  selfParts: { fromNs: number; toNs: number }[];
  selfNs: number;
  /** Spans below it. */
  descendants: number;
  /** Spans below it with status error. */
  errorsBelow: number;
  /** It names a parent that is not in the trace. */
  orphan: boolean;
  logs: { log: LogView; atNs: number }[];
}

export interface TraceModel {
  /** Every span once, a parent before its children, siblings by start. */
  nodes: SpanNode[];
  roots: SpanNode[];
  /** Log records whose span is not in the trace. */
  looseLogs: { log: LogView; atNs: number }[];
  startUnixNano: bigint;
  durationNs: number;
  services: string[];
  errors: number;
  /** Distinct parents that are named but absent. */
  missingParents: number;
  orphans: number;
}

/** Never fails: unknown parents make orphans, circles and repeated ids make roots, a span that ends before it starts has no duration. */
export function buildTrace({ spans, logs }: Pick<TraceDetail, 'spans' | 'logs'>): TraceModel {
  const starts = [
    ...spans.map((span) => BigInt(span.startTimeUnixNano)),
    ...(spans.length === 0 ? logs.map((log) => BigInt(log.timeUnixNano)) : []),
  ];
  const startUnixNano = starts.reduce((min, start) => (start < min ? start : min), starts[0] ?? 0n);
  const since = (nano: string) => Number(BigInt(nano) - startUnixNano);

  const all = spans.map((span): SpanNode => {
    const startNs = since(span.startTimeUnixNano);
    const durationNs = Math.max(0, since(span.endTimeUnixNano) - startNs);
    return {
      span,
      depth: 0,
      children: [],
      startNs,
      durationNs,
      selfParts: [],
      selfNs: 0,
      descendants: 0,
      errorsBelow: 0,
      orphan: false,
      logs: [],
    };
  });
  all.sort((a, b) => a.startNs - b.startNs || b.durationNs - a.durationNs);
  const byId = new Map<string, SpanNode>();
  for (const node of all) if (!byId.has(node.span.spanId)) byId.set(node.span.spanId, node);

  const roots: SpanNode[] = [];
  const missing = new Set<string>();
  for (const node of all) {
    const { parentSpanId } = node.span;
    const parent = byId.get(parentSpanId);
    if (parent && parent !== node && byId.get(node.span.spanId) === node) {
      parent.children.push(node);
      continue;
    }
    if (parentSpanId !== '' && !parent) {
      node.orphan = true;
      missing.add(parentSpanId);
    }
    roots.push(node);
  }
  const nodes = inOrder(roots);
  if (nodes.length < all.length) {
    // Spans in a circle hang on no root: the earliest of each circle becomes one.
    const reached = new Set(nodes);
    for (const node of all) {
      if (reached.has(node)) continue;
      const parent = byId.get(node.span.parentSpanId);
      if (parent) parent.children = parent.children.filter((child) => child !== node);
      roots.push(node);
      for (const below of inOrder([node])) {
        reached.add(below);
        nodes.push(below);
      }
    }
  }
  addUp(nodes);

  const looseLogs: TraceModel['looseLogs'] = [];
  for (const log of logs) {
    const at = { log, atNs: since(log.timeUnixNano) };
    const node = byId.get(log.spanId);
    if (node) node.logs.push(at);
    else looseLogs.push(at);
  }
  for (const node of nodes) node.logs.sort((a, b) => a.atNs - b.atNs);
  looseLogs.sort((a, b) => a.atNs - b.atNs);

  return {
    nodes,
    roots,
    looseLogs,
    startUnixNano,
    durationNs: Math.max(1, spans.length > 0 ? endOf(nodes) : (looseLogs.at(-1)?.atNs ?? 0)),
    services: [...new Set([...nodes.map(({ span }) => span.service), ...logs.map(({ service }) => service)])],
    errors: nodes.filter(({ span }) => span.status === 'error').length,
    missingParents: missing.size,
    orphans: nodes.filter((node) => node.orphan).length,
  };
}

function endOf(nodes: readonly SpanNode[]): number {
  return nodes.reduce((end, { startNs, durationNs }) => Math.max(end, startNs + durationNs), 0);
}

/** Depth first without recursion: traces may be thousands of spans deep. Sets the depth. */
function inOrder(roots: readonly SpanNode[]): SpanNode[] {
  const order: SpanNode[] = [];
  const open = roots.toReversed().map((node) => ({ node, depth: 0 }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, depth } = next;
    node.depth = depth;
    order.push(node);
    for (const child of node.children.toReversed()) open.push({ node: child, depth: depth + 1 });
  }
  return order;
}

/** Children stand behind their parents: from the back, every child is complete before its parent is added up. */
function addUp(nodes: readonly SpanNode[]) {
  for (const node of nodes.toReversed()) {
    node.selfParts = gaps(node);
    node.selfNs = node.selfParts.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0);
    for (const child of node.children) {
      node.descendants += child.descendants + 1;
      node.errorsBelow += child.errorsBelow + (child.span.status === 'error' ? 1 : 0);
    }
  }
}

/** The parts of a span that none of its children covers. */
function gaps({ startNs, durationNs, children }: SpanNode): SpanNode['selfParts'] {
  const end = startNs + durationNs;
  const parts: SpanNode['selfParts'] = [];
  let at = startNs;
  for (const child of children.toSorted((a, b) => a.startNs - b.startNs)) {
    if (child.startNs > at) parts.push({ fromNs: at, toNs: Math.min(child.startNs, end) });
    at = Math.max(at, child.startNs + child.durationNs);
    if (at >= end) return parts;
  }
  if (at < end) parts.push({ fromNs: at, toNs: end });
  return parts;
}

export type TraceRow =
  | { kind: 'span'; key: string; node: SpanNode }
  | { kind: 'log'; key: string; log: LogView; atNs: number; depth: number };

/** The rows that are shown: what is below a folded span is not; a span's log records follow it as thin rows. */
export function visibleRows(model: TraceModel, folded: ReadonlySet<string>, withLogs: boolean): TraceRow[] {
  const rows: TraceRow[] = [];
  let hiddenBelow = Number.POSITIVE_INFINITY;
  for (const [index, node] of model.nodes.entries()) {
    if (node.depth > hiddenBelow) continue;
    hiddenBelow = folded.has(node.span.spanId) ? node.depth : Number.POSITIVE_INFINITY;
    rows.push({ kind: 'span', key: `${node.span.spanId}-${index}`, node });
    if (withLogs && hiddenBelow === Number.POSITIVE_INFINITY) {
      for (const { log, atNs } of node.logs) rows.push({ kind: 'log', key: log.id, log, atNs, depth: node.depth + 1 });
    }
  }
  if (withLogs)
    for (const { log, atNs } of model.looseLogs) rows.push({ kind: 'log', key: log.id, log, atNs, depth: 0 });
  return rows;
}

export interface View {
  fromNs: number;
  toNs: number;
}

/** Where a part of the trace lies in the view, in percent of its width; at least `MIN_PERCENT` wide. Undefined outside. */
export function placeIn(view: View, fromNs: number, toNs: number): { left: number; width: number } | undefined {
  const span = view.toNs - view.fromNs;
  if (toNs < view.fromNs || fromNs > view.toNs || span <= 0) return undefined;
  const left = ((Math.max(fromNs, view.fromNs) - view.fromNs) / span) * 100;
  const right = ((Math.min(toNs, view.toNs) - view.fromNs) / span) * 100;
  const width = Math.max(right - left, MIN_PERCENT);
  return { left: Math.min(left, 100 - width), width };
}
const MIN_PERCENT = 0.15;

/** The view zoomed by a factor around a time, kept inside the trace and at least 100 ns wide. */
export function zoomView(view: View, factor: number, aroundNs: number, durationNs: number): View {
  const width = Math.min(durationNs, Math.max(100, (view.toNs - view.fromNs) * factor));
  const share = (aroundNs - view.fromNs) / (view.toNs - view.fromNs);
  const fromNs = Math.max(0, Math.min(aroundNs - width * share, durationNs - width));
  return { fromNs, toNs: fromNs + width };
}

/** Round times for a ruler: at most `count` ticks. */
export function rulerTicks({ fromNs, toNs }: View, count: number): number[] {
  const raw = (toNs - fromNs) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? raw;
  const ticks: number[] = [];
  for (let tick = Math.ceil(fromNs / step) * step; tick < toNs; tick += step) ticks.push(tick);
  return ticks;
}
