/** Chooses the incident that this one and another become. The older one always goes on. */
import type { IncidentDetail, IncidentSummary } from '@breakwater/server/api-types';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Siren } from 'lucide-react';
import { api } from '../../api/client.ts';
import { incidentQuery, incidentsQuery } from '../../api/queries.ts';
import { Dialog } from '../../ui/overlay.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx';
import { toast, toastError } from '../../ui/toast.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { type Merger, mergersOf } from './mergers.ts';

const LISTED = 200;

export function MergeDialog({
  incident,
  open,
  onClose,
}: {
  incident: IncidentDetail;
  open: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog open={open} onClose={onClose} title={`Merge INC-${incident.number}`}>
      <Choices incident={incident} onClose={onClose} />
    </Dialog>
  );
}

function Choices({ incident, onClose }: { incident: IncidentDetail; onClose: () => void }) {
  const read = useQuery(incidentsQuery({ limit: LISTED }));
  const client = useQueryClient();
  const navigate = useNavigate();
  const merge = useMutation({
    mutationFn: ({ newer, older }: Merger) =>
      api<IncidentDetail>(`/incidents/${encodeURIComponent(newer.id)}/merge`, {
        method: 'POST',
        body: { into: older.id },
      }),
    onSuccess: (kept, { newer, older }) => {
      client.setQueryData(incidentQuery(kept.id).queryKey, kept);
      toast('good', `INC-${newer.number} is now part of INC-${older.number}.`);
      onClose();
      void navigate({ to: '/incidents/$incidentId', params: { incidentId: kept.id } });
      return client.invalidateQueries({
        predicate: ({ queryKey: [path] }) => typeof path === 'string' && path.startsWith('/incidents'),
      });
    },
    onError: toastError('They were not merged'),
  });
  if (read.isPending) return <SkeletonRows rows={3} label="Loading incidents" />;
  if (!read.data) return <ErrorState error={read.error} onRetry={() => void read.refetch()} />;
  const mergers = mergersOf(incident, read.data.incidents);
  if (mergers.length === 0) {
    return (
      <EmptyState icon={Siren} title="There is no incident to merge with">
        Incidents are merged into older ones that are open and of the same environment
        {incident.environment === '' ? '' : ', '}
        <UserText>{incident.environment}</UserText>.
      </EmptyState>
    );
  }
  return (
    <>
      <p className="px-4 pt-3 pb-2 text-sm text-muted">
        The newer incident becomes part of the older one: its alerts move there, its own page points to it. This cannot
        be undone.
      </p>
      <ul aria-label="Incidents to merge with" className="overflow-auto border-t border-line">
        {mergers.map((merger) => (
          <Choice
            key={merger.other.id}
            merger={merger}
            current={incident}
            disabled={merge.isPending}
            onChoose={() => merge.mutate(merger)}
          />
        ))}
      </ul>
    </>
  );
}

function Choice({
  merger: { other, older },
  current,
  disabled,
  onChoose,
}: {
  merger: Merger;
  current: IncidentSummary;
  disabled: boolean;
  onChoose: () => void;
}) {
  return (
    <li className="border-b border-line last:border-0">
      <button
        type="button"
        disabled={disabled}
        onClick={onChoose}
        className="block w-full px-4 py-2.5 text-left hover:bg-hover disabled:opacity-50"
      >
        <span className="block text-sm font-medium wrap-anywhere">
          <span className="num mr-2 text-faint">INC-{other.number}</span>
          <UserText>{other.title}</UserText>
        </span>
        <span className="num mt-0.5 block text-xs text-muted">
          {older.id === other.id
            ? `INC-${current.number} becomes part of INC-${other.number}`
            : `INC-${other.number} becomes part of INC-${current.number}`}
        </span>
      </button>
    </li>
  );
}
