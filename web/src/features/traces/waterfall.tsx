/** The spans of a trace as bars over time, its log records as thin rows between them. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight, CircleAlert, Unlink } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, useEffect, useRef } from 'react';
import { formatLatency, nanoToMs } from '../../time/format.ts';
import { cx } from '../../ui/class.ts';
import { serviceColor } from '../../ui/color.ts';
import { useNarrow } from '../../ui/use-narrow.ts';
import {
  placeIn,
  rulerTicks,
  type SpanNode,
  type TraceModel,
  type TraceRow,
  type View,
  zoomView,
} from './trace-model.ts';

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
const INDENT_PX = 13;
const MAX_INDENT = 22;
/** More parts than this are not told apart on a screen. */
const MAX_PARTS = 40;

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

interface RowFrame {
  index: number;
  view: View;
  style: React.CSSProperties;
  dim: boolean;
}

function SpanRow({
  index,
  node,
  view,
  style,
  dim,
  folded,
  selected,
  startUnixNano,
  narrow,
}: RowFrame & { node: SpanNode; folded: boolean; selected: boolean; startUnixNano: bigint; narrow: boolean }) {
  const { span, startNs, durationNs } = node;
  const failed = span.status === 'error';
  const color = serviceColor(span.service);
  const place = placeIn(view, startNs, startNs + durationNs);
  const Chevron = folded ? ChevronRight : ChevronDown;
  return (
    <div
      id={`span-${span.spanId}`}
      data-index={index}
      role="treeitem"
      tabIndex={-1}
      aria-level={node.depth + 1}
      aria-selected={selected}
      aria-expanded={node.children.length > 0 ? !folded : undefined}
      className={cx(
        'absolute inset-x-0 top-0 grid cursor-pointer items-center border-b border-line',
        selected ? 'bg-accent-soft' : failed ? 'bg-red-soft/40 hover:bg-red-soft' : 'hover:bg-hover',
        dim && 'opacity-30',
      )}
      style={style}
    >
      <span
        className="flex h-full min-w-0 items-center gap-1.5 pr-2"
        style={{ paddingLeft: 6 + Math.min(node.depth, MAX_INDENT) * (narrow ? 7 : INDENT_PX) }}
      >
        {node.children.length > 0 ? (
          <span
            data-fold
            className="flex size-[18px] shrink-0 items-center justify-center rounded-sm text-faint hover:bg-active"
            title={folded ? 'Unfold (→)' : 'Fold (←); Alt: the children'}
          >
            <Chevron size={13} aria-hidden="true" />
          </span>
        ) : (
          <span className="w-[18px] shrink-0" />
        )}
        <span className="h-[15px] w-[3px] shrink-0 rounded-full" style={{ background: color }} />
        {failed && <CircleAlert size={13} aria-label="Error" className="shrink-0 text-red" />}
        {node.orphan && <Unlink size={12} aria-label="Its parent is missing" className="shrink-0 text-amber" />}
        <span className={cx('truncate text-sm', failed && 'text-red')}>{span.name}</span>
        {!narrow && <span className="min-w-0 shrink-[4] truncate text-xs text-faint">{span.service}</span>}
        {folded && (
          <span
            className={cx(
              'num ml-auto shrink-0 rounded-full bg-active px-1.5 text-2xs',
              node.errorsBelow > 0 ? 'text-red' : 'text-muted',
            )}
            title={`${node.descendants} spans below, ${node.errorsBelow} failed`}
          >
            +{node.descendants}
          </span>
        )}
      </span>
      <span className="relative mr-3 block h-full border-l border-line">
        {place && (
          <>
            <span
              className="absolute top-[7px] h-[13px] rounded-[2px] opacity-35"
              style={{
                left: `${place.left}%`,
                width: `${place.width}%`,
                background: failed ? 'var(--sev-error)' : color,
              }}
            />
            {node.selfParts.slice(0, MAX_PARTS).map((part) => {
              const self = placeIn(view, part.fromNs, part.toNs);
              return (
                self && (
                  <span
                    key={part.fromNs}
                    className="absolute top-[7px] h-[13px] rounded-[2px]"
                    style={{
                      left: `${self.left}%`,
                      width: `${self.width}%`,
                      background: failed ? 'var(--sev-error)' : color,
                    }}
                  />
                )
              );
            })}
            <DurationLabel place={place} text={formatLatency(durationNs)} roomPercent={narrow ? 30 : 14} />
          </>
        )}
        {span.events.map((event, eventIndex) => {
          const atNs = Number(BigInt(event.timeUnixNano) - startUnixNano);
          const at = placeIn(view, atNs, atNs);
          return (
            at && (
              <span
                // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity
                key={eventIndex}
                title={`${event.name} at ${formatLatency(atNs)}`}
                className={cx(
                  'absolute top-[10px] size-[7px] -translate-x-1/2 rounded-full border border-surface',
                  event.name === 'exception' ? 'bg-red' : 'bg-text',
                )}
                style={{ left: `${at.left}%` }}
              />
            )
          );
        })}
      </span>
    </div>
  );
}

/** To the right of the bar where there is room, else to its left, else on it. */
function DurationLabel({
  place,
  text,
  roomPercent,
}: {
  place: { left: number; width: number };
  text: string;
  roomPercent: number;
}) {
  const right = place.left + place.width;
  const side = right < 100 - roomPercent ? 'right' : place.left > roomPercent ? 'left' : 'on';
  const style =
    side === 'right'
      ? { left: `calc(${right}% + 5px)` }
      : side === 'left'
        ? { right: `calc(${100 - place.left}% + 5px)` }
        : { left: `calc(${place.left}% + 5px)` };
  return (
    <span
      className={cx(
        'num absolute top-[5px] text-2xs leading-[17px] whitespace-nowrap',
        side === 'on' ? 'rounded-sm bg-surface/80 px-1 font-medium text-text' : 'text-muted',
      )}
      style={style}
    >
      {text}
    </span>
  );
}

function LogRow({ index, row, view, style, dim }: RowFrame & { row: Extract<TraceRow, { kind: 'log' }> }) {
  const { log, atNs } = row;
  const at = placeIn(view, atNs, atNs);
  return (
    <div
      data-index={index}
      role="treeitem"
      tabIndex={-1}
      aria-level={row.depth + 1}
      aria-selected="false"
      className={cx('absolute inset-x-0 top-0 grid cursor-pointer items-center hover:bg-hover', dim && 'opacity-30')}
      style={style}
      title={new Date(nanoToMs(log.timeUnixNano)).toISOString()}
    >
      <span
        className="flex min-w-0 items-center gap-1.5 pr-2 font-mono text-2xs text-muted"
        style={{ paddingLeft: 30 + Math.min(row.depth, MAX_INDENT) * INDENT_PX }}
      >
        <span className="size-[5px] shrink-0 rounded-full" style={{ background: `var(--sev-${log.severity})` }} />
        <span className="truncate">{log.body || log.eventName}</span>
      </span>
      <span className="relative mr-3 block h-full border-l border-line">
        {at && (
          <span
            className="absolute top-[3px] h-[13px] w-[2px] rounded-full"
            style={{ left: `${at.left}%`, background: `var(--sev-${log.severity})` }}
          />
        )}
      </span>
    </div>
  );
}
