/** One row of the waterfall: a span with its bar, or a log record with its mark. */
import { ChevronDown, ChevronRight, CircleAlert, Unlink } from 'lucide-react';
import { visibleText } from '../../text/hidden-characters.ts';
import { formatLatency, nanoToMs } from '../../time/format.ts';
import { cx } from '../../ui/class.ts';
import { serviceColor } from '../../ui/color.ts';
import { UserText } from '../../ui/user-text.tsx';
import { placeIn, type SpanNode, type TraceRow, type View } from './trace-model.ts';

const INDENT_PX = 13;
const MAX_INDENT = 22;
/** More parts than this are not told apart on a screen. */
const MAX_PARTS = 40;

interface RowFrame {
  index: number;
  view: View;
  style: React.CSSProperties;
  dim: boolean;
}

export function SpanRow({
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
        <span className={cx('truncate text-sm', failed && 'text-red')}>
          <UserText>{span.name}</UserText>
        </span>
        {!narrow && (
          <span className="min-w-0 shrink-[4] truncate text-xs text-muted">
            <UserText>{span.service}</UserText>
          </span>
        )}
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
                title={`${visibleText(event.name)} at ${formatLatency(atNs)}`}
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

export function LogRow({ index, row, view, style, dim }: RowFrame & { row: Extract<TraceRow, { kind: 'log' }> }) {
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
        <span className="truncate">
          <UserText>{log.body || log.eventName}</UserText>
        </span>
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
