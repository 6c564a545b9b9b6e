import type { ErrorGroup, ErrorGroupStatus } from '@breakwater/server/api-types';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { toast, toastError } from '../../ui/toast.tsx';

const DONE: Record<ErrorGroupStatus, string> = {
  open: 'Opened again.',
  resolved: 'Resolved. It opens again if it happens again.',
  ignored: 'Ignored.',
};

/** Changes the status of an error group; every list of groups is read anew. */
export function useSetGroupStatus() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, status }: { id: string; status: ErrorGroupStatus }) =>
      api<ErrorGroup>(`/error-groups/${encodeURIComponent(id)}`, { method: 'PATCH', body: { status } }),
    onSuccess: (_group, { status }) => {
      toast('good', DONE[status]);
      return client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('/error-groups') });
    },
    onError: toastError('The status did not change'),
  });
}
