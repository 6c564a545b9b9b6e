/** Incidents, newest first. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ShieldCheck, Siren } from 'lucide-react';
import { useLastGood } from '../../api/last-good.ts';
import { incidentsQuery } from '../../api/queries.ts';
import { useRowKeys } from '../../app/use-row-keys.ts';
import { LinkTabs, Page, PageBody, PageHeader } from '../../ui/page.tsx';
import { EmptyState, ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { IncidentLine } from './incident-line.tsx';

const route = getRouteApi('/shell/incidents');
const SHOWN = 200;

export function IncidentsScreen() {
  const { status = 'active' } = route.useSearch();
  const read = useQuery(incidentsQuery({ status: status === 'resolved' ? status : undefined, limit: SHOWN }));
  const { data, error, loading } = useLastGood(read, status);
  const list = useRowKeys('Incidents');
  const incidents =
    data?.incidents.filter(
      (incident) => status === 'all' || (status === 'resolved') === (incident.status === 'resolved'),
    ) ?? [];
  return (
    <Page>
      <PageHeader
        title="Incidents"
        lead={
          <LinkTabs
            label="Status"
            param="status"
            current={status}
            items={[
              { id: 'active', label: 'Active', count: status === 'active' && data ? incidents.length : undefined },
              { id: 'resolved', label: 'Resolved' },
              { id: 'all', label: 'All' },
            ]}
          />
        }
      />
      {error && data && <ErrorStrip error={error} what="Incidents" onRetry={() => void read.refetch()} />}
      <PageBody className="bg-surface">
        {incidents.length > 0 ? (
          <div ref={list}>
            {incidents.map((incident) => (
              <IncidentLine key={incident.id} incident={incident} />
            ))}
            {data && data.incidents.length >= SHOWN && (
              <p className="p-4 text-center text-sm text-muted">
                Among the newest {SHOWN} incidents. Older ones are not listed.
              </p>
            )}
          </div>
        ) : loading ? (
          <SkeletonRows label="Loading incidents" />
        ) : error ? (
          <ErrorState error={error} onRetry={() => void read.refetch()} />
        ) : status === 'active' ? (
          <EmptyState icon={ShieldCheck} title="No incident is open">
            When an alert fires, an incident opens here with its timeline and the evidence that belongs to it.
          </EmptyState>
        ) : (
          <EmptyState icon={Siren} title="No incidents yet" />
        )}
      </PageBody>
    </Page>
  );
}
