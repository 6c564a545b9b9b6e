/** One error group: how often, where, the stack, a sample trace, why these events belong together. */
import type { ErrorEventView, ErrorGroupDetail } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Activity, Bell, Bug, ChevronLeft, ChevronRight, ScrollText } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '../../api/client.ts';
import { useLastGood } from '../../api/last-good.ts';
import { errorGroupQuery } from '../../api/queries.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { TimePicker } from '../../app/time-picker.tsx';
import { useTitle } from '../../app/title.ts';
import { reportNavigation, useRange } from '../../app/use-range.ts';
import { filterClause } from '../../query/query-text.ts';
import { useZone } from '../../time/clock.ts';
import { formatDateTime, nanoToMs, plural, zoneName } from '../../time/format.ts';
import { absoluteRange, zoomOut } from '../../time/range.ts';
import { Ago } from '../../ui/ago.tsx';
import { ServiceName } from '../../ui/badge.tsx';
import { Button, buttonClass, IconButton } from '../../ui/button.tsx';
import { HistogramChart } from '../../ui/histogram-chart.tsx';
import { BackLink, Fact, Page, PageBody, Section } from '../../ui/page.tsx';
import { ServiceNames } from '../../ui/service-names.tsx';
import { EmptyState, ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { IncidentLine } from '../incidents/incident-line.tsx';
import { GroupBadges } from './errors-screen.tsx';
import { useSetGroupStatus } from './group-status.ts';
import { StackTrace } from './stack-trace.tsx';

/** More than four lines of any screen. */
const HEADER_CHARACTERS = 1_500;

const route = getRouteApi('/shell/errors/$groupId');

export function ErrorScreen() {
  const { groupId } = route.useParams();
  const { window, text } = useRange();
  const read = useQuery(errorGroupQuery(groupId, window));
  const { data, error, loading } = useLastGood(read, `${groupId} ${text}`);
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <Page>
      {data ? (
        <>
          {error && <ErrorStrip error={error} what="The error" onRetry={() => void read.refetch()} />}
          <Detail detail={data} />
        </>
      ) : loading ? (
        <SkeletonRows label="Loading the error" />
      ) : missing ? (
        <EmptyState
          icon={Bug}
          title="No such error"
          action={
            <Link to="/errors" className={buttonClass()}>
              All errors
            </Link>
          }
        >
          Its events may have passed their retention.
        </EmptyState>
      ) : (
        error && <ErrorState error={error} onRetry={() => void read.refetch()} />
      )}
    </Page>
  );
}

function Detail({ detail }: { detail: ErrorGroupDetail }) {
  const { group, events, histogram, fingerprint, incidents } = detail;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { window, range, setRange } = useRange();
  const setStatus = useSetGroupStatus();
  useTitle([group.type, group.message].filter(Boolean).join(': ') || 'Error');
  const found = events.findIndex(({ id }) => id === search.event);
  const at = Math.max(0, found);
  const event = events[at];
  const show = (index: number) => {
    const next = events[Math.max(0, Math.min(index, events.length - 1))];
    if (next) navigate({ search: (before) => ({ ...before, event: next.id }), replace: true }).catch(reportNavigation);
  };
  const status = (to: typeof group.status) => setStatus.mutate({ id: group.id, status: to });
  useShortcuts('Error', [
    { keys: 'j', label: 'Older event', run: () => show(at + 1) },
    { keys: 'k', label: 'Newer event', run: () => show(at - 1) },
    { keys: 'x', label: 'Resolve, or open again', run: () => status(group.status === 'open' ? 'resolved' : 'open') },
    { keys: 'i', label: 'Ignore', run: () => status('ignored') },
  ]);
  return (
    <>
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2 border-b border-line bg-surface py-2.5 pr-4 pl-2 max-md:pr-3">
        <BackLink to="/errors" label="All errors" />
        <div className="min-w-0 flex-1 basis-72">
          <div className="flex flex-wrap items-center gap-2">
            <h1 className="min-w-0 text-base font-semibold wrap-anywhere">
              <UserText>{group.type || 'Error'}</UserText>
            </h1>
            <GroupBadges group={group} />
          </div>
          {/* The event below has all of it. */}
          <p className="line-clamp-4 text-sm wrap-anywhere text-muted">
            <UserText>{group.message.slice(0, HEADER_CHARACTERS)}</UserText>
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {group.status === 'open' ? (
            <>
              <Button tone="primary" disabled={setStatus.isPending} onClick={() => status('resolved')}>
                Resolve
              </Button>
              <Button disabled={setStatus.isPending} onClick={() => status('ignored')}>
                Ignore
              </Button>
            </>
          ) : (
            <Button disabled={setStatus.isPending} onClick={() => status('open')}>
              Open again
            </Button>
          )}
          <TimePicker />
        </div>
      </header>
      <PageBody>
        <div className="mx-auto grid max-w-7xl gap-4 p-4 max-md:p-3 lg:grid-cols-[minmax(0,1fr)_20rem]">
          <div className="flex min-w-0 flex-col gap-4">
            <Section title={`${plural(histogram.total, 'event')} in this time range`}>
              <div className="px-2 pt-1">
                <HistogramChart
                  label="Events over time"
                  times={histogram.times}
                  stepMs={histogram.stepMs}
                  series={histogram.series.map(({ name, counts }) => ({ name, counts, color: 'var(--sev-error)' }))}
                  window={window}
                  height={110}
                  onZoom={(from, to) => setRange(absoluteRange(from, to))}
                  onZoomOut={() => setRange(zoomOut(range, Date.now()))}
                />
              </div>
            </Section>
            {event ? (
              <EventSection event={event} at={at} total={events.length} onShow={show} />
            ) : (
              <Section title="Events">
                <EmptyState
                  icon={Bug}
                  title="No event in this time range"
                  action={<Button onClick={() => setRange(zoomOut(range, Date.now()))}>Look further back</Button>}
                />
              </Section>
            )}
          </div>
          <aside aria-label="About the error" className="flex min-w-0 flex-col gap-4">
            <Section title="About">
              <dl className="grid grid-cols-2 gap-3 p-4">
                <Fact label="Last seen">
                  <Ago ms={nanoToMs(group.lastSeenUnixNano)} />
                </Fact>
                <Fact label="First seen">
                  <Ago ms={nanoToMs(group.firstSeenUnixNano)} />
                </Fact>
                <Fact label="Services" className="col-span-2">
                  <span className="flex flex-wrap gap-x-3">
                    <ServiceNames
                      services={group.services}
                      render={(service) => (
                        <Link
                          to="/logs"
                          search={{ query: `${filterClause('service', service)} level:>=error` }}
                          className="flex max-w-full min-w-0 rounded-sm hover:underline"
                        >
                          <ServiceName service={service} />
                        </Link>
                      )}
                    />
                  </span>
                </Fact>
                {group.culprit && (
                  <Fact label="Where" className="col-span-2">
                    <span className="font-mono text-xs break-all whitespace-normal">
                      <UserText>{group.culprit}</UserText>
                    </span>
                  </Fact>
                )}
                {group.environment && (
                  <Fact label="Environment">
                    <UserText>{group.environment}</UserText>
                  </Fact>
                )}
              </dl>
              <div className="flex gap-2 border-t border-line p-3">
                {group.sampleTraceId && (
                  <Link
                    to="/traces/$traceId"
                    params={{ traceId: group.sampleTraceId }}
                    className={buttonClass('plain', 'flex-1')}
                  >
                    <Activity size={14} aria-hidden="true" />
                    Sample trace
                  </Link>
                )}
                <Link
                  to="/alerts/rules/$ruleId"
                  params={{ ruleId: 'new' }}
                  search={{ group: group.id }}
                  className={buttonClass('plain', 'flex-1')}
                >
                  <Bell size={14} aria-hidden="true" />
                  Alert on it
                </Link>
              </div>
            </Section>
            <Section title="Incidents">
              {incidents.length === 0 ? (
                <p className="p-4 text-sm text-faint">None came from this error.</p>
              ) : (
                incidents.map((incident) => <IncidentLine key={incident.id} incident={incident} />)
              )}
            </Section>
            <Section
              title="Why these belong together"
              aside={<span className="text-xs text-faint">version {fingerprint.version}</span>}
            >
              <div className="p-4 text-sm">
                <p className="mb-2 text-muted">Events share a group when these parts are the same:</p>
                <ol className="flex flex-col gap-1">
                  {fingerprint.parts.map((part, index) => (
                    <li
                      // biome-ignore lint/suspicious/noArrayIndexKey: parts are told apart by their place
                      key={index}
                      className="grid grid-cols-[1.25rem_minmax(0,1fr)] rounded-sm bg-sunken px-2 py-1 font-mono text-xs"
                    >
                      <span className="text-faint">{index + 1}</span>
                      <span className="wrap-anywhere">
                        <UserText>{part}</UserText>
                      </span>
                    </li>
                  ))}
                </ol>
              </div>
            </Section>
          </aside>
        </div>
      </PageBody>
    </>
  );
}

function EventSection({
  event,
  at,
  total,
  onShow,
}: {
  event: ErrorEventView;
  at: number;
  total: number;
  onShow: (index: number) => void;
}) {
  const zone = useZone();
  return (
    <Section
      title={total === 1 ? 'The event' : `Event ${at + 1} of the newest ${total}`}
      aside={
        <span className="flex items-center gap-1">
          <IconButton icon={ChevronLeft} label="Newer event (k)" disabled={at === 0} onClick={() => onShow(at - 1)} />
          <IconButton
            icon={ChevronRight}
            label="Older event (j)"
            disabled={at >= total - 1}
            onClick={() => onShow(at + 1)}
          />
        </span>
      }
    >
      <div className="flex flex-wrap items-start justify-between gap-3 p-4">
        <dl className="grid min-w-0 flex-1 basis-80 grid-cols-2 gap-3 sm:grid-cols-4">
          <Fact label="Time">
            <span className="whitespace-normal">
              {formatDateTime(nanoToMs(event.timeUnixNano), zone, 'milli')}{' '}
              {zoneName(nanoToMs(event.timeUnixNano), zone)}
            </span>
          </Fact>
          <Fact label="Service">
            <ServiceName service={event.service} />
          </Fact>
          <Fact label={event.source === 'span' ? 'Span' : 'Log event'}>
            <UserText>{event.operation || '–'}</UserText>
          </Fact>
          <Fact label="Release">
            <UserText>{event.release || '–'}</UserText>
          </Fact>
        </dl>
        {event.traceId && (
          <span className="flex gap-2">
            <Link
              to="/traces/$traceId"
              params={{ traceId: event.traceId }}
              search={{ span: event.spanId || undefined }}
              className={buttonClass()}
            >
              <Activity size={14} aria-hidden="true" />
              Trace
            </Link>
            <Link to="/logs" search={{ query: filterClause('trace', event.traceId) }} className={buttonClass()}>
              <ScrollText size={14} aria-hidden="true" />
              Logs
            </Link>
          </span>
        )}
      </div>
      <Message>
        <UserText>{[event.type, event.message].filter(Boolean).join(': ')}</UserText>
      </Message>
      <div className="border-t border-line">
        <StackTrace key={event.id} frames={event.frames} raw={event.stacktrace} causes={event.causes ?? []} />
      </div>
    </Section>
  );
}

function Message({ children }: { children: ReactNode }) {
  return (
    <p
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a long message scrolls, also without a pointer
      tabIndex={0}
      className="mx-4 mb-4 max-h-80 overflow-auto rounded-md bg-red-soft p-2.5 font-mono text-xs wrap-anywhere whitespace-pre-wrap text-red"
    >
      {children}
    </p>
  );
}
