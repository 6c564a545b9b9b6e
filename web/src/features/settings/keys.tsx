/** Keys for programs, where the server demands them: made here, shown once, ended at once. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { api } from '../../api/client.ts';
import { visibleText } from '../../text/hidden-characters.ts';
import { useZone } from '../../time/clock.ts';
import { formatDateTime, formatStamp } from '../../time/format.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Section } from '../../ui/page.tsx';
import { ErrorState, SkeletonRows } from '../../ui/states.tsx';
import { toastError } from '../../ui/toast.tsx';
import { UserText } from '../../ui/user-text.tsx';

type KeyKind = 'ingest' | 'api';

/** GET /keys; the secret is in the answer of POST /keys only. */
interface Key {
  id: string;
  kind: KeyKind;
  name: string;
  createdAt: number;
}

const KINDS: Record<KeyKind, string> = { ingest: 'May send telemetry', api: 'May use the JSON API' };

export function Keys() {
  const client = useQueryClient();
  const read = useQuery({ queryKey: ['/keys'], queryFn: ({ signal }) => api<{ keys: Key[] }>('/keys', { signal }) });
  const zone = useZone();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<KeyKind>('ingest');
  const again = () => client.invalidateQueries({ queryKey: ['/keys'] });
  const create = useMutation({
    mutationFn: () => api<Key & { secret: string }>('/keys', { method: 'POST', body: { name, kind } }),
    onSuccess: () => {
      setName('');
      return again();
    },
    onError: toastError('The key was not made'),
  });
  const remove = useMutation({
    mutationFn: (id: string) => api<void>(`/keys/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSuccess: again,
    onError: toastError('The key was not ended'),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Section title="Keys">
      {read.isPending && <SkeletonRows rows={2} label="Loading keys" />}
      {read.error && <ErrorState error={read.error} onRetry={() => void read.refetch()} />}
      <ul aria-label="Keys">
        {read.data?.keys.map((key) => (
          <li key={key.id} className="flex items-center gap-3 border-b border-line px-4 py-1.5 text-sm">
            <span className="min-w-0 flex-1 truncate font-medium">
              <UserText>{key.name}</UserText>
            </span>
            <Badge>{key.kind.toUpperCase()}</Badge>
            <span className="num text-xs text-faint max-sm:hidden">
              <span title={formatStamp(key.createdAt, zone)}>{formatDateTime(key.createdAt, zone, 'minute')}</span>
            </span>
            <IconButton
              label={`End the key ${visibleText(key.name)}`}
              icon={Trash2}
              disabled={remove.isPending}
              onClick={() => remove.mutate(key.id)}
            />
          </li>
        ))}
      </ul>
      {create.data && (
        <div role="status" className="border-b border-line bg-green-soft px-4 py-2.5 text-sm">
          <p className="text-green">
            Copy the key <UserText>{create.data.name}</UserText> now: it is not shown again.
          </p>
          <p className="mt-1 flex items-center gap-1 font-mono text-xs">
            <span className="break-all">{create.data.secret}</span>
            <CopyButton text={create.data.secret} label="Copy the key" />
          </p>
        </div>
      )}
      <form onSubmit={submit} className="flex flex-wrap items-center gap-2 p-4">
        <input
          aria-label="Name of the new key"
          placeholder="Name, for example checkout-service"
          className="field min-w-40 flex-1"
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <select
          aria-label="What the key is for"
          className="field"
          value={kind}
          onChange={(event) => setKind(event.target.value as KeyKind)}
        >
          {Object.entries(KINDS).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <Button type="submit" icon={KeyRound} disabled={create.isPending}>
          Make a key
        </Button>
      </form>
    </Section>
  );
}
