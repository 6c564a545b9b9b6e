/** Who is told about incidents. */
import type { Receiver, ReceiverInput, ReceiverType } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { CircleAlert, CircleCheck, Plus, Send, Trash2, Webhook } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useLastGood } from '../../api/last-good.ts';
import { receiversQuery } from '../../api/queries.ts';
import { visibleText } from '../../text/hidden-characters.ts';
import { formatMillis } from '../../time/format.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Field, Switch } from '../../ui/form.tsx';
import { Dialog } from '../../ui/overlay.tsx';
import { EmptyState, ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { toastError } from '../../ui/toast.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { useDeleteReceiver, useSaveReceiver, useTestReceiver } from './alert-mutations.ts';

const TYPE_NAMES: Record<ReceiverType, string> = { webhook: 'Webhook', pagerduty: 'PagerDuty' };

export function ReceiverList() {
  const read = useQuery(receiversQuery);
  const { data, error, loading } = useLastGood(read, 'receivers');
  const [editing, setEditing] = useState<Receiver | 'new' | null>(null);
  const add = (
    <Button tone="primary" icon={Plus} onClick={() => setEditing('new')}>
      New receiver
    </Button>
  );
  return (
    <>
      {error && data && <ErrorStrip error={error} what="Receivers" onRetry={() => void read.refetch()} />}
      {loading ? (
        <SkeletonRows label="Loading receivers" />
      ) : error && !data ? (
        <ErrorState error={error} onRetry={() => void read.refetch()} />
      ) : data && data.receivers.length > 0 ? (
        <>
          <ul aria-label="Receivers" className="bg-surface">
            {data.receivers.map((receiver) => (
              <ReceiverRow key={receiver.id} receiver={receiver} onEdit={() => setEditing(receiver)} />
            ))}
          </ul>
          <div className="p-4">{add}</div>
        </>
      ) : (
        <EmptyState icon={Webhook} title="Nobody is told yet" action={add}>
          A receiver is told when an incident opens, is acknowledged and is resolved: a signed webhook, or PagerDuty.
        </EmptyState>
      )}
      {editing && (
        <Dialog
          open
          onClose={() => setEditing(null)}
          title={editing === 'new' ? 'New receiver' : 'Change the receiver'}
          width="30rem"
        >
          <ReceiverForm receiver={editing === 'new' ? undefined : editing} onDone={() => setEditing(null)} />
        </Dialog>
      )}
    </>
  );
}

function ReceiverRow({ receiver, onEdit }: { receiver: Receiver; onEdit: () => void }) {
  const save = useSaveReceiver(receiver.id);
  const remove = useDeleteReceiver();
  const test = useTestReceiver();
  const { name, type, url, enabled } = receiver;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2.5 max-md:px-3">
      <div className="min-w-0 flex-1 basis-64">
        <div className="flex items-center gap-2">
          <button type="button" onClick={onEdit} className="truncate rounded-sm text-sm font-semibold hover:underline">
            <UserText>{name}</UserText>
          </button>
          <Badge>{TYPE_NAMES[type]}</Badge>
          {type === 'webhook' && !receiver.secretSet && <Badge tone="amber">NOT SIGNED</Badge>}
        </div>
        <p className="truncate font-mono text-xs text-muted">
          <UserText>{url}</UserText>
        </p>
        {test.data && (
          <p
            role="status"
            className={
              test.data.ok
                ? 'mt-1 flex items-center gap-1.5 text-xs text-green'
                : 'mt-1 flex items-center gap-1.5 text-xs text-red'
            }
          >
            {test.data.ok ? <CircleCheck size={13} aria-hidden="true" /> : <CircleAlert size={13} aria-hidden="true" />}
            <UserText>{test.data.detail}</UserText> ({formatMillis(test.data.durationMs)})
          </p>
        )}
        {test.error && (
          <p role="alert" className="mt-1 text-xs text-red">
            The test failed: <UserText>{test.error.message}</UserText>
          </p>
        )}
      </div>
      <Button icon={Send} disabled={test.isPending} onClick={() => test.mutate(receiver.id)}>
        {test.isPending ? 'Sending…' : 'Send a test'}
      </Button>
      <Switch
        label={`${visibleText(name)} is ${enabled ? 'on' : 'off'}`}
        checked={enabled}
        disabled={save.isPending}
        onChange={(next) =>
          save.mutate({ name, type, url, enabled: next }, { onError: toastError('The receiver did not change') })
        }
      />
      <IconButton
        label={`Delete ${visibleText(name)}`}
        icon={Trash2}
        disabled={remove.isPending}
        onClick={() => remove.mutate(receiver.id)}
      />
    </li>
  );
}

function ReceiverForm({ receiver, onDone }: { receiver: Receiver | undefined; onDone: () => void }) {
  const [input, setInput] = useState<ReceiverInput>(
    receiver
      ? { name: receiver.name, type: receiver.type, enabled: receiver.enabled, url: receiver.url }
      : { name: '', type: 'webhook', enabled: true, url: '' },
  );
  const save = useSaveReceiver(receiver?.id);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { secret, ...rest } = input;
    save.mutate(secret ? { ...rest, secret } : rest, { onSuccess: onDone });
  };
  const secretHint = receiver?.secretSet
    ? 'Set. Leave empty to keep it.'
    : input.type === 'webhook'
      ? 'At least 16 characters. Without it requests are not signed.'
      : 'The routing key of the integration, 32 characters.';
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 overflow-auto p-4">
      <Field label="Name" value={input.name}>
        {(id) => (
          <input
            id={id}
            className="field"
            required
            maxLength={200}
            value={input.name}
            onChange={(event) => setInput({ ...input, name: event.target.value })}
          />
        )}
      </Field>
      <Field label="Kind">
        {(id) => (
          <select
            id={id}
            className="field"
            value={input.type}
            onChange={(event) => setInput({ ...input, type: event.target.value as ReceiverType })}
          >
            <option value="webhook">Webhook</option>
            <option value="pagerduty">PagerDuty (Events API v2)</option>
          </select>
        )}
      </Field>
      <Field
        label="Address"
        value={input.url}
        hint={input.type === 'pagerduty' ? 'Empty: the public address of PagerDuty' : undefined}
      >
        {(id) => (
          <input
            id={id}
            type="url"
            className="field font-mono"
            required={input.type === 'webhook'}
            placeholder="https://"
            value={input.url}
            onChange={(event) => setInput({ ...input, url: event.target.value })}
          />
        )}
      </Field>
      <Field label={input.type === 'webhook' ? 'Signing secret' : 'Routing key'} hint={secretHint}>
        {(id) => (
          <input
            id={id}
            type="password"
            autoComplete="new-password"
            className="field font-mono"
            required={input.type === 'pagerduty' && !receiver?.secretSet}
            value={input.secret ?? ''}
            onChange={(event) => setInput({ ...input, secret: event.target.value })}
          />
        )}
      </Field>
      {save.error && (
        <p role="alert" className="rounded-md bg-red-soft px-3 py-2 text-sm wrap-anywhere text-red">
          <UserText>{save.error.message}</UserText>
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" tone="primary" disabled={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
