/** Services by what they answered: requests, errors, latency. */
import type { ServiceRow } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ArrowDown, Layers } from 'lucide-react';
import { useLastGood } from '../../api/last-good.ts';
import { servicesQuery } from '../../api/queries.ts';
import { TimePicker } from '../../app/time-picker.tsx';
import { useRange } from '../../app/use-range.ts';
import { filterClause } from '../../query/query-text.ts';
import { formatCompact, formatMillis, formatShare, nanoToMs, plural } from '../../time/format.ts';
import { zoomOut } from '../../time/range.ts';
import { Ago } from '../../ui/ago.tsx';
import { ServiceName } from '../../ui/badge.tsx';
import { cx } from '../../ui/class.ts';
import { Page, PageBody, PageHeader } from '../../ui/page.tsx';
import { ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { StatsLine } from '../../ui/stats-line.tsx';
import { NothingYet } from '../start/nothing-yet.tsx';

const route = getRouteApi('/shell/services');

const COLUMNS = [
  { id: 'service', label: 'Service', align: 'text-left', value: (row: ServiceRow) => row.service },
  { id: 'requests', label: 'Requests', align: 'text-right', value: (row: ServiceRow) => row.requests },
  { id: 'errors', label: 'Errors', align: 'text-left max-md:text-right', value: (row: ServiceRow) => shareOf(row) },
  { id: 'p50', label: 'p50', align: 'text-right max-lg:hidden', value: (row: ServiceRow) => row.p50Millis },
  { id: 'p95', label: 'p95', align: 'text-right', value: (row: ServiceRow) => row.p95Millis },
  { id: 'p99', label: 'p99', align: 'text-right max-lg:hidden', value: (row: ServiceRow) => row.p99Millis },
  { id: 'logs', label: 'Error logs', align: 'text-right max-md:hidden', value: (row: ServiceRow) => row.logErrors },
  {
    id: 'seen',
    label: 'Last seen',
    align: 'text-right max-md:hidden',
    value: (row: ServiceRow) => nanoToMs(row.lastSeenUnixNano),
  },
] as const;

const shareOf = ({ errors, requests }: ServiceRow) => (requests > 0 ? errors / requests : 0);

export function ServicesScreen() {
  const search = route.useSearch();
  const { window, range, text, setRange } = useRange();
  const read = useQuery(servicesQuery(window));
  const { data, error, loading } = useLastGood(read, text);
  const column = COLUMNS.find(({ id }) => id === search.sort) ?? COLUMNS[1];
  const rows = data?.services.toSorted((a, b) => compare(column.value(a), column.value(b))) ?? [];
  const seconds = (window.toMs - window.fromMs) / 1_000;
  return (
    <Page>
      <PageHeader
        title="Services"
        lead={
          data && (
            <span className="max-sm:hidden">
              <StatsLine stats={data.stats}>{plural(rows.length, 'service')}</StatsLine>
            </span>
          )
        }
      >
        <TimePicker />
      </PageHeader>
      {error && data && <ErrorStrip error={error} what="Services" onRetry={() => void read.refetch()} />}
      <PageBody className="bg-surface">
        {rows.length > 0 ? (
          <table className="w-full text-sm">
            <thead className="sticky top-0 z-10 bg-sunken text-xs text-faint">
              <tr className="h-[28px] [&>th]:border-b [&>th]:border-line [&>th]:px-3 [&>th]:font-medium [&>th]:whitespace-nowrap max-md:[&>th]:px-2">
                {COLUMNS.map(({ id, label, align }) => (
                  <th
                    key={id}
                    className={align}
                    aria-sort={column.id === id ? (id === 'service' ? 'ascending' : 'descending') : 'none'}
                  >
                    <Link
                      to="."
                      search={(before: object) => ({ ...before, sort: id })}
                      replace
                      className={cx(
                        'inline-flex items-center gap-1 rounded-sm hover:text-text',
                        column.id === id && 'text-text',
                      )}
                    >
                      {label}
                      {column.id === id && (
                        <ArrowDown size={11} aria-hidden="true" className={id === 'service' ? 'rotate-180' : ''} />
                      )}
                    </Link>
                  </th>
                ))}
                <th className="max-sm:hidden">
                  <span className="sr-only">Links</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <ServiceLine key={row.service} row={row} seconds={seconds} />
              ))}
            </tbody>
          </table>
        ) : loading ? (
          <SkeletonRows label="Loading services" />
        ) : error ? (
          <ErrorState error={error} onRetry={() => void read.refetch()} />
        ) : (
          <NothingYet
            icon={Layers}
            title="No service sent spans in this time range"
            onWiden={() => setRange(zoomOut(range, Date.now()))}
          />
        )}
      </PageBody>
    </Page>
  );
}

function compare(a: string | number, b: string | number): number {
  return typeof a === 'string' ? a.localeCompare(String(b)) : Number(b) - a;
}

function ServiceLine({ row, seconds }: { row: ServiceRow; seconds: number }) {
  const share = shareOf(row);
  const query = filterClause('service', row.service);
  const link = 'rounded-sm text-accent hover:underline';
  return (
    <tr className="h-[38px] border-b border-line hover:bg-hover [&>td]:px-3 [&>td]:whitespace-nowrap max-md:[&>td]:px-2">
      <td className="w-full max-w-0 font-medium">
        <Link to="/traces" search={{ query }} className="flex min-w-0 rounded-sm hover:underline">
          <ServiceName service={row.service} />
        </Link>
      </td>
      <td className="num text-right">
        {formatCompact(row.requests)}
        <span className="ml-2 inline-block w-16 text-right text-xs text-faint max-md:hidden">
          {perSecond(row.requests / seconds)}
        </span>
      </td>
      <td>
        <span className="flex items-center gap-2 max-md:justify-end">
          <span className={cx('num w-14 text-right max-md:w-auto', share > 0 ? 'font-medium text-red' : 'text-faint')}>
            {formatShare(share)}
          </span>
          <span className="h-[6px] w-24 overflow-hidden rounded-full bg-active max-md:hidden">
            <span className="block h-full bg-red" style={{ width: `${share * 100}%` }} />
          </span>
        </span>
      </td>
      <td className="num text-right text-muted max-lg:hidden">{formatMillis(row.p50Millis)}</td>
      <td className="num text-right">{formatMillis(row.p95Millis)}</td>
      <td className="num text-right text-muted max-lg:hidden">{formatMillis(row.p99Millis)}</td>
      <td className="num text-right max-md:hidden">
        {row.logErrors > 0 ? (
          <Link to="/logs" search={{ query: `${query} level:>=error` }} className={cx(link, 'text-red!')}>
            {formatCompact(row.logErrors)}
          </Link>
        ) : (
          <span className="text-faint">0</span>
        )}
      </td>
      <td className="num text-right text-xs text-faint max-md:hidden">
        <Ago ms={nanoToMs(row.lastSeenUnixNano)} />
      </td>
      <td className="text-right text-xs whitespace-nowrap max-sm:hidden">
        <Link to="/logs" search={{ query }} className={link}>
          Logs
        </Link>
        <span className="px-1.5 text-faint">·</span>
        <Link to="/traces" search={{ query }} className={link}>
          Traces
        </Link>
        <span className="px-1.5 text-faint">·</span>
        <Link to="/errors" search={{ service: row.service }} className={link}>
          Errors
        </Link>
      </td>
    </tr>
  );
}

function perSecond(rate: number): string {
  if (rate >= 100) return `${formatCompact(Math.round(rate))}/s`;
  return rate >= 1 ? `${rate.toFixed(1)}/s` : `${(rate * 60).toFixed(1)}/min`;
}
