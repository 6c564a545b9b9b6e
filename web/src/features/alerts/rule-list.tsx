import type { AlertRulesAnswer } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bell, Plus } from 'lucide-react';
import { useLastGood } from '../../api/last-good.ts';
import { alertRulesQuery } from '../../api/queries.ts';
import { visibleText } from '../../text/hidden-characters.ts';
import { Badge, SeverityBadge, type Tone } from '../../ui/badge.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { Switch } from '../../ui/form.tsx';
import { EmptyState, ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { toastError } from '../../ui/toast.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { toRuleInput, useSaveRule } from './alert-mutations.ts';
import { describeCondition } from './condition-text.ts';

type Rule = AlertRulesAnswer['rules'][number];

const STATES: Record<Rule['state'], { tone: Tone; label: string }> = {
  ok: { tone: 'green', label: 'OK' },
  pending: { tone: 'amber', label: 'PENDING' },
  firing: { tone: 'red', label: 'FIRING' },
  disabled: { tone: 'neutral', label: 'OFF' },
  error: { tone: 'red', label: 'FAILED' },
};

export function RuleList() {
  const read = useQuery(alertRulesQuery);
  const { data, error, loading } = useLastGood(read, 'rules');
  if (loading) return <SkeletonRows label="Loading rules" />;
  if (error && !data) return <ErrorState error={error} onRetry={() => void read.refetch()} />;
  if (!data || data.rules.length === 0) {
    return (
      <EmptyState
        icon={Bell}
        title="No rules"
        action={
          <Link to="/alerts/rules/$ruleId" params={{ ruleId: 'new' }} className={buttonClass('primary')}>
            <Plus size={14} aria-hidden="true" />
            New rule
          </Link>
        }
      >
        A rule says what is worth waking somebody for.
      </EmptyState>
    );
  }
  return (
    <>
      {error && <ErrorStrip error={error} what="Rules" onRetry={() => void read.refetch()} />}
      <ul aria-label="Rules" className="bg-surface">
        {data.rules.map((rule) => (
          <RuleRow key={rule.id} rule={rule} />
        ))}
      </ul>
    </>
  );
}

function RuleRow({ rule }: { rule: Rule }) {
  const save = useSaveRule(rule.id);
  const { tone, label } = STATES[rule.state];
  return (
    <li className="relative grid grid-cols-[5.5rem_minmax(0,1fr)_auto] items-center gap-x-4 border-b border-line px-4 py-2.5 hover:bg-hover max-md:grid-cols-[minmax(0,1fr)_auto] max-md:px-3">
      <span className="max-md:hidden">
        <Badge tone={tone}>{label}</Badge>
      </span>
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-2">
          <span className="md:hidden">
            <Badge tone={tone}>{label}</Badge>
          </span>
          <Link
            to="/alerts/rules/$ruleId"
            params={{ ruleId: rule.id }}
            className="truncate text-sm font-semibold outline-offset-[-2px] after:absolute after:inset-0"
          >
            <UserText>{rule.name}</UserText>
          </Link>
          <SeverityBadge severity={rule.severity} />
        </div>
        <p className="mt-0.5 text-sm wrap-anywhere text-muted">
          Fires when <UserText>{describeCondition(rule.condition, rule.windowSeconds)}</UserText>.
        </p>
        {rule.lastError && (
          <p className="mt-0.5 text-xs wrap-anywhere text-red">
            Last evaluation failed: <UserText>{rule.lastError}</UserText>
          </p>
        )}
      </div>
      <span className="relative z-1">
        <Switch
          label={`${visibleText(rule.name)} is ${rule.enabled ? 'on' : 'off'}`}
          checked={rule.enabled}
          disabled={save.isPending}
          onChange={(enabled) =>
            save.mutate({ ...toRuleInput(rule), enabled }, { onError: toastError('The rule did not change') })
          }
        />
      </span>
    </li>
  );
}
