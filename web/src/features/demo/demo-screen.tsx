/** The demo shop's faults: switch one on and watch it become an incident. */
import type { DemoFault } from '@breakwater/server/api-types';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Activity, Bell, Bug, FlaskConical, ScrollText, Siren } from 'lucide-react';
import { api } from '../../api/client.ts';
import { useLastGood } from '../../api/last-good.ts';
import { demoFaultsQuery } from '../../api/queries.ts';
import { useSecond } from '../../time/clock.ts';
import { longDuration } from '../../time/format.ts';
import { Badge } from '../../ui/badge.tsx';
import { Switch } from '../../ui/form.tsx';
import { Page, PageBody, PageHeader, Section } from '../../ui/page.tsx';
import { EmptyState, ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { toastError } from '../../ui/toast.tsx';

export function DemoScreen() {
  const read = useQuery(demoFaultsQuery);
  const { data, error, loading } = useLastGood(read, 'faults');
  return (
    <Page>
      <PageHeader title="Demo" />
      <PageBody>
        <div className="mx-auto flex max-w-3xl flex-col gap-4 p-4 max-md:p-3">
          <p className="text-sm text-pretty text-muted">
            The demo shop takes orders all the time: a gateway, orders and payments, instrumented with OpenTelemetry.
            Break it on purpose and follow the failure from the log line to the incident.
          </p>
          <Section title="Faults">
            {error && data && <ErrorStrip error={error} what="Faults" onRetry={() => void read.refetch()} />}
            {data && data.faults.length > 0 ? (
              data.faults.map((fault) => <FaultRow key={fault.name} fault={fault} />)
            ) : loading ? (
              <SkeletonRows rows={4} label="Loading faults" />
            ) : error ? (
              <ErrorState error={error} onRetry={() => void read.refetch()} />
            ) : (
              <EmptyState icon={FlaskConical} title="The shop offers no faults" />
            )}
          </Section>
          <Section title="What to watch">
            <ol className="divide-y divide-line text-sm">
              <Step
                icon={ScrollText}
                to="/logs"
                search={{ live: '1', query: 'level:>=warn' }}
                title="Live logs"
                text="Warnings and errors as they arrive"
              />
              <Step
                icon={Activity}
                to="/traces"
                search={{ query: 'status:error' }}
                title="Failed traces"
                text="One request across all three services"
              />
              <Step
                icon={Bug}
                to="/errors"
                title="Its error group"
                text="The same failure counted once, with its stack"
              />
              <Step icon={Bell} to="/alerts" title="The alert" text="Fires within seconds of the threshold" />
              <Step
                icon={Siren}
                to="/incidents"
                title="The incident"
                text="Opens by itself, resolves itself when the fault ends"
              />
            </ol>
          </Section>
        </div>
      </PageBody>
    </Page>
  );
}

function FaultRow({ fault }: { fault: DemoFault }) {
  const client = useQueryClient();
  const now = useSecond();
  const change = useMutation({
    mutationFn: (enabled: boolean) =>
      api(`/demo/faults/${encodeURIComponent(fault.name)}`, { method: 'PUT', body: { enabled } }),
    onSettled: () => client.invalidateQueries({ queryKey: demoFaultsQuery.queryKey }),
    onError: toastError('The fault did not change'),
  });
  const enabled = change.isPending ? change.variables : fault.enabled;
  return (
    <div className="flex items-center gap-4 border-b border-line px-4 py-3 last:border-0">
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-2">
          <span className="text-sm font-semibold">{fault.title}</span>
          {fault.enabled && <Badge tone="red">ON</Badge>}
          {fault.enabled && fault.endsAt !== null && (
            <span className="num text-xs text-muted">
              ends by itself in {longDuration(Math.max(0, fault.endsAt - now))}
            </span>
          )}
        </div>
        <p className="mt-0.5 text-sm text-muted">{fault.description}</p>
      </div>
      <Switch
        label={fault.title}
        checked={enabled}
        disabled={change.isPending}
        onChange={(next) => change.mutate(next)}
      />
    </div>
  );
}

interface StepProps {
  icon: typeof Activity;
  to: '/logs' | '/traces' | '/errors' | '/alerts' | '/incidents';
  search?: { query?: string; live?: '1' };
  title: string;
  text: string;
}

function Step({ icon: Icon, to, search = {}, title, text }: StepProps) {
  return (
    <li className="relative flex flex-wrap items-center gap-x-3 px-4 py-2 hover:bg-hover">
      <Icon size={15} aria-hidden="true" className="shrink-0 text-faint" />
      <Link to={to} search={search} className="font-medium outline-offset-[-2px] after:absolute after:inset-0">
        {title}
      </Link>
      <span className="text-muted sm:ml-auto sm:text-right">{text}</span>
    </li>
  );
}
