/** What is out of the ordinary about a resolved incident: it may open again, or it goes on in another one. */
import type { IncidentDetail } from '@breakwater/server/api-types';
import { Link } from '@tanstack/react-router';
import { BellRing, Merge } from 'lucide-react';
import { useSecond, useZone } from '../../time/clock.ts';
import { formatClock, longDuration } from '../../time/format.ts';
import { UserText } from '../../ui/user-text.tsx';

export function IncidentNotice({ incident }: { incident: IncidentDetail }) {
  if (incident.mergedInto) {
    const { id, number, title } = incident.mergedInto;
    return (
      <p role="status" className="flex gap-2 border-b border-line bg-accent-soft px-4 py-2 text-sm wrap-anywhere">
        <Merge size={14} aria-hidden="true" className="mt-0.5 shrink-0 text-accent" />
        <span>
          This incident is part of{' '}
          <Link
            to="/incidents/$incidentId"
            params={{ incidentId: id }}
            className="rounded-sm font-medium text-accent underline"
          >
            INC-{number}: <UserText>{title}</UserText>
          </Link>
          , which has its alerts. Its own timeline and notes stay here.
        </span>
      </p>
    );
  }
  return incident.reopensAt === null ? null : (
    <StillFiring reopensAt={incident.reopensAt} firing={incident.firingCount} />
  );
}

function StillFiring({ reopensAt, firing }: { reopensAt: number; firing: number }) {
  const now = useSecond();
  const zone = useZone();
  const fires = firing === 1 ? 'one alert still fires' : `${firing} alerts still fire`;
  return (
    <p role="status" className="flex gap-2 border-b border-line bg-amber-soft px-4 py-2 text-sm">
      <BellRing size={14} aria-hidden="true" className="mt-0.5 shrink-0 text-amber" />
      <span className="num">
        {firing === 0 ? (
          'Resolved by hand; its last alert has just ended.'
        ) : reopensAt > now ? (
          <>
            Resolved by hand, but {fires}. Unless {firing === 1 ? 'it ends' : 'they end'} by{' '}
            {formatClock(reopensAt, zone, 'second')}, in {longDuration(reopensAt - now)}, this incident opens again and
            its receivers are told.
          </>
        ) : (
          `Resolved by hand, but ${fires}: it opens again at the next evaluation.`
        )}
      </span>
    </p>
  );
}
