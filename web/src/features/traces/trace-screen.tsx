/** One trace: header, overview, waterfall, the chosen span. */

import type { TraceDetail } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Activity, ScrollText, Search, Unlink } from 'lucide-react';
import { useCallback, useMemo, useRef, useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { traceQuery } from '../../api/queries.ts';
import { matchText } from '../../app/match-text.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { reportNavigation } from '../../app/use-range.ts';
import { filterClause, withClause } from '../../query/query-text.ts';
import { valueText } from '../../telemetry/any-value.ts';
import { nanoToMs, plural } from '../../time/format.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { HiddenNote } from '../../ui/hidden-note.tsx';
import { Dialog } from '../../ui/overlay.tsx';
import { Page } from '../../ui/page.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx';
import { StatsLine } from '../../ui/stats-line.tsx';
import { useNarrow } from '../../ui/use-narrow.ts';
import { printRowRef } from '../logs/row-ref.ts';
import { Minimap } from './minimap.tsx';
import { SpanDetail } from './span-detail.tsx';
import { rangeAround, TraceHeader } from './trace-header.tsx';
import { buildTrace, type SpanNode, type TraceRow, type View, visibleRows } from './trace-model.ts';
import { Waterfall } from './waterfall.tsx';

const route = getRouteApi('/shell/traces/$traceId');

/** How long after its last record a trace may still grow, and how often it is read meanwhile. */
const ARRIVAL_MS = 30_000;
const ARRIVING_MS = 2_500;

function isArriving(detail: TraceDetail | undefined, nowMs: number): boolean {
  const times = [
    ...(detail?.spans ?? []).map((span) => span.endTimeUnixNano),
    ...(detail?.logs ?? []).map((log) => log.timeUnixNano),
  ];
  return times.some((time) => nanoToMs(time) > nowMs - ARRIVAL_MS);
}

export function TraceScreen() {
  const { traceId } = route.useParams();
  const { data, error, isPending, refetch } = useQuery({
    ...traceQuery(traceId),
    refetchInterval: ({ state }) => (isArriving(state.data, Date.now()) ? ARRIVING_MS : false),
  });
  if (data && (data.spans.length > 0 || data.logs.length > 0))
    return <Trace key={traceId} detail={data} onReload={() => void refetch()} />;
  const missing = data !== undefined || (error instanceof ApiError && error.status === 404);
  return (
    <Page>
      {isPending ? (
        <SkeletonRows rows={20} label="Loading the trace" />
      ) : missing ? (
        <EmptyState
          icon={Activity}
          title="No such trace is stored"
          action={
            <>
              <Button onClick={() => void refetch()}>Look again</Button>
              <Link to="/traces" className={buttonClass()}>
                All traces
              </Link>
            </>
          }
        >
          <span className="font-mono text-xs break-all">{traceId}</span>
          <br />
          Its spans may not have arrived yet, were not sampled, or have passed their retention.
        </EmptyState>
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : null}
    </Page>
  );
}

function Trace({ detail, onReload }: { detail: TraceDetail; onReload: () => void }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const goTo = useNavigate();
  const narrow = useNarrow();
  const model = useMemo(() => buildTrace(detail), [detail]);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [withLogs, setWithLogs] = useState(true);
  // Null: all of it, also when it grows while spans still arrive.
  const [zoomed, setZoomed] = useState<View | null>(null);
  const view = useMemo(() => zoomed ?? { fromNs: 0, toNs: model.durationNs }, [zoomed, model.durationNs]);
  const setView = useCallback(
    (next: View) => setZoomed(next.fromNs <= 0 && next.toNs >= model.durationNs ? null : next),
    [model.durationNs],
  );
  const filterBox = useRef<HTMLInputElement>(null);
  const filter = search.find ?? '';
  const rows = useMemo(() => visibleRows(model, folded, withLogs), [model, folded, withLogs]);
  const spans = useMemo(() => rows.flatMap((row) => (row.kind === 'span' ? [row.node] : [])), [rows]);
  const selected = model.nodes.find((node) => node.span.spanId === search.span);

  const change = useCallback(
    (next: Partial<typeof search>) =>
      void navigate({ search: (before) => ({ ...before, ...next }), replace: true }).catch(reportNavigation),
    [navigate],
  );
  const select = (node: SpanNode | undefined) => change({ span: node?.span.spanId });
  const fold = (node: SpanNode, on: boolean, deep: boolean) => {
    const next = new Set(folded);
    for (const { span, children } of deep ? node.children : [node]) {
      if (on && children.length > 0) next.add(span.spanId);
      else next.delete(span.spanId);
    }
    setFolded(next);
  };
  const move = (step: number) => {
    const at = selected ? spans.indexOf(selected) : -1;
    select(spans[Math.max(0, Math.min(at + step, spans.length - 1))]);
  };
  const nextError = () => {
    const failed = model.nodes.filter(({ span }) => span.status === 'error');
    const at = selected ? failed.indexOf(selected) : -1;
    const next = failed[(at + 1) % Math.max(1, failed.length)];
    if (next) reveal(next);
  };
  const reveal = (node: SpanNode) => {
    const byId = new Map(model.nodes.map((entry) => [entry.span.spanId, entry]));
    const next = new Set(folded);
    for (
      let parent = byId.get(node.span.parentSpanId), steps = 0;
      parent && steps < model.nodes.length;
      parent = byId.get(parent.span.parentSpanId), steps += 1
    )
      next.delete(parent.span.spanId);
    setFolded(next);
    select(node);
  };
  const frame = () => {
    if (!selected) return;
    const margin = Math.max(selected.durationNs * 0.1, 50);
    setView({
      fromNs: Math.max(0, selected.startNs - margin),
      toNs: Math.min(model.durationNs, selected.startNs + selected.durationNs + margin),
    });
  };
  const longest = () => {
    const node = model.nodes.reduce<SpanNode | undefined>(
      (best, candidate) => (!best || candidate.selfNs > best.selfNs ? candidate : best),
      undefined,
    );
    if (node) reveal(node);
  };
  const left = () => {
    if (!selected) return;
    if (selected.children.length > 0 && !folded.has(selected.span.spanId)) fold(selected, true, false);
    else select(model.nodes.find((node) => node.span.spanId === selected.span.parentSpanId) ?? selected);
  };
  const right = () => {
    if (!selected) return;
    if (folded.has(selected.span.spanId)) fold(selected, false, false);
    else if (selected.children.length > 0) move(1);
  };
  const stepOut = () => {
    if (zoomed) setZoomed(null);
    else select(undefined);
  };
  const keys: Record<string, () => void> = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    ArrowLeft: left,
    ArrowRight: right,
  };
  useShortcuts('Trace', [
    { keys: 'j', label: 'Next span', run: () => move(1) },
    { keys: 'k', label: 'Previous span', run: () => move(-1) },
    { keys: 'ArrowLeft', label: 'Fold, or go to the parent', run: left },
    { keys: 'ArrowRight', label: 'Unfold', run: right },
    { keys: 'ArrowDown', label: 'Next span', run: () => move(1) },
    { keys: 'ArrowUp', label: 'Previous span', run: () => move(-1) },
    { keys: 'e', label: 'Next error', run: nextError },
    { keys: 'l', label: 'Longest self time', run: longest },
    { keys: 'f', label: 'Zoom to the span', run: frame },
    { keys: '/', label: 'Find spans', run: () => filterBox.current?.focus() },
    { keys: 'Escape', label: 'Zoom out, then close', run: stepOut },
  ]);
  const onKey = (key: string) => {
    const run = keys[key];
    run?.();
    return run !== undefined;
  };
  const matches = useCallback((row: TraceRow) => filter === '' || matchText(filter, searchText(row)), [filter]);
  const openLog = ({ log }: Extract<TraceRow, { kind: 'log' }>) => {
    const range = rangeAround(model);
    goTo({ to: '/logs', search: { query: filterClause('trace', detail.traceId), range, row: printRowRef(log) } }).catch(
      reportNavigation,
    );
  };
  const filterTraces = (clause: string, mode: 'only' | 'exclude') => {
    goTo({ to: '/traces', search: { query: withClause('', clause, mode) } }).catch(reportNavigation);
  };
  const panel = selected && (
    <SpanDetail
      node={selected}
      model={model}
      onClose={() => select(undefined)}
      onFilter={filterTraces}
      onSelect={(spanId) => {
        const node = model.nodes.find((entry) => entry.span.spanId === spanId);
        if (node) reveal(node);
      }}
    />
  );
  return (
    <Page>
      <TraceHeader detail={detail} model={model} />
      {(model.orphans > 0 || detail.truncated) && (
        <div
          role="note"
          className="flex items-center gap-2 border-b border-line bg-amber-soft px-4 py-1.5 text-sm text-amber"
        >
          <Unlink size={14} aria-hidden="true" className="shrink-0" />
          {detail.truncated ? 'The trace has more spans than are shown: the first 10,000 are here. ' : ''}
          {model.orphans > 0 &&
            `${plural(model.missingParents, 'parent span')} missing, so ${plural(model.orphans, 'span')} stand${model.orphans === 1 ? 's' : ''} apart: not sampled, still on the way, or lost by the sender.`}
          <button
            type="button"
            onClick={onReload}
            className="ml-auto shrink-0 rounded-sm font-medium underline underline-offset-2"
          >
            Look again
          </button>
        </div>
      )}
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col bg-surface">
          <Minimap model={model} view={view} onView={setView} />
          <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
            <label className="flex min-w-0 flex-1 items-center gap-2 rounded-sm px-1 text-faint focus-within:outline-2 focus-within:outline-accent">
              <Search size={14} aria-hidden="true" className="shrink-0" />
              <input
                ref={filterBox}
                type="search"
                aria-label="Find spans and log records"
                placeholder="Find spans and log records"
                value={filter}
                onChange={(event) => change({ find: event.target.value || undefined })}
                className="h-[26px] min-w-0 flex-1 bg-transparent text-sm text-text outline-none"
              />
            </label>
            <HiddenNote text={filter} />
            <Button tone="quiet" aria-pressed={withLogs} icon={ScrollText} onClick={() => setWithLogs(!withLogs)}>
              <span className="num">{plural(detail.logs.length, 'record')}</span>
            </Button>
            <span className="max-sm:hidden">
              <StatsLine stats={detail.stats} />
            </span>
          </div>
          <div className="min-h-0 flex-1">
            <Waterfall
              model={model}
              rows={rows}
              view={view}
              onView={setView}
              folded={folded}
              onFold={fold}
              selectedId={search.span}
              onSelect={select}
              onLog={openLog}
              matches={matches}
              onKey={onKey}
            />
          </div>
        </div>
        {panel && !narrow && (
          <aside className="w-[min(460px,42%)] shrink-0 border-l border-line bg-surface">{panel}</aside>
        )}
      </div>
      {panel && narrow && (
        <Dialog open onClose={() => select(undefined)} title="Span" bare placement="panel" width="100vw">
          {panel}
        </Dialog>
      )}
    </Page>
  );
}

function searchText(row: TraceRow): string {
  if (row.kind === 'log') return `${row.log.body} ${row.log.eventName}`;
  const { span } = row.node;
  return `${span.name} ${span.service} ${span.statusMessage} ${span.attributes.map(({ key, value }) => `${key}=${valueText(value)}`).join(' ')}`;
}
