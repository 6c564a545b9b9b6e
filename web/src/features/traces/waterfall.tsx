/** The spans of a trace as bars over time, its log records as thin rows between them. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type MouseEvent, useEffect, useRef } from 'react';
import { formatLatency } from '../../time/format.ts';
import { useNarrow } from '../../ui/use-narrow.ts';
import { rulerTicks, type SpanNode, type TraceModel, type TraceRow, type View, zoomView } from './trace-model.ts';
import { LogRow, SpanRow } from './waterfall-rows.tsx';

export interface WaterfallProps {
  model: TraceModel;
  rows: readonly TraceRow[];
  view: View;
  onView: (view: View) => void;
  folded: ReadonlySet<string>;
  onFold: (node: SpanNode, fold: boolean, deep: boolean) => void;
  selectedId: string | undefined;
  onSelect: (node: SpanNode) => void;
  onLog: (row: Extract<TraceRow, { kind: 'log' }>) => void;
  /** False: the row is dimmed. */
  matches: (row: TraceRow) => boolean;
  onKey: (key: string) => boolean;
}

const SPAN_PX = 27;
const LOG_PX = 19;
const RULER_PX = 26;

export function Waterfall(props: WaterfallProps) {
  const { rows, view, onView, model, selectedId, onSelect, onLog, onFold, onKey } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === 'log' ? LOG_PX : SPAN_PX),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 20,
    scrollMargin: RULER_PX,
    scrollPaddingStart: RULER_PX,
  });
  const selectedIndex = rows.findIndex((row) => row.kind === 'span' && row.node.span.spanId === selectedId);
  useEffect(() => {
    if (selectedIndex >= 0) virtual.scrollToIndex(selectedIndex, { align: 'auto' });
  }, [selectedIndex, virtual]);

  const nameWidth = narrow ? '46%' : 'clamp(240px, 36%, 460px)';
  const template = `${nameWidth} 1fr`;
  // React listens for the wheel passively: preventing the page's zoom needs a listener of our own.
  const zoom = useRef({ view, onView, durationNs: model.durationNs });
  zoom.current = { view, onView, durationNs: model.durationNs };
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const track = element.querySelector('[data-track]')?.getBoundingClientRect();
      if (!track) return;
      const { view: now, onView: change, durationNs } = zoom.current;
      const share = Math.max(0, Math.min(1, (event.clientX - track.left) / track.width));
      change(zoomView(now, event.deltaY > 0 ? 1.25 : 0.8, now.fromNs + share * (now.toNs - now.fromNs), durationNs));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);

  const onClick = (event: MouseEvent) => {
    const element = event.target instanceof Element ? event.target : null;
    const row = rows[Number(element?.closest('[data-index]')?.getAttribute('data-index') ?? -1)];
    if (!row) return;
    if (row.kind === 'log') onLog(row);
    else if (element?.closest('[data-fold]')) onFold(row.node, !props.folded.has(row.node.span.spanId), event.altKey);
    else onSelect(row.node);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.ctrlKey && !event.metaKey && onKey(event.key)) event.preventDefault();
  };
  return (
    <div ref={scroller} className="h-full overflow-x-hidden overflow-y-auto">
      <Ruler view={view} template={template} narrow={narrow} />
      <div
        role="tree"
        aria-label="Spans"
        tabIndex={0}
        aria-activedescendant={selectedId ? `span-${selectedId}` : undefined}
        onClick={onClick}
        onKeyDown={onKeyDown}
        className="relative outline-none focus-visible:outline-2 focus-visible:-outline-offset-2"
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map(({ index, key, start, size }) => {
          const row = rows[index];
          if (!row) return null;
          const style = { transform: `translateY(${start - RULER_PX}px)`, height: size, gridTemplateColumns: template };
          const dim = !props.matches(row);
          return row.kind === 'span' ? (
            <SpanRow
              key={key}
              index={index}
              node={row.node}
              view={view}
              style={style}
              dim={dim}
              folded={props.folded.has(row.node.span.spanId)}
              selected={row.node.span.spanId === selectedId}
              startUnixNano={model.startUnixNano}
              narrow={narrow}
            />
          ) : (
            <LogRow key={key} index={index} row={row} view={view} style={style} dim={dim} />
          );
        })}
      </div>
    </div>
  );
}

function Ruler({ view, template, narrow }: { view: View; template: string; narrow: boolean }) {
  const ticks = rulerTicks(view, narrow ? 2 : 6);
  return (
    <div
      className="sticky top-0 z-10 grid h-[26px] border-b border-line bg-sunken text-xs text-faint"
      style={{ gridTemplateColumns: template }}
    >
      <span className="self-center pl-3 font-medium">Span</span>
      <span data-track className="num relative mr-3 border-l border-line">
        {ticks.map((tick) => (
          <span
            key={tick}
            className="absolute top-0 h-full border-l border-line pt-1 pl-1 whitespace-nowrap"
            style={{ left: `${((tick - view.fromNs) / (view.toNs - view.fromNs)) * 100}%` }}
          >
            {tick === 0 ? '0' : formatLatency(tick)}
          </span>
        ))}
      </span>
    </div>
  );
}
