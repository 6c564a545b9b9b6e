/** One incident: what happened, what fires, where to look, and the way out. */
import type { Alert, IncidentDetail } from '@breakwater/server/api-types';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Check, Eye, Merge, Siren } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import { ApiError, api } from '../../api/client.ts';
import { useLastGood } from '../../api/last-good.ts';
import { incidentQuery } from '../../api/queries.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useTitle } from '../../app/title.ts';
import { useSecond, useZone } from '../../time/clock.ts';
import { formatDateTime, longDuration, zoneName } from '../../time/format.ts';
import { printRange } from '../../time/range.ts';
import { Ago } from '../../ui/ago.tsx';
import { SeverityBadge } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { HiddenNote } from '../../ui/hidden-note.tsx';
import { BackLink, Page, PageBody, Section } from '../../ui/page.tsx';
import { ServiceNames } from '../../ui/service-names.tsx';
import { EmptyState, ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { toastError } from '../../ui/toast.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { AlertRow } from '../alerts/alert-list.tsx';
import { Evidence } from './incident-evidence.tsx';
import { IncidentStatusBadge } from './incident-line.tsx';
import { IncidentNotice } from './incident-notice.tsx';
import { MergeDialog } from './merge-dialog.tsx';
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

const FAILED: Record<Act['verb'], string> = {
  acknowledge: 'The incident was not acknowledged',
  resolve: 'The incident was not resolved',
  notes: 'The note was not added',
};

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
    onError: (error, act) => toastError(FAILED[act.verb])(error),
  });
}

function Detail({ incident }: { incident: IncidentDetail }) {
  const { id, number, title, status, severity, services, openedAt, resolvedAt, alerts, timeline, evidence } = incident;
  const { mergedInto, reopensAt } = incident;
  const now = useSecond();
  const zone = useZone();
  const act = useAct(id);
  const note = useRef<HTMLTextAreaElement>(null);
  const active = status !== 'resolved';
  const [merging, setMerging] = useState(false);
  useTitle(`INC-${number}: ${title}`);
  useShortcuts('Incident', [
    { keys: 'a', label: 'Acknowledge', run: () => status === 'open' && act.mutate({ verb: 'acknowledge' }) },
    { keys: 'n', label: 'Write a note', run: () => note.current?.focus() },
  ]);
  const range = printRange({ kind: 'absolute', fromMs: openedAt - LEAD_MS, toMs: (resolvedAt ?? now) + 60_000 });
  const firing = alerts.filter(({ state }) => state === 'firing').length;
  return (
    <>
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2 border-b border-line bg-surface py-2.5 pr-4 pl-2 max-md:pr-3">
        <BackLink to="/incidents" label="All incidents" />
        <div className="min-w-0 flex-1 basis-72">
          <h1 className="text-base font-semibold wrap-anywhere">
            <span className="num mr-2 font-medium text-faint">INC-{number}</span>
            <UserText>{title}</UserText>
          </h1>
          <div className="num mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
            <IncidentStatusBadge incident={incident} />
            <SeverityBadge severity={severity} />
            <ServiceNames services={services} />
            <span>
              opened {formatDateTime(openedAt, zone)} {zoneName(openedAt, zone)}, <Ago ms={openedAt} />
            </span>
            <span>
              {resolvedAt === null
                ? `open for ${longDuration(Math.max(0, now - openedAt))}`
                : `lasted ${longDuration(resolvedAt - openedAt)}`}
            </span>
          </div>
        </div>
        <div className="flex gap-2 max-md:pl-1">
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
          {mergedInto === null && (active || reopensAt !== null) && (
            <Button icon={Merge} onClick={() => setMerging(true)}>
              Merge
            </Button>
          )}
        </div>
      </header>
      <IncidentNotice incident={incident} />
      <MergeDialog incident={incident} open={merging} onClose={() => setMerging(false)} />
      <PageBody>
        <div className="mx-auto grid max-w-7xl gap-4 p-4 max-md:p-3 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
          <div className="flex min-w-0 flex-col gap-4">
            {/* A merged incident has given its alerts away. */}
            {alerts.length > 0 && (
              <Section
                title={alerts.length === 1 ? 'Alert' : `${alerts.length} alerts`}
                aside={firing > 0 && <span className="num text-xs text-red">{firing} firing</span>}
              >
                <IncidentAlerts alerts={alerts} />
              </Section>
            )}
            <Section title="Timeline">
              <Timeline entries={timeline} openedAt={openedAt} />
              <NoteForm
                box={note}
                pending={act.isPending}
                onSend={(text, done) => act.mutate({ verb: 'notes', text }, { onSuccess: done })}
              />
            </Section>
          </div>
          <Evidence evidence={evidence} range={range} />
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
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <textarea
          ref={box}
          rows={2}
          aria-label="Note"
          placeholder="What did you see, what did you do?"
          className="field h-auto! resize-y py-1.5"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
            if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
        <HiddenNote text={text} />
      </div>
      <Button type="submit" disabled={pending || text.trim() === ''}>
        Add note
      </Button>
    </form>
  );
}
