/** The log explorer. */
import type { LogView } from '@breakwater/server/api-types';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ListFilter, Radio, ScrollText } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { isQueryFault, useLastGood } from '../../api/last-good.ts';
import { facetsQuery, logHistogramQuery, logQuery, logsQuery } from '../../api/queries.ts';
import { useCancel } from '../../api/use-cancel.ts';
import { setPreferences, usePreferences } from '../../app/preferences.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { TimePicker } from '../../app/time-picker.tsx';
import { reportNavigation, useRange } from '../../app/use-range.ts';
import { QueryBar } from '../../query/query-bar.tsx';
import { withClause } from '../../query/query-text.ts';
import { useFields } from '../../query/use-fields.ts';
import { formatCount, plural } from '../../time/format.ts';
import { zoomOut } from '../../time/range.ts';
import { Button } from '../../ui/button.tsx';
import { HistogramPanel } from '../../ui/histogram-panel.tsx';
import { Dialog } from '../../ui/overlay.tsx';
import { Page, PageHeader } from '../../ui/page.tsx';
import { CancelledRead, SlowRead } from '../../ui/slow-read.tsx';
import { EmptyState, ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { StatsLine } from '../../ui/stats-line.tsx';
import { useNarrow } from '../../ui/use-narrow.ts';
import { UserText } from '../../ui/user-text.tsx';
import { NothingYet } from '../start/nothing-yet.tsx';
import { ColumnPicker } from './column-picker.tsx';
import { columnText, parseColumns, printColumns } from './columns.ts';
import { Facets } from './facets.tsx';
import { LiveBanner } from './live-banner.tsx';
import { LogDetail } from './log-detail.tsx';
import { LogRows } from './log-rows.tsx';
import { parseRowRef, printRowRef } from './row-ref.ts';
import { useLiveTail } from './use-live-tail.ts';

const route = getRouteApi('/shell/logs');
const BUCKETS = 60;
const READS = ['/logs', '/logs/histogram', '/logs/facets'];
/** Scrolling further down than this means reading. */
const READING_PX = 16;
const DAY_MS = 86_400_000;

export function LogsScreen() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = search.query ?? '';
  const live = search.live === '1';
  const columns = useMemo(() => parseColumns(search.cols), [search.cols]);
  const narrow = useNarrow();
  const { facetsHidden } = usePreferences();
  const [facetsOpen, setFacetsOpen] = useState(false);
  const [reading, setReading] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const openRef = parseRowRef(search.row);

  const change = useCallback(
    (next: Partial<typeof search>, replace = false) =>
      void navigate({ search: (before) => ({ ...before, ...next }), replace }).catch(reportNavigation),
    [navigate],
  );
  const setQuery = useCallback(
    (next: string) => {
      scroller.current?.scrollTo({ top: 0 });
      change({ query: next || undefined, row: undefined });
    },
    [change],
  );

  // Rows stay where they are while somebody reads; the chart and the filters move on.
  const held = useRange(reading || openRef !== undefined || live);
  const moving = useRange();
  const subject = `${query} ${moving.text}`;
  const cancel = useCancel(subject, READS);
  const enabled = !cancel.cancelled;
  const pages = useInfiniteQuery({ ...logsQuery(query, held.window), enabled });
  const histogramRead = useQuery({ ...logHistogramQuery(query, moving.window, BUCKETS), enabled });
  const facetsRead = useQuery({ ...facetsQuery(query, moving.window), enabled });
  const rowsShown = useLastGood(pages, subject);
  const histogram = useLastGood(histogramRead, subject);
  const facets = useLastGood(facetsRead, subject);
  const readRows = useMemo(() => rowsShown.data?.pages.flatMap((page) => page.rows) ?? [], [rowsShown.data]);

  const tail = useLiveTail(live, query);
  const { seed } = tail;
  const connected = tail.state !== 'off';
  useEffect(() => {
    if (live && connected && readRows.length > 0) seed(readRows);
  }, [live, connected, readRows, seed]);
  const rows = live ? tail.rows : readRows;

  const openIndex = openRef ? rows.findIndex((row) => row.id === openRef.id) : -1;
  const lookup = useQuery({
    ...logQuery(openRef?.id ?? '', openRef?.window ?? held.window),
    enabled: openRef !== undefined && openIndex < 0,
  });
  const openRow = rows[openIndex] ?? lookup.data ?? undefined;
  const [cursorId, setCursorId] = useState<string>();
  const cursor = rows.findIndex((row) => row.id === (openRef?.id ?? cursorId));

  const { pause, resume } = tail;
  const open = (row: LogView | undefined) => {
    if (!row) return;
    if (live) pause();
    setCursorId(row.id);
    change({ row: printRowRef(row) }, openRef !== undefined);
  };
  const close = () => change({ row: undefined, tab: undefined });
  const move = (step: number) => {
    if (rows.length === 0) return;
    const next = rows[Math.max(0, Math.min(cursor + step, rows.length - 1))];
    if (openRef) open(next);
    else if (next) {
      if (live) pause();
      setCursorId(next.id);
    }
  };
  const onScroll = (top: number) => {
    setReading(top > READING_PX);
    if (live && top > READING_PX && !tail.paused) pause();
  };
  const goLive = () => {
    resume();
    setCursorId(undefined);
    if (openRef) close();
    scroller.current?.scrollTo({ top: 0 });
  };
  const toggleLive = () => change({ live: live ? undefined : '1', row: undefined });
  const filter = (clause: string, mode: 'only' | 'exclude') => setQuery(withClause(query, clause, mode));
  const addColumn = (key: string) => change({ cols: printColumns([...new Set([...columns, key])]) });

  useShortcuts('Logs', [
    { keys: 'j', label: 'Next row', run: () => move(1) },
    { keys: 'k', label: 'Previous row', run: () => move(-1) },
    { keys: 'Enter', label: 'Open the row', run: () => open(rows[Math.max(0, cursor)]) },
    { keys: 'Escape', label: 'Close the row', run: () => (openRef ? close() : setCursorId(undefined)) },
    { keys: '[', label: 'Newer record', run: () => move(-1) },
    { keys: ']', label: 'Older record', run: () => move(1) },
    { keys: 'L', label: 'Live on or off', run: toggleLive },
  ]);
  const onKey = (key: string) => {
    if (key === 'ArrowDown' || key === 'ArrowUp') move(key === 'ArrowDown' ? 1 : -1);
    else if (key === 'Enter') open(rows[Math.max(0, cursor)]);
    else return false;
    return true;
  };

  const fields = useFields('logs');
  const valuesOf = useCallback(
    (field: string) => {
      const facet = facets.data?.facets.find(({ key }) => key === field);
      if (facet) return facet.values;
      const seen = new Set(readRows.map((row) => columnText(row, field)));
      seen.delete('');
      return [...seen].slice(0, 100).map((value) => ({ value }));
    },
    [facets.data, readRows],
  );
  const queryError = [pages.error, histogramRead.error].find(isQueryFault) ?? null;
  const facetPanel = (
    <Facets
      facets={{ ...facets, loading: facets.loading && enabled, error: queryError ? null : facets.error }}
      query={query}
      onQuery={setQuery}
      onRetry={() => void facetsRead.refetch()}
    />
  );
  const withDate = held.window.toMs - held.window.fromMs > DAY_MS / 2 || Date.now() - held.window.fromMs > DAY_MS;

  const footer = live ? null : pages.hasNextPage && !rowsShown.stale ? (
    <Button onClick={() => void pages.fetchNextPage()} disabled={pages.isFetchingNextPage}>
      {pages.isFetchingNextPage ? 'Loading…' : 'Load older'}
    </Button>
  ) : rows.length > 0 ? (
    <span className="text-xs text-faint">That is all in this range.</span>
  ) : null;

  const detail = openRef && (
    <DetailPane
      row={openRow}
      pending={lookup.isPending}
      error={lookup.error}
      onRetry={() => void lookup.refetch()}
      onClose={close}
      render={(row) => (
        <LogDetail
          row={row}
          tab={search.tab ?? 'overview'}
          onTab={(tab) => change({ tab: tab === 'overview' ? undefined : tab }, true)}
          onClose={close}
          onPrevious={openIndex > 0 ? () => move(-1) : undefined}
          onNext={openIndex >= 0 && openIndex < rows.length - 1 ? () => move(1) : undefined}
          onFilter={filter}
          onColumn={addColumn}
          onOpen={open}
        />
      )}
    />
  );

  return (
    <Page>
      <PageHeader title="Logs">
        <Button icon={Radio} aria-pressed={live} onClick={toggleLive} title="Follow new records (L)">
          Live
        </Button>
        <TimePicker />
      </PageHeader>
      <div className="flex items-start gap-2 border-b border-line bg-surface px-4 py-2 max-md:px-3">
        <Button
          icon={ListFilter}
          tone="quiet"
          aria-label="Filters"
          aria-pressed={narrow ? facetsOpen : !facetsHidden}
          title="Filters"
          onClick={() => (narrow ? setFacetsOpen(true) : setPreferences({ facetsHidden: !facetsHidden }))}
        />
        <QueryBar
          value={query}
          onRun={setQuery}
          error={queryError}
          fields={fields}
          valuesOf={valuesOf}
          label="Log query"
          placeholder='level:>=warn service:payments "timed out"'
        />
        <ColumnPicker
          columns={columns}
          fields={fields}
          onChange={(next) => change({ cols: printColumns(next) }, true)}
        />
      </div>
      <div className="flex min-h-0 flex-1">
        {!narrow && !facetsHidden && (
          <aside aria-label="Filters" className="w-[212px] shrink-0 overflow-auto border-r border-line bg-sunken">
            {facetPanel}
          </aside>
        )}
        <div className="flex min-w-0 flex-1 flex-col bg-surface">
          <HistogramPanel
            label="Log records over time by level"
            histogram={{ ...histogram, loading: histogram.loading && enabled }}
            range={moving}
            faulty={queryError !== null}
          >
            <StatsLine stats={rowsShown.data?.pages.at(-1)?.stats}>
              {histogram.data &&
                `${plural(histogram.data.total, 'record')}${partText(live ? 0 : readRows.length, histogram.data.total)}`}
            </StatsLine>
          </HistogramPanel>
          {live && <LiveBanner tail={tail} onResume={goLive} />}
          {rowsShown.error && rowsShown.data && !queryError && (
            <ErrorStrip error={rowsShown.error} what="Log records" onRetry={() => void pages.refetch()} />
          )}
          <div className="min-h-0 flex-1">
            {rows.length > 0 ? (
              <LogRows
                rows={rows}
                columns={columns}
                cursor={cursor}
                openId={openRef?.id}
                onOpen={open}
                onKey={onKey}
                footer={footer}
                withDate={withDate}
                scroller={scroller}
                dimmed={queryError !== null}
                onScroll={onScroll}
              />
            ) : live ? null : rowsShown.loading ? (
              cancel.cancelled ? (
                <CancelledRead cancel={cancel} />
              ) : (
                <SlowRead rows={18} label="Loading log records" onCancel={cancel.cancel} />
              )
            ) : rowsShown.error && !rowsShown.data ? (
              <ErrorState error={rowsShown.error} onRetry={queryError ? undefined : () => void pages.refetch()} />
            ) : query ? (
              <EmptyState
                icon={ScrollText}
                title="No record matches"
                action={
                  <>
                    <Button onClick={() => setQuery('')}>Clear the query</Button>
                    <Button onClick={() => moving.setRange(zoomOut(moving.range, Date.now()))}>
                      Look further back
                    </Button>
                  </>
                }
              >
                Nothing in this time range matches{' '}
                <code className="font-mono text-xs">
                  <UserText>{query}</UserText>
                </code>
                .
              </EmptyState>
            ) : (
              <NothingYet
                icon={ScrollText}
                title="No log records in this time range"
                onWiden={() => moving.setRange(zoomOut(moving.range, Date.now()))}
              />
            )}
          </div>
        </div>
        {detail && !narrow && (
          <aside className="w-[min(500px,46%)] shrink-0 border-l border-line bg-surface">{detail}</aside>
        )}
      </div>
      {detail && narrow && (
        <Dialog open onClose={close} title="Log record" bare placement="panel" width="100vw">
          {detail}
        </Dialog>
      )}
      {narrow && (
        <Dialog open={facetsOpen} onClose={() => setFacetsOpen(false)} title="Filters" placement="panel" width="18rem">
          <div className="overflow-auto">{facetPanel}</div>
        </Dialog>
      )}
    </Page>
  );
}

/** Says that the list does not hold all. */
function partText(shown: number, total: number): string {
  return shown > 0 && shown < total ? `, showing the newest ${formatCount(shown)}` : '';
}

interface DetailPaneProps {
  row: LogView | undefined;
  pending: boolean;
  error: Error | null;
  onRetry: () => void;
  onClose: () => void;
  render: (row: LogView) => React.ReactNode;
}

function DetailPane({ row, pending, error, onRetry, onClose, render }: DetailPaneProps) {
  if (row) return render(row);
  if (error) return <ErrorState error={error} onRetry={onRetry} />;
  if (pending) return <SkeletonRows label="Loading the record" />;
  return (
    <EmptyState
      icon={ScrollText}
      title="This record is no longer stored"
      action={<Button onClick={onClose}>Close</Button>}
    >
      It may have passed its retention, or the link is not complete.
    </EmptyState>
  );
}
