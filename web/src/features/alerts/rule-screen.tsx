/** Creates or changes an alert rule. */
import type { AlertCondition, AlertRuleInput, Severity } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft, Bell, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { alertRulesQuery, alertsQuery } from '../../api/queries.ts';
import { reportNavigation } from '../../app/use-range.ts';
import { longDuration } from '../../time/format.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Field, NumberField, Switch } from '../../ui/form.tsx';
import { Dialog } from '../../ui/overlay.tsx';
import { Page, PageBody, PageHeader, Section } from '../../ui/page.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { AlertRow } from './alert-list.tsx';
import { toRuleInput, useDeleteRule, useSaveRule } from './alert-mutations.ts';
import { ConditionFields, ServiceField } from './condition-fields.tsx';
import { CONDITION_NAMES, describeCondition, NEW_RULE, newCondition } from './condition-text.ts';

const route = getRouteApi('/shell/alerts/rules/$ruleId');

export function RuleScreen() {
  const { ruleId } = route.useParams();
  const { group } = route.useSearch();
  const read = useQuery({ ...alertRulesQuery, enabled: ruleId !== 'new' });
  if (ruleId === 'new') {
    const start: AlertRuleInput = group
      ? { ...NEW_RULE, condition: { kind: 'error_count', groupId: group, threshold: 1 } }
      : NEW_RULE;
    return <RuleForm key="new" start={start} id={undefined} />;
  }
  const rule = read.data?.rules.find(({ id }) => id === ruleId);
  if (rule) return <RuleForm key={rule.id} start={toRuleInput(rule)} id={rule.id} />;
  return (
    <Page>
      <PageHeader title="Rule" />
      {read.isPending ? (
        <SkeletonRows label="Loading the rule" />
      ) : read.error ? (
        <ErrorState error={read.error} onRetry={() => void read.refetch()} />
      ) : (
        <EmptyState
          icon={Bell}
          title="No such rule"
          action={
            <Link to="/alerts" search={{ tab: 'rules' }} className={buttonClass()}>
              All rules
            </Link>
          }
        >
          It may have been deleted. Alerts it raised are kept.
        </EmptyState>
      )}
    </Page>
  );
}

const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

function RuleForm({ start, id }: { start: AlertRuleInput; id: string | undefined }) {
  const [rule, setRule] = useState(start);
  const [asked, setAsked] = useState(false);
  const navigate = useNavigate();
  const save = useSaveRule(id);
  const remove = useDeleteRule();
  const change = (next: Partial<AlertRuleInput>) => setRule({ ...rule, ...next });
  const back = () => void navigate({ to: '/alerts', search: { tab: 'rules' } }).catch(reportNavigation);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(rule, {
      onSuccess: () => {
        toast('good', id ? 'The rule is saved.' : 'The rule is created.');
        back();
      },
    });
  };
  return (
    <Page>
      <PageHeader
        title={id ? 'Change the rule' : 'New rule'}
        back={
          <Link
            to="/alerts"
            search={{ tab: 'rules' }}
            aria-label="All rules"
            className={buttonClass('quiet', '-mx-2 w-[30px] px-0!')}
          >
            <ArrowLeft size={15} aria-hidden="true" />
          </Link>
        }
      />
      <PageBody>
        <form onSubmit={submit} className="mx-auto flex max-w-3xl flex-col gap-4 p-4 max-md:p-3">
          <Section title="What to watch">
            <div className="grid gap-4 p-4 sm:grid-cols-2">
              <Field label="Name" value={rule.name} className="sm:col-span-2">
                {(fieldId) => (
                  <input
                    id={fieldId}
                    className="field"
                    required
                    maxLength={200}
                    value={rule.name}
                    placeholder="Payments fail"
                    onChange={(event) => change({ name: event.target.value })}
                  />
                )}
              </Field>
              <Field label="Measure">
                {(fieldId) => (
                  <select
                    id={fieldId}
                    className="field"
                    value={rule.condition.kind}
                    onChange={(event) =>
                      change({ condition: newCondition(event.target.value as AlertCondition['kind']) })
                    }
                  >
                    {Object.entries(CONDITION_NAMES).map(([kind, label]) => (
                      <option key={kind} value={kind}>
                        {label}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
              <ServiceField condition={rule.condition} onChange={(condition) => change({ condition })} />
              <ConditionFields condition={rule.condition} onChange={(condition) => change({ condition })} />
            </div>
            <p className="border-t border-line bg-sunken px-4 py-2.5 text-sm">
              Fires when{' '}
              <span className="font-medium">
                <UserText>{describeCondition(rule.condition, rule.windowSeconds || 0)}</UserText>
              </span>
              {rule.forSeconds > 0 ? `, for ${longDuration(rule.forSeconds * 1_000)} without a break` : ''}.
            </p>
          </Section>
          <Section title="When and how loud">
            <div className="grid gap-4 p-4 sm:grid-cols-3">
              <NumberField
                label="Over the last"
                hint="10 seconds to a day"
                value={rule.windowSeconds}
                min={10}
                max={86_400}
                suffix="s"
                onChange={(windowSeconds) => change({ windowSeconds })}
              />
              <NumberField
                label="Must hold for"
                hint="0 fires at once"
                value={rule.forSeconds}
                min={0}
                max={86_400}
                suffix="s"
                onChange={(forSeconds) => change({ forSeconds })}
              />
              <NumberField
                label="Quiet after it resolved"
                hint="No new alert for the same target"
                value={rule.cooldownSeconds}
                min={0}
                max={604_800}
                suffix="s"
                onChange={(cooldownSeconds) => change({ cooldownSeconds })}
              />
              <Field label="Severity">
                {(fieldId) => (
                  <select
                    id={fieldId}
                    className="field"
                    value={rule.severity}
                    onChange={(event) => change({ severity: event.target.value as Severity })}
                  >
                    {SEVERITIES.map((severity) => (
                      <option key={severity}>{severity}</option>
                    ))}
                  </select>
                )}
              </Field>
              <Field label="Runbook" value={rule.runbookUrl} className="sm:col-span-2">
                {(fieldId) => (
                  <input
                    id={fieldId}
                    type="url"
                    className="field"
                    placeholder="https://"
                    value={rule.runbookUrl}
                    onChange={(event) => change({ runbookUrl: event.target.value })}
                  />
                )}
              </Field>
              <div className="flex items-center gap-2 text-sm sm:col-span-3">
                <Switch
                  label="The rule is evaluated"
                  checked={rule.enabled}
                  onChange={(enabled) => change({ enabled })}
                />
                {rule.enabled ? 'Evaluated every few seconds' : 'Off: not evaluated, its alerts are resolved'}
              </div>
            </div>
          </Section>
          {save.error && (
            <p role="alert" className="rounded-md bg-red-soft px-3 py-2 text-sm wrap-anywhere text-red">
              <UserText>
                {save.error instanceof ApiError
                  ? save.error.problem.detail || save.error.problem.title
                  : save.error.message}
              </UserText>
            </p>
          )}
          <div className="flex flex-wrap gap-2">
            <Button type="submit" tone="primary" disabled={save.isPending}>
              {id ? 'Save' : 'Create the rule'}
            </Button>
            <Button onClick={back}>Cancel</Button>
            {id && (
              <Button tone="danger" icon={Trash2} className="ml-auto" onClick={() => setAsked(true)}>
                Delete
              </Button>
            )}
          </div>
        </form>
        {id && <RuleAlerts ruleId={id} />}
      </PageBody>
      <Dialog open={asked} onClose={() => setAsked(false)} title="Delete this rule?" width="24rem">
        <div className="flex flex-col gap-4 p-4">
          <p className="text-sm text-muted">Its alerts are resolved and stay in the list. This cannot be undone.</p>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsked(false)}>Keep it</Button>
            <Button
              tone="danger"
              disabled={remove.isPending}
              onClick={() => id && remove.mutate(id, { onSuccess: back, onSettled: () => setAsked(false) })}
            >
              Delete the rule
            </Button>
          </div>
        </div>
      </Dialog>
    </Page>
  );
}

function RuleAlerts({ ruleId }: { ruleId: string }) {
  const { data } = useQuery(alertsQuery({ limit: 1_000 }));
  const alerts = data?.alerts.filter((alert) => alert.ruleId === ruleId).slice(0, 20) ?? [];
  if (alerts.length === 0) return null;
  return (
    <div className="mx-auto max-w-3xl px-4 pb-6 max-md:px-3">
      <Section title="Its latest alerts">
        <ul>
          {alerts.map((alert) => (
            <AlertRow key={alert.id} alert={alert} />
          ))}
        </ul>
      </Section>
    </div>
  );
}
