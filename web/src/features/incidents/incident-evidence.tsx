/** What an on-call person opens first: the errors and failed traces around an incident. */
import type { ErrorGroup, IncidentDetail, TraceSummary } from '@breakwater/server/api-types';
import { Link } from '@tanstack/react-router';
import { Activity, CircleAlert, ScrollText } from 'lucide-react';
import { formatCompact, formatLatency } from '../../time/format.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Section } from '../../ui/page.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { UserText } from '../../ui/user-text.tsx';

export function Evidence({ evidence, range }: { evidence: IncidentDetail['evidence']; range: string }) {
  return (
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
            The evidence could not be read: <UserText>{evidence.error}</UserText>
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
          <UserText>{group.type || 'Error'}</UserText>
        </Link>
        <p className="truncate text-xs text-muted">
          <UserText>{group.message}</UserText>
        </p>
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
        <span className="text-muted">
          <UserText>{trace.rootService || trace.services[0]}</UserText>
        </span>{' '}
        {trace.rootService ? (
          <UserText>{trace.rootName}</UserText>
        ) : (
          <span className="text-muted">root span not received</span>
        )}
      </Link>
      <span className="num inline-flex items-center gap-1 text-xs text-red">
        <CircleAlert size={12} aria-hidden="true" />
        {trace.errorCount}
      </span>
      <span className="num w-16 text-right text-xs text-muted">{formatLatency(Number(trace.durationNanos))}</span>
    </div>
  );
}
