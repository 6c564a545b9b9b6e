/** The virtual list of log records, newest first. */
import type { LogView } from '@breakwater/server/api-types';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type MouseEvent, type ReactNode, type RefObject, useEffect, useRef } from 'react';
import { visibleText } from '../../text/hidden-characters.ts';
import { useNow, useZone } from '../../time/clock.ts';
import { formatClock, formatDateTime, nanoToMs, type Zone, zoneName } from '../../time/format.ts';
import { Level, ServiceName } from '../../ui/badge.tsx';
import { cx } from '../../ui/class.ts';
import { useNarrow } from '../../ui/use-narrow.ts';
import { UserText } from '../../ui/user-text.tsx';
import { columnText, columnWidth } from './columns.ts';

export interface LogRowsProps {
  rows: readonly LogView[];
  columns: readonly string[];
  /** Index of the row that the keyboard is on; -1 for none. */
  cursor: number;
  openId: string | undefined;
  onOpen: (row: LogView, index: number) => void;
  onKey?: (key: string) => boolean;
  /** Shown behind the last row. */
  footer: ReactNode;
  /** Times need a date. */
  withDate: boolean;
  scroller: RefObject<HTMLDivElement | null>;
  onScroll?: (top: number) => void;
  dimmed?: boolean;
}

const ROW_PX = 26;
const NARROW_ROW_PX = 46;
const FOOTER_PX = 56;
/** The line of column names, which stays on top. */
const HEADER_PX = 26;

export function LogRows(props: LogRowsProps) {
  const { rows, columns, cursor, openId, onOpen, onKey, footer, withDate, scroller, onScroll, dimmed } = props;
  const zone = useZone();
  const now = useNow();
  const narrow = useNarrow();
  const rowPx = narrow ? NARROW_ROW_PX : ROW_PX;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 16,
    scrollMargin: narrow ? 0 : HEADER_PX,
    scrollPaddingStart: narrow ? 0 : HEADER_PX,
    scrollPaddingEnd: 8,
  });
  const measured = useRef(rowPx);
  useEffect(() => {
    if (measured.current === rowPx) return;
    measured.current = rowPx;
    virtual.measure();
  }, [rowPx, virtual]);
  useEffect(() => {
    if (cursor >= 0) virtual.scrollToIndex(cursor, { align: 'auto' });
  }, [cursor, virtual]);

  const template = [
    withDate ? '152px' : '96px',
    '44px',
    ...columns.map((column) => `${columnWidth(column)}px`),
    'minmax(240px, 1fr)',
  ].join(' ');
  const minWidth = columns.reduce((sum, column) => sum + columnWidth(column) + 12, 420 + (withDate ? 58 : 0));
  const onClick = (event: MouseEvent) => {
    const element = event.target instanceof Element ? event.target.closest('[data-index]') : null;
    const index = Number(element?.getAttribute('data-index') ?? -1);
    const row = rows[index];
    // Selecting text in a row is not a click on it.
    if (row && !getSelection()?.toString()) onOpen(row, index);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (onKey?.(event.key)) event.preventDefault();
  };
  return (
    <div
      ref={scroller}
      className="h-full overflow-auto"
      onScroll={(event) => onScroll?.(event.currentTarget.scrollTop)}
    >
      {!narrow && (
        <div
          aria-hidden="true"
          className="sticky top-0 z-10 grid h-[26px] items-center gap-3 border-b border-line bg-sunken px-3 text-xs font-medium text-faint"
          style={{ gridTemplateColumns: template, minWidth }}
        >
          <span className="truncate" title={`Times in ${zoneName(now, zone)}`}>
            Time <span className="font-normal">{zoneName(now, zone)}</span>
          </span>
          <span>Level</span>
          {columns.map((column) => (
            <span key={column} className="truncate" title={visibleText(column)}>
              {column === 'service' ? 'Service' : <UserText>{column}</UserText>}
            </span>
          ))}
          <span>Message</span>
        </div>
      )}
      <div
        role="listbox"
        aria-label="Log records"
        tabIndex={0}
        aria-activedescendant={rows[cursor] ? `log-${rows[cursor].id}` : undefined}
        onClick={onClick}
        onKeyDown={onKeyDown}
        className={cx(
          'relative outline-none focus-visible:outline-2 focus-visible:-outline-offset-2',
          dimmed && 'opacity-60',
        )}
        style={{ height: virtual.getTotalSize(), minWidth: narrow ? undefined : minWidth }}
      >
        {virtual.getVirtualItems().map(({ index, start, size }) => {
          const row = rows[index];
          if (!row) return null;
          const shared = {
            row,
            index,
            start: start - (narrow ? 0 : HEADER_PX),
            size,
            zone,
            withDate,
            current: index === cursor,
            open: row.id === openId,
          };
          return narrow ? (
            <NarrowRow key={row.id} {...shared} />
          ) : (
            <WideRow key={row.id} {...shared} columns={columns} template={template} />
          );
        })}
      </div>
      <div className="flex items-center justify-center text-sm text-muted" style={{ minHeight: FOOTER_PX }}>
        {footer}
      </div>
    </div>
  );
}

interface RowProps {
  row: LogView;
  index: number;
  start: number;
  size: number;
  zone: Zone;
  withDate: boolean;
  current: boolean;
  open: boolean;
}

const ROW_CLASS = 'absolute inset-x-0 top-0 cursor-pointer border-l-[3px] border-b border-b-line';

function rowClass({ row, current, open }: RowProps): string {
  const failed = row.severity === 'error' || row.severity === 'fatal';
  return cx(
    ROW_CLASS,
    open ? 'bg-accent-soft' : current ? 'bg-active' : failed ? 'bg-red-soft/50 hover:bg-red-soft' : 'hover:bg-hover',
  );
}

const rowStyle = ({ row, start, size, current }: RowProps) => ({
  transform: `translateY(${start}px)`,
  height: size,
  borderLeftColor: `var(--sev-${row.severity})`,
  ...(current && { boxShadow: 'inset 0 0 0 1px var(--accent)' }),
});

function timeText(row: LogView, zone: Zone, withDate: boolean): string {
  const ms = nanoToMs(row.timeUnixNano);
  return withDate ? formatDateTime(ms, zone, 'milli') : formatClock(ms, zone);
}

function WideRow(props: RowProps & { columns: readonly string[]; template: string }) {
  const { row, index, columns, template, zone, withDate, open } = props;
  return (
    <div
      id={`log-${row.id}`}
      data-index={index}
      role="option"
      tabIndex={-1}
      aria-selected={open}
      className={cx(rowClass(props), 'grid items-center gap-3 pr-3 pl-[9px] font-mono text-xs')}
      style={{ ...rowStyle(props), gridTemplateColumns: template }}
    >
      <span className="num truncate text-muted">{timeText(row, zone, withDate)}</span>
      <Level severity={row.severity} />
      {columns.map((column) =>
        column === 'service' ? (
          <ServiceName key={column} service={row.service} className="font-sans text-xs" />
        ) : (
          <span key={column} className="truncate text-muted">
            <UserText>{columnText(row, column)}</UserText>
          </span>
        ),
      )}
      <span className="truncate">
        <UserText>{oneLine(row)}</UserText>
      </span>
    </div>
  );
}

function NarrowRow(props: RowProps) {
  const { row, index, zone, withDate, open } = props;
  return (
    <div
      id={`log-${row.id}`}
      data-index={index}
      role="option"
      tabIndex={-1}
      aria-selected={open}
      className={cx(rowClass(props), 'flex flex-col justify-center gap-0.5 px-2.5')}
      style={rowStyle(props)}
    >
      <span className="flex items-center gap-2 text-2xs text-muted">
        <span className="num font-mono">{timeText(row, zone, withDate)}</span>
        <ServiceName service={row.service} />
        <span className="ml-auto">
          <Level severity={row.severity} />
        </span>
      </span>
      <span className="truncate font-mono text-xs">
        <UserText>{oneLine(row)}</UserText>
      </span>
    </div>
  );
}

const LINE_CHARACTERS = 500;

function oneLine(row: LogView): string {
  const text = row.body || row.eventName;
  return text.slice(0, LINE_CHARACTERS).replace(/\s+/g, ' ');
}
