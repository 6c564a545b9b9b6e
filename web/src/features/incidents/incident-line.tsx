import type { IncidentStatus, IncidentSummary } from '@breakwater/server/api-types';
import { Link } from '@tanstack/react-router';
import { useSecond } from '../../time/clock.ts';
import { longDuration, plural } from '../../time/format.ts';
import { Ago } from '../../ui/ago.tsx';
import { Badge, SeverityBadge, type Tone } from '../../ui/badge.tsx';
import { ServiceNames } from '../../ui/service-names.tsx';
import { UserText } from '../../ui/user-text.tsx';

const STATUS: Record<IncidentStatus, { tone: Tone; label: string }> = {
  open: { tone: 'red', label: 'OPEN' },
  acknowledged: { tone: 'amber', label: 'ACKNOWLEDGED' },
  resolved: { tone: 'green', label: 'RESOLVED' },
};

export function IncidentStatusBadge({ incident }: { incident: Pick<IncidentSummary, 'status' | 'mergedInto'> }) {
  if (incident.mergedInto) return <Badge tone="neutral">MERGED INTO INC-{incident.mergedInto.number}</Badge>;
  const { tone, label } = STATUS[incident.status];
  return <Badge tone={tone}>{label}</Badge>;
}

/** An incident in a list. */
export function IncidentLine({ incident }: { incident: IncidentSummary }) {
  const now = useSecond();
  const { id, number, title, severity, services, alertCount, firingCount, openedAt, resolvedAt, reopensAt } = incident;
  return (
    <div className="relative flex items-start gap-3 border-b border-line px-4 py-2.5 last:border-0 hover:bg-hover max-md:px-3">
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="num text-xs text-faint">INC-{number}</span>
          <Link
            data-row
            to="/incidents/$incidentId"
            params={{ incidentId: id }}
            className="text-sm font-semibold wrap-anywhere outline-offset-[-2px] after:absolute after:inset-0"
          >
            <UserText>{title}</UserText>
          </Link>
        </div>
        <div className="num mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
          <IncidentStatusBadge incident={incident} />
          <SeverityBadge severity={severity} />
          <ServiceNames services={services} />
          {alertCount > 0 && (
            <span>
              {plural(alertCount, 'alert')}
              {firingCount > 0 ? `, ${firingCount} firing` : ''}
            </span>
          )}
          <span>
            {resolvedAt === null
              ? `open for ${longDuration(Math.max(0, now - openedAt))}`
              : `lasted ${longDuration(resolvedAt - openedAt)}`}
          </span>
          {reopensAt !== null && (
            <span className="text-amber">
              {reopensAt > now ? `opens again in ${longDuration(reopensAt - now)} if it still fires` : 'still firing'}
            </span>
          )}
        </div>
      </div>
      <span className="num shrink-0 pt-0.5 text-xs text-faint">
        <Ago ms={openedAt} />
      </span>
    </div>
  );
}
