/** What happened in an incident, oldest first. */
import type { IncidentReference, MergeReason, TimelineEntry } from '@breakwater/server/api-types';
import { Link } from '@tanstack/react-router';
import {
  BellOff,
  BellRing,
  CircleCheck,
  Eye,
  Flag,
  type LucideIcon,
  Merge,
  MessageSquare,
  RotateCcw,
  Send,
  SendHorizontal,
  TrendingUp,
} from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useZone } from '../../time/clock.ts';
import { formatClock, formatDateTime, formatStamp, longDuration, plural } from '../../time/format.ts';
import { SeverityBadge } from '../../ui/badge.tsx';
import { cx } from '../../ui/class.ts';
import { UserText } from '../../ui/user-text.tsx';

export function Timeline({ entries, openedAt }: { entries: readonly TimelineEntry[]; openedAt: number }) {
  const zone = useZone();
  const [all, setAll] = useState(false);
  const sorted = entries.toSorted((a, b) => a.seq - b.seq);
  const folded = all || entries.length <= MANY ? 0 : entries.length - HEAD - TAIL;
  const shown = folded === 0 ? sorted : [...sorted.slice(0, HEAD), ...sorted.slice(-TAIL)];
  return (
    <ol className="p-4">
      {shown.map((entry, index) => {
        const { icon: Icon, tone, text } = describe(entry);
        return (
          <li
            key={entry.seq}
            className="relative grid grid-cols-[5.5rem_1.5rem_minmax(0,1fr)] gap-x-2 pb-3.5 last:pb-0 max-sm:grid-cols-[1.5rem_minmax(0,1fr)]"
          >
            <span
              className="num pt-0.5 text-right text-xs text-faint max-sm:hidden"
              title={formatStamp(entry.at, zone)}
            >
              {formatClock(entry.at, zone, 'second')}
              <span className="block text-2xs">+{longDuration(Math.max(0, entry.at - openedAt))}</span>
            </span>
            <span className="relative flex justify-center">
              {index < shown.length - 1 && (
                <span aria-hidden="true" className="absolute top-6 -bottom-3.5 w-px bg-line" />
              )}
              <span className={cx('flex size-[22px] items-center justify-center rounded-full', tone)}>
                <Icon size={12} aria-hidden="true" />
              </span>
            </span>
            <div className="min-w-0 pt-0.5 text-sm wrap-anywhere">
              {text}
              <span className="num block text-xs text-faint sm:hidden">{formatDateTime(entry.at, zone)}</span>
              {folded > 0 && index === HEAD - 1 && (
                <button
                  type="button"
                  onClick={() => setAll(true)}
                  className="mt-2 block rounded-sm text-accent hover:underline"
                >
                  Show {plural(folded, 'entry', 'entries')} between
                </button>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** Of a long incident the beginning and the end are shown; what is between on demand. */
const MANY = 60;
const HEAD = 15;
const TAIL = 25;

const RED = 'bg-red-soft text-red';
const GREEN = 'bg-green-soft text-green';
const CALM = 'bg-active text-muted';
const ACCENT = 'bg-accent-soft text-accent';

const EVENTS = { triggered: 'opening', acknowledged: 'acknowledgement', resolved: 'resolution' } as const;

function describe(entry: TimelineEntry): { icon: LucideIcon; tone: string; text: ReactNode } {
  switch (entry.kind) {
    case 'opened':
      return {
        icon: Flag,
        tone: RED,
        text: (
          <span className="font-medium">
            Incident opened: <UserText>{entry.title}</UserText>
          </span>
        ),
      };
    case 'alert_fired':
      return {
        icon: BellRing,
        tone: RED,
        text: (
          <>
            Alert fired: <UserText>{entry.summary}</UserText> <SeverityBadge severity={entry.severity} />
          </>
        ),
      };
    case 'alert_resolved':
      return {
        icon: BellOff,
        tone: GREEN,
        text: (
          <>
            Alert resolved: <UserText>{entry.summary}</UserText>
          </>
        ),
      };
    case 'severity_changed':
      return {
        icon: TrendingUp,
        tone: CALM,
        text: (
          <>
            Severity changed from <SeverityBadge severity={entry.from} /> to <SeverityBadge severity={entry.to} />
          </>
        ),
      };
    case 'notified':
      return {
        icon: Send,
        tone: ACCENT,
        text: (
          <>
            <UserText>{entry.receiver}</UserText> was told about the {EVENTS[entry.event]}
            {entry.attempts > 1 ? `, at attempt ${entry.attempts}` : ''}
          </>
        ),
      };
    case 'notify_failed':
      return {
        icon: SendHorizontal,
        tone: RED,
        text: (
          <>
            <UserText>{entry.receiver}</UserText> could not be told about the {EVENTS[entry.event]} (attempt{' '}
            {entry.attempts}, {entry.final ? 'given up' : 'trying again'})
            <span className="block text-xs text-red">
              <UserText>{entry.reason}</UserText>
            </span>
          </>
        ),
      };
    case 'acknowledged':
      return {
        icon: Eye,
        tone: ACCENT,
        text: (
          <>
            Acknowledged by <UserText>{entry.by}</UserText>
          </>
        ),
      };
    case 'note':
      return {
        icon: MessageSquare,
        tone: CALM,
        text: (
          <>
            <span className="text-xs text-faint">
              <UserText>{entry.by}</UserText> noted
            </span>
            <span className="mt-0.5 block rounded-md bg-sunken px-2.5 py-1.5 whitespace-pre-wrap">
              <UserText>{entry.text}</UserText>
            </span>
          </>
        ),
      };
    case 'resolved':
      return {
        icon: CircleCheck,
        tone: GREEN,
        text: (
          <span className="font-medium">
            {entry.reason === 'alerts_resolved' ? (
              'Resolved: every alert is quiet'
            ) : (
              <>
                Resolved by <UserText>{entry.by}</UserText>
              </>
            )}
          </span>
        ),
      };
    case 'reopened':
      return {
        icon: RotateCcw,
        tone: RED,
        text: (
          <>
            <span className="font-medium">Opened again: still firing after it was resolved</span>
            {/* An alert fires once at a time, but two may say the same. */}
            {[...new Set(entry.summaries)].map((summary) => (
              <span key={summary} className="block">
                <UserText>{summary}</UserText>
              </span>
            ))}
          </>
        ),
      };
    case 'merged_into':
      return {
        icon: Merge,
        tone: CALM,
        text: (
          <>
            <span className="font-medium">Merged into</span> <IncidentLink incident={entry.incident} />{' '}
            <UserText>{whyMerged(entry)}</UserText>
          </>
        ),
      };
    case 'merged_from':
      return {
        icon: Merge,
        tone: CALM,
        text: (
          <>
            <IncidentLink incident={entry.incident} /> became part of this incident{' '}
            <UserText>{whyMerged(entry)}</UserText>; it brought {plural(entry.alerts, 'alert')}
          </>
        ),
      };
  }
}

function whyMerged({ by, reason }: { by: string; reason: MergeReason }): string {
  switch (reason) {
    case 'by_hand':
      return `by ${by}`;
    case 'same_service':
      return 'because it is about the same service';
    case 'connected_by_traces':
      return 'because failed traces connect their services';
  }
}

function IncidentLink({ incident: { id, number, title } }: { incident: IncidentReference }) {
  return (
    <Link to="/incidents/$incidentId" params={{ incidentId: id }} className="rounded-sm text-accent hover:underline">
      INC-{number}: <UserText>{title}</UserText>
    </Link>
  );
}
