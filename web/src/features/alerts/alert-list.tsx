import type { Alert } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { BellOff } from 'lucide-react';
import { useLastGood } from '../../api/last-good.ts';
import { alertsQuery } from '../../api/queries.ts';
import { longDuration } from '../../time/format.ts';
import { Ago } from '../../ui/ago.tsx';
import { Badge, SeverityBadge } from '../../ui/badge.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { cx } from '../../ui/class.ts';
import { ListEnd } from '../../ui/list-end.tsx';
import { EmptyState, ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { AlertLabels } from './alert-labels.tsx';
import { formatValue } from './condition-text.ts';

export const RECENT_ALERTS = { limit: 100 };

const RANK: Record<Alert['state'], number> = { firing: 0, pending: 1, resolved: 2 };

export function AlertList() {
  const read = useQuery(alertsQuery(RECENT_ALERTS));
  const { data, error, loading } = useLastGood(read, 'alerts');
  const alerts = data?.alerts.toSorted((a, b) => RANK[a.state] - RANK[b.state] || b.startedAt - a.startedAt) ?? [];
  if (loading) return <SkeletonRows label="Loading alerts" />;
  if (error && !data) return <ErrorState error={error} onRetry={() => void read.refetch()} />;
  if (alerts.length === 0) {
    return (
      <EmptyState
        icon={BellOff}
        title="No alert has fired yet"
        action={
          <Link to="/alerts" search={{ tab: 'rules' }} className={buttonClass()}>
            See the rules
          </Link>
        }
      >
        Rules are evaluated every few seconds. An alert that fires opens an incident and is listed here.
      </EmptyState>
    );
  }
  return (
    <>
      {error && <ErrorStrip error={error} what="Alerts" onRetry={() => void read.refetch()} />}
      <ul aria-label="Alerts" className="bg-surface">
        {alerts.map((alert) => (
          <AlertRow key={alert.id} alert={alert} />
        ))}
        {alerts.length >= RECENT_ALERTS.limit && (
          <ListEnd>The newest {RECENT_ALERTS.limit} alerts. An incident lists all of its own.</ListEnd>
        )}
      </ul>
    </>
  );
}

export function StateBadge({ state }: { state: Alert['state'] }) {
  if (state === 'firing') return <Badge tone="red">FIRING</Badge>;
  return state === 'pending' ? <Badge tone="amber">PENDING</Badge> : <Badge tone="green">RESOLVED</Badge>;
}

export function AlertRow({ alert, withIncident = true }: { alert: Alert; withIncident?: boolean }) {
  const over = alert.state !== 'resolved';
  const share = Math.min(1, alert.value > 0 ? alert.threshold / alert.value : 1);
  return (
    <li className="grid grid-cols-[5.5rem_minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 max-md:grid-cols-[minmax(0,1fr)_auto] max-md:px-3">
      <span className="max-md:hidden">
        <StateBadge state={alert.state} />
      </span>
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-2">
          <span className="md:hidden">
            <StateBadge state={alert.state} />
          </span>
          <Link
            to="/alerts/rules/$ruleId"
            params={{ ruleId: alert.ruleId }}
            className="truncate rounded-sm text-sm font-semibold hover:underline"
          >
            <UserText>{alert.ruleName}</UserText>
          </Link>
          <SeverityBadge severity={alert.severity} />
          <AlertLabels labels={alert.labels} />
        </div>
        <p className="mt-0.5 text-sm wrap-anywhere text-muted">
          <UserText>{alert.summary}</UserText>
        </p>
        <p className="num mt-0.5 flex flex-wrap gap-x-3 text-xs text-faint">
          <span>
            began <Ago ms={alert.startedAt} />
          </span>
          {alert.resolvedAt !== null && <span>lasted {longDuration(alert.resolvedAt - alert.startedAt)}</span>}
          {withIncident && alert.incidentId && (
            <Link
              to="/incidents/$incidentId"
              params={{ incidentId: alert.incidentId }}
              className="rounded-sm text-accent hover:underline"
            >
              Open the incident
            </Link>
          )}
        </p>
      </div>
      <div className="num w-32 text-right text-sm max-md:w-auto">
        <span className={cx('font-semibold', over && 'text-red')}>{formatValue(alert.value, alert.unit)}</span>
        <span className="block text-xs text-faint">threshold {formatValue(alert.threshold, alert.unit)}</span>
        <span
          aria-hidden="true"
          className="relative mt-1 block h-1 overflow-hidden rounded-full bg-active max-md:hidden"
        >
          <span
            className={cx('absolute inset-y-0 left-0', over ? 'bg-red' : 'bg-line-strong')}
            style={{ width: `${Math.min(1, alert.value / Math.max(alert.threshold, Number.MIN_VALUE)) * 100}%` }}
          />
          <span className="absolute inset-y-0 w-[2px] bg-surface" style={{ left: `${share * 100}%` }} />
        </span>
      </div>
    </li>
  );
}
