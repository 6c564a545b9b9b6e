/** One incident: what happened, what fires, where to look, and the way out. */
import type { Alert, ErrorGroup, IncidentDetail, TraceSummary } from '@breakwater/server/api-types';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Activity, ArrowLeft, Check, CircleAlert, Eye, ScrollText, Siren } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import { ApiError, api } from '../../api/client.ts';
import { useLastGood } from '../../api/last-good.ts';
import { incidentQuery } from '../../api/queries.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useSecond, useZone } from '../../time/clock.ts';
import { formatCompact, formatDateTime, formatLatency, longDuration } from '../../time/format.ts';
import { printRange } from '../../time/range.ts';
import { ServiceName, SeverityBadge } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Page, PageBody, Section } from '../../ui/page.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { EmptyState, ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { toastError } from '../../ui/toast.tsx';
import { AlertRow } from '../alerts/alert-list.tsx';
import { IncidentStatusBadge } from './incident-line.tsx';
import { Timeline } from './timeline.tsx';

const route = getRouteApi('/shell/incidents/$incidentId');
/** Trouble begins before it is noticed. */
const LEAD_MS = 300_000;

export function IncidentScreen() {
  const { incidentId } = route.useParams();
  const read = useQuery(incidentQuery(incidentId));
  const { data, error, loading } = useLastGood(read, incidentId);
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <Page>
      {data ? (
        <>
          {error && <ErrorStrip error={error} what="The incident" onRetry={() => void read.refetch()} />}
          <Detail incident={data} />
        </>
      ) : loading ? (
        <SkeletonRows label="Loading the incident" />
      ) : missing ? (
        <EmptyState
          icon={Siren}
          title="No such incident"
          action={
            <Link to="/incidents" className={buttonClass()}>
              All incidents
            </Link>
          }
        />
      ) : (
        error && <ErrorState error={error} onRetry={() => void read.refetch()} />
      )}
    </Page>
  );
}

type Act = { verb: 'acknowledge' | 'resolve' } | { verb: 'notes'; text: string };

function useAct(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (act: Act) =>
      api<IncidentDetail>(`/incidents/${encodeURIComponent(id)}/${act.verb}`, {
        method: 'POST',
        body: act.verb === 'notes' ? { text: act.text } : {},
      }),
    onSuccess: (incident) => {
      client.setQueryData(incidentQuery(id).queryKey, incident);
      return client.invalidateQueries({ queryKey: ['/incidents'] });
    },
    onError: toastError('That did not work'),
  });
}

function Detail({ incident }: { incident: IncidentDetail }) {
  const { id, number, title, status, severity, services, openedAt, resolvedAt, alerts, timeline, evidence } = incident;
  const now = useSecond();
  const zone = useZone();
  const act = useAct(id);
  const note = useRef<HTMLTextAreaElement>(null);
  const active = status !== 'resolved';
  useShortcuts('Incident', [
    { keys: 'a', label: 'Acknowledge', run: () => status === 'open' && act.mutate({ verb: 'acknowledge' }) },
    { keys: 'n', label: 'Write a note', run: () => note.current?.focus() },
  ]);
  const range = printRange({ kind: 'absolute', fromMs: openedAt - LEAD_MS, toMs: (resolvedAt ?? now) + 60_000 });
  const firing = alerts.filter(({ state }) => state === 'firing').length;
  return (
    <>
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2 border-b border-line bg-surface py-2.5 pr-4 pl-2 max-md:pr-3">
        <Link
          to="/incidents"
          aria-label="All incidents"
          title="All incidents"
          className={buttonClass('quiet', 'w-[30px] px-0!')}
        >
          <ArrowLeft size={15} aria-hidden="true" />
        </Link>
        <div className="min-w-0 flex-1 basis-72">
          <h1 className="text-base font-semibold wrap-anywhere">
            <span className="num mr-2 font-medium text-faint">INC-{number}</span>
            {title}
          </h1>
          <div className="num mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
            <IncidentStatusBadge status={status} />
            <SeverityBadge severity={severity} />
            {services.map((service) => (
              <ServiceName key={service} service={service} />
            ))}
            <span>opened {formatDateTime(openedAt, zone)}</span>
            <span>
              {resolvedAt === null
                ? `open for ${longDuration(Math.max(0, now - openedAt))}`
                : `lasted ${longDuration(resolvedAt - openedAt)}`}
            </span>
          </div>
        </div>
        <div className="flex gap-2">
          {status === 'open' && (
            <Button
              tone="primary"
              icon={Eye}
              disabled={act.isPending}
              onClick={() => act.mutate({ verb: 'acknowledge' })}
            >
              Acknowledge
            </Button>
          )}
          {active && (
            <Button icon={Check} disabled={act.isPending} onClick={() => act.mutate({ verb: 'resolve' })}>
              Resolve
            </Button>
          )}
        </div>
      </header>
      <PageBody>
        <div className="mx-auto grid max-w-7xl gap-4 p-4 max-md:p-3 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
          <div className="flex min-w-0 flex-col gap-4">
            <Section
              title={alerts.length === 1 ? 'Alert' : `${alerts.length} alerts`}
              aside={firing > 0 && <span className="num text-xs text-red">{firing} firing</span>}
            >
              <IncidentAlerts alerts={alerts} />
            </Section>
            <Section title="Timeline">
              <Timeline entries={timeline} openedAt={openedAt} />
              <NoteForm
                box={note}
                pending={act.isPending}
                onSend={(text, done) => act.mutate({ verb: 'notes', text }, { onSuccess: done })}
              />
            </Section>
          </div>
          <aside aria-label="Evidence" className="flex min-w-0 flex-col gap-4">
            <Section
              title="Errors around it"
              aside={
                <Link to="/logs" search={{ query: evidence.logQuery, range }} className={buttonClass('quiet')}>
                  <ScrollText size={14} aria-hidden="true" />
                  Error logs
                </Link>
              }
            >
              {evidence.error !== undefined && (
                <p role="alert" className="border-b border-line bg-red-soft px-4 py-2 text-sm text-red">
                  The evidence could not be read: {evidence.error}
                </p>
              )}
              {evidence.errorGroups.length === 0 ? (
                <p className="p-4 text-sm text-faint">No error group belongs to it.</p>
              ) : (
                evidence.errorGroups.map((group) => <GroupEvidence key={group.id} group={group} range={range} />)
              )}
            </Section>
            <Section title="Failed traces">
              {evidence.traces.length === 0 ? (
                <p className="p-4 text-sm text-faint">No failed trace was received.</p>
              ) : (
                evidence.traces.map((trace) => <TraceEvidence key={trace.traceId} trace={trace} />)
              )}
            </Section>
          </aside>
        </div>
      </PageBody>
    </>
  );
}

const FEW_ALERTS = 4;

/** Firing ones first; of many the first few. */
function IncidentAlerts({ alerts }: { alerts: readonly Alert[] }) {
  const [all, setAll] = useState(false);
  const sorted = alerts.toSorted(
    (a, b) => Number(b.state === 'firing') - Number(a.state === 'firing') || a.startedAt - b.startedAt,
  );
  const shown = all ? sorted : sorted.slice(0, FEW_ALERTS);
  return (
    <>
      <ul className="[&>li:last-child]:border-0">
        {shown.map((alert) => (
          <AlertRow key={alert.id} alert={alert} withIncident={false} />
        ))}
      </ul>
      {alerts.length > FEW_ALERTS && (
        <button
          type="button"
          aria-expanded={all}
          onClick={() => setAll(!all)}
          className="w-full border-t border-line px-4 py-2 text-left text-sm text-accent hover:bg-hover"
        >
          {all ? 'Show fewer' : `Show all ${alerts.length} alerts`}
        </button>
      )}
    </>
  );
}

function GroupEvidence({ group, range }: { group: ErrorGroup; range: string }) {
  return (
    <div className="relative flex items-center gap-3 border-b border-line px-4 py-2 last:border-0 hover:bg-hover">
      <div className="min-w-0 flex-1">
        <Link
          to="/errors/$groupId"
          params={{ groupId: group.id }}
          search={{ range }}
          className="block truncate text-sm font-medium outline-offset-[-2px] after:absolute after:inset-0"
        >
          {group.type || 'Error'}
        </Link>
        <p className="truncate text-xs text-muted">{group.message}</p>
      </div>
      <Sparkline values={group.sparkline} label="Events" width={60} height={18} />
      <span className="num w-10 text-right text-sm font-medium">{formatCompact(group.count)}</span>
    </div>
  );
}

function TraceEvidence({ trace }: { trace: TraceSummary }) {
  return (
    <div className="relative flex items-center gap-3 border-b border-line px-4 py-1.5 last:border-0 hover:bg-hover">
      <Activity size={14} aria-hidden="true" className="shrink-0 text-faint" />
      <Link
        to="/traces/$traceId"
        params={{ traceId: trace.traceId }}
        className="min-w-0 flex-1 truncate text-sm outline-offset-[-2px] after:absolute after:inset-0"
      >
        <span className="text-muted">{trace.rootService || trace.services[0]}</span>{' '}
        {trace.rootService ? trace.rootName : <span className="text-muted">root span not received</span>}
      </Link>
      <span className="num inline-flex items-center gap-1 text-xs text-red">
        <CircleAlert size={12} aria-hidden="true" />
        {trace.errorCount}
      </span>
      <span className="num w-16 text-right text-xs text-muted">{formatLatency(Number(trace.durationNanos))}</span>
    </div>
  );
}

function NoteForm({
  box,
  pending,
  onSend,
}: {
  box: React.RefObject<HTMLTextAreaElement | null>;
  pending: boolean;
  onSend: (text: string, done: () => void) => void;
}) {
  const [text, setText] = useState('');
  const send = () => {
    if (text.trim() !== '') onSend(text.trim(), () => setText(''));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  return (
    <form onSubmit={submit} className="flex items-end gap-2 border-t border-line p-3">
      <textarea
        ref={box}
        rows={2}
        aria-label="Note"
        placeholder="What did you see, what did you do?"
        className="field h-auto! flex-1 resize-y py-1.5"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <Button type="submit" disabled={pending || text.trim() === ''}>
        Add note
      </Button>
    </form>
  );
}
