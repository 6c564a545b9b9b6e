/** Traces: how many and how they went, then the newest or slowest. */
import type { TraceSummary } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Activity, CircleAlert } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { isQueryFault, useLastGood } from '../../api/last-good.ts';
import { type TraceSort, traceHistogramQuery, tracesQuery } from '../../api/queries.ts';
import { useCancel } from '../../api/use-cancel.ts';
import { TimePicker } from '../../app/time-picker.tsx';
import { reportNavigation, useRange } from '../../app/use-range.ts';
import { QueryBar } from '../../query/query-bar.tsx';
import { useFields } from '../../query/use-fields.ts';
import { useNow, useZone } from '../../time/clock.ts';
import {
  formatClock,
  formatDateTime,
  formatLatency,
  formatShare,
  nanoToMs,
  plural,
  type Zone,
  zoneName,
} from '../../time/format.ts';
import { zoomOut } from '../../time/range.ts';
import { ServiceName } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/class.ts';
import { serviceColor } from '../../ui/color.ts';
import { HistogramPanel } from '../../ui/histogram-panel.tsx';
import { LinkTabs, Page, PageHeader } from '../../ui/page.tsx';
import { CancelledRead, SlowRead } from '../../ui/slow-read.tsx';
import { EmptyState, ErrorState, ErrorStrip } from '../../ui/states.tsx';
import { StatsLine } from '../../ui/stats-line.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { NothingYet } from '../start/nothing-yet.tsx';

const route = getRouteApi('/shell/traces');
const BUCKETS = 60;
const READS = ['/traces', '/traces/histogram'];
const SHOWN = 100;
const DAY_MS = 86_400_000;

export function TracesScreen() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = search.query ?? '';
  const sort: TraceSort = search.sort ?? 'recent';
  const state = useRange();
  const { window, range, text, setRange } = state;
  const zone = useZone();
  const setQuery = (next: string) =>
    void navigate({ search: (before) => ({ ...before, query: next || undefined }) }).catch(reportNavigation);

  const cancel = useCancel(`${query} ${sort} ${text}`, READS);
  const enabled = !cancel.cancelled;
  const tracesRead = useQuery({ ...tracesQuery(query, window, sort, SHOWN), enabled });
  const histogramRead = useQuery({ ...traceHistogramQuery(query, window, BUCKETS), enabled });
  const traces = useLastGood(tracesRead, `${query} ${sort} ${text}`);
  const histogram = useLastGood(histogramRead, `${query} ${text}`);
  const queryError = [tracesRead.error, histogramRead.error].find(isQueryFault) ?? null;
  const fields = useFields('spans');
  const list = traces.data?.traces ?? [];
  const valuesOf = useCallback((field: string) => knownValues(traces.data?.traces ?? [], field), [traces.data]);
  const errors = histogram.data?.series.find(({ name }) => name === 'error')?.counts.reduce((a, b) => a + b, 0) ?? 0;
  const total = histogram.data?.total ?? 0;
  const withDate = window.toMs - window.fromMs > DAY_MS / 2 || Date.now() - window.fromMs > DAY_MS;
  const widen = () => setRange(zoomOut(range, Date.now()));
  return (
    <Page>
      <PageHeader title="Traces">
        <TimePicker />
      </PageHeader>
      <div className="flex items-start gap-2 border-b border-line bg-surface px-4 py-2 max-md:flex-col max-md:px-3">
        <div className="w-full min-w-0 flex-1">
          <QueryBar
            value={query}
            onRun={setQuery}
            error={queryError}
            fields={fields}
            valuesOf={valuesOf}
            label="Span query"
            placeholder="service:gateway status:error duration:>500ms"
          />
        </div>
        <div className="h-[30px]">
          <LinkTabs
            label="Order"
            param="sort"
            current={sort}
            items={[
              { id: 'recent', label: 'Newest' },
              { id: 'slowest', label: 'Slowest' },
            ]}
          />
        </div>
      </div>
      <div className="flex min-h-0 flex-1 flex-col bg-surface">
        <HistogramPanel
          label="Spans over time by outcome"
          histogram={{ ...histogram, loading: histogram.loading && enabled }}
          range={state}
          faulty={queryError !== null}
        >
          <StatsLine stats={traces.data?.stats}>
            {histogram.data &&
              `${plural(total, 'span')}${errors > 0 ? `, ${formatShare(errors / total)} failed` : ''}${list.length > 0 ? `, showing ${plural(list.length, 'trace')}` : ''}`}
          </StatsLine>
        </HistogramPanel>
        {traces.error && traces.data && !queryError && (
          <ErrorStrip error={traces.error} what="Traces" onRetry={() => void tracesRead.refetch()} />
        )}
        <div className={cx('min-h-0 flex-1 overflow-auto', queryError && list.length > 0 && 'opacity-50')}>
          {list.length > 0 ? (
            <TraceTable traces={list} zone={zone} withDate={withDate} />
          ) : traces.loading ? (
            cancel.cancelled ? (
              <CancelledRead cancel={cancel} />
            ) : (
              <SlowRead rows={18} label="Loading traces" onCancel={cancel.cancel} />
            )
          ) : traces.error && !traces.data ? (
            <ErrorState error={traces.error} onRetry={queryError ? undefined : () => void tracesRead.refetch()} />
          ) : query ? (
            <EmptyState
              icon={Activity}
              title="No trace matches"
              action={
                <>
                  <Button onClick={() => setQuery('')}>Clear the query</Button>
                  <Button onClick={widen}>Look further back</Button>
                </>
              }
            >
              No span in this time range matches{' '}
              <code className="font-mono text-xs">
                <UserText>{query}</UserText>
              </code>
              .
            </EmptyState>
          ) : (
            <NothingYet icon={Activity} title="No traces in this time range" onWiden={widen} />
          )}
        </div>
      </div>
    </Page>
  );
}

function TraceTable({ traces, zone, withDate }: { traces: readonly TraceSummary[]; zone: Zone; withDate: boolean }) {
  const now = useNow();
  const longest = useMemo(() => Math.max(1, ...traces.map(({ durationNanos }) => Number(durationNanos))), [traces]);
  return (
    <table className="w-full table-fixed text-sm">
      <thead className="sticky top-0 z-10 bg-sunken text-left text-xs text-faint">
        <tr className="h-[26px] [&>th]:border-b [&>th]:border-line [&>th]:px-3 [&>th]:font-medium">
          <th className={withDate ? 'w-44' : 'w-32'} title={`Times in ${zoneName(now, zone)}`}>
            Start <span className="font-normal max-md:hidden">{zoneName(now, zone)}</span>
          </th>
          <th>Root</th>
          <th className="w-56 max-md:w-24">Duration</th>
          <th className="w-20 text-right max-md:hidden">Spans</th>
          <th className="w-24 max-md:hidden">Errors</th>
          <th className="w-56 max-lg:hidden">Services</th>
        </tr>
      </thead>
      <tbody>
        {traces.map((trace) => (
          <TraceLine
            key={trace.traceId}
            trace={trace}
            share={Number(trace.durationNanos) / longest}
            zone={zone}
            withDate={withDate}
          />
        ))}
      </tbody>
    </table>
  );
}

function TraceLine({
  trace,
  share,
  zone,
  withDate,
}: {
  trace: TraceSummary;
  share: number;
  zone: Zone;
  withDate: boolean;
}) {
  const ms = nanoToMs(trace.startTimeUnixNano);
  const rootService = trace.rootService || (trace.services[0] ?? '');
  return (
    <tr className="relative h-[30px] border-b border-line hover:bg-hover [&>td]:px-3">
      <td className="num truncate font-mono text-xs text-muted">
        {withDate ? formatDateTime(ms, zone, 'milli') : formatClock(ms, zone)}
      </td>
      <td className="max-w-0">
        <Link
          to="/traces/$traceId"
          params={{ traceId: trace.traceId }}
          className="flex min-w-0 items-center gap-2 outline-offset-[-2px] after:absolute after:inset-0"
        >
          <ServiceName service={rootService} className="max-w-[45%]! shrink-0 text-xs text-muted max-md:hidden" />
          {trace.rootService ? (
            <span className="truncate font-medium">
              <UserText>{trace.rootName}</UserText>
            </span>
          ) : (
            <span className="truncate text-faint">root span not received yet</span>
          )}
          {trace.errorCount > 0 && (
            <CircleAlert size={13} aria-label="failed" className="shrink-0 text-red md:hidden" />
          )}
        </Link>
      </td>
      <td>
        <span className="flex items-center gap-2">
          <span className="num w-16 shrink-0 text-right text-xs">{formatLatency(Number(trace.durationNanos))}</span>
          <span className="h-[7px] flex-1 max-md:hidden">
            <span
              className="block h-full min-w-[2px] rounded-full"
              style={{
                width: `${share * 100}%`,
                background: trace.errorCount > 0 ? 'var(--sev-error)' : serviceColor(rootService),
              }}
            />
          </span>
        </span>
      </td>
      <td className="num text-right text-xs text-muted max-md:hidden">{trace.spanCount}</td>
      <td className="text-xs max-md:hidden">
        {trace.errorCount > 0 ? (
          <span className="num inline-flex items-center gap-1 font-medium text-red">
            <CircleAlert size={13} aria-hidden="true" />
            {trace.errorCount}
          </span>
        ) : (
          <span className="text-faint">–</span>
        )}
      </td>
      <td className="max-lg:hidden">
        <span className="flex min-w-0 gap-3 overflow-hidden text-xs text-muted">
          {trace.services.map((service) => (
            <ServiceName key={service} service={service} className="shrink-0" />
          ))}
        </span>
      </td>
    </tr>
  );
}

function knownValues(traces: readonly TraceSummary[], field: string): { value: string }[] {
  const values =
    field === 'service'
      ? traces.flatMap(({ services }) => services)
      : field === 'name'
        ? traces.map(({ rootName }) => rootName)
        : [];
  return [...new Set(values)].filter(Boolean).map((value) => ({ value }));
}
