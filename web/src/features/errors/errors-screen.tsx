/** The errors inbox. */
import type { ErrorGroup, ErrorGroupStatus } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Bug, CircleCheck, Search, X } from 'lucide-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useLastGood } from '../../api/last-good.ts';
import { errorGroupsQuery } from '../../api/queries.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { TimePicker } from '../../app/time-picker.tsx';
import { reportNavigation, useRange } from '../../app/use-range.ts';
import { formatCompact, nanoToMs } from '../../time/format.ts';
import { zoomOut } from '../../time/range.ts';
import { Ago } from '../../ui/ago.tsx';
import { Badge, ServiceName } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { cx } from '../../ui/class.ts';
import { HiddenNote } from '../../ui/hidden-note.tsx';
import { ListEnd } from '../../ui/list-end.tsx';
import { LinkTabs, Page, PageBody, PageHeader } from '../../ui/page.tsx';
import { ServiceNames } from '../../ui/service-names.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { EmptyState, ErrorState, ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { StatsLine } from '../../ui/stats-line.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { useSetGroupStatus } from './group-status.ts';

const route = getRouteApi('/shell/errors');
const SHOWN = 200;

export function ErrorsScreen() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { window, range, text, setRange } = useRange();
  const status: ErrorGroupStatus = search.status ?? 'open';
  const sort = search.sort ?? 'last_seen';
  const filter = { status, sort, service: search.service, search: search.find, limit: SHOWN };
  const read = useQuery(errorGroupsQuery(window, filter));
  const { data, error, loading } = useLastGood(read, JSON.stringify([filter, text]));
  const groups = data?.groups ?? [];
  const setStatus = useSetGroupStatus();
  const [cursor, setCursor] = useState(-1);
  const list = useRef<HTMLUListElement>(null);
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...next }), replace: true }).catch(reportNavigation);

  const move = (step: number) => {
    const next = Math.max(0, Math.min(cursor + step, groups.length - 1));
    setCursor(next);
    list.current?.querySelectorAll<HTMLAnchorElement>('a[data-row]')[next]?.focus();
  };
  const current = groups[cursor];
  const act = (to: ErrorGroupStatus) => current && setStatus.mutate({ id: current.id, status: to });
  useShortcuts('Errors', [
    { keys: 'j', label: 'Next error', run: () => move(1) },
    { keys: 'k', label: 'Previous error', run: () => move(-1) },
    { keys: 'x', label: 'Resolve, or open again', run: () => act(status === 'open' ? 'resolved' : 'open') },
    { keys: 'i', label: 'Ignore', run: () => act('ignored') },
  ]);
  const filtered = Boolean(search.service || search.find);
  return (
    <Page>
      <PageHeader
        title="Errors"
        lead={
          <LinkTabs
            label="Status"
            param="status"
            current={status}
            items={[
              { id: 'open', label: 'Open', count: status === 'open' && data ? groups.length : undefined },
              { id: 'resolved', label: 'Resolved' },
              { id: 'ignored', label: 'Ignored' },
            ]}
          />
        }
      >
        <TimePicker />
      </PageHeader>
      <div className="flex flex-wrap items-center gap-2 border-b border-line bg-surface px-4 py-2 max-md:px-3">
        <SearchBox value={search.find ?? ''} onSearch={(find) => change({ find: find || undefined })} />
        {search.service && (
          <span className="inline-flex h-[30px] items-center gap-1 rounded-md bg-accent-soft pr-1 pl-2.5 text-sm">
            <ServiceName service={search.service} />
            <IconButton size="sm" icon={X} label="Every service" onClick={() => change({ service: undefined })} />
          </span>
        )}
        <label className="flex items-center gap-2 text-sm text-muted">
          <span className="max-sm:sr-only">Order</span>
          <select
            className="field"
            value={sort}
            onChange={(event) =>
              change({ sort: event.target.value === 'last_seen' ? undefined : (event.target.value as typeof sort) })
            }
          >
            <option value="last_seen">Last seen</option>
            <option value="first_seen">First seen</option>
            <option value="count">Most events</option>
          </select>
        </label>
        <span className="ml-auto max-lg:hidden">
          <StatsLine stats={data?.stats} />
        </span>
      </div>
      {error && data && <ErrorStrip error={error} what="Errors" onRetry={() => void read.refetch()} />}
      <PageBody className="bg-surface">
        {groups.length > 0 ? (
          <ul ref={list} aria-label="Error groups">
            {groups.map((group, index) => (
              <GroupRow
                key={group.id}
                group={group}
                onFocus={() => setCursor(index)}
                onStatus={(to) => setStatus.mutate({ id: group.id, status: to })}
              />
            ))}
            {data && data.groups.length >= SHOWN && (
              <ListEnd>
                The first {SHOWN} errors in this order. Search, or choose a shorter time, to see others.
              </ListEnd>
            )}
          </ul>
        ) : loading ? (
          <SkeletonRows label="Loading errors" />
        ) : error ? (
          <ErrorState error={error} onRetry={() => void read.refetch()} />
        ) : (
          <EmptyState
            icon={status === 'open' && !filtered ? CircleCheck : Bug}
            title={status === 'open' && !filtered ? 'No open errors in this time range' : 'No errors here'}
            action={
              <>
                {filtered && (
                  <Button onClick={() => change({ service: undefined, find: undefined })}>Clear the filters</Button>
                )}
                <Button onClick={() => setRange(zoomOut(range, Date.now()))}>Look further back</Button>
              </>
            }
          >
            Exceptions in spans and error-level log records are grouped here by what went wrong and where.
          </EmptyState>
        )}
      </PageBody>
    </Page>
  );
}

function SearchBox({ value, onSearch }: { value: string; onSearch: (text: string) => void }) {
  const [draft, setDraft] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setDraft(value), [value]);
  useShortcuts('Search', [{ keys: '/', label: 'Search errors', run: () => input.current?.focus() }]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSearch(draft.trim());
  };
  return (
    <form onSubmit={submit} className="relative min-w-48 flex-1 basis-64 sm:max-w-md">
      <Search size={14} aria-hidden="true" className="absolute top-2 left-2.5 text-faint" />
      <input
        ref={input}
        type="search"
        className="field w-full pl-8!"
        placeholder="Type, message or place"
        aria-label="Search errors"
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value);
          // The browser's own clear button sends no submit.
          if (event.target.value === '') onSearch('');
        }}
      />
      <HiddenNote text={draft} className="mt-1" />
    </form>
  );
}

export function GroupBadges({ group }: { group: ErrorGroup }) {
  return (
    <>
      {group.badge === 'new' && <Badge tone="accent">NEW</Badge>}
      {group.badge === 'regressed' && <Badge tone="amber">REGRESSED</Badge>}
      {group.status === 'resolved' && <Badge tone="green">RESOLVED</Badge>}
      {group.status === 'ignored' && <Badge>IGNORED</Badge>}
    </>
  );
}

function GroupRow({
  group,
  onFocus,
  onStatus,
}: {
  group: ErrorGroup;
  onFocus: () => void;
  onStatus: (status: ErrorGroupStatus) => void;
}) {
  return (
    <li className="group relative grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-5 gap-y-1 border-b border-line px-4 py-2.5 hover:bg-hover has-[a:focus-visible]:bg-hover lg:grid-cols-[minmax(0,1fr)_7rem_5rem_5.5rem_5.5rem_9.5rem] max-md:px-3">
      <div className="min-w-0">
        <div className="flex min-w-0 items-center gap-2">
          <Link
            data-row
            to="/errors/$groupId"
            params={{ groupId: group.id }}
            onFocus={onFocus}
            className="truncate text-sm font-semibold outline-offset-[-2px] after:absolute after:inset-0"
          >
            <UserText>{group.type || 'Error'}</UserText>
          </Link>
          <GroupBadges group={group} />
        </div>
        <p className="truncate text-sm text-muted">
          <UserText>{group.message}</UserText>
        </p>
        <p className="mt-0.5 flex min-w-0 flex-wrap items-center gap-x-3 text-xs text-faint">
          <ServiceNames services={group.services} />
          {group.culprit && (
            <span className="truncate font-mono">
              <UserText>{group.culprit}</UserText>
            </span>
          )}
          {group.environment && (
            <span className="max-w-full truncate">
              <UserText>{group.environment}</UserText>
            </span>
          )}
        </p>
      </div>
      <span className="max-lg:hidden">
        <Sparkline values={group.sparkline} label="Events over the range" />
      </span>
      <Figure label="events" className="text-text!">
        <span className="text-sm font-semibold">{formatCompact(group.count)}</span>
        <span className="block font-normal text-muted lg:hidden">
          <Ago ms={nanoToMs(group.lastSeenUnixNano)} />
        </span>
      </Figure>
      <Figure label="last seen" className="max-lg:hidden">
        <Ago ms={nanoToMs(group.lastSeenUnixNano)} />
      </Figure>
      <Figure label="first seen" className="max-lg:hidden">
        <Ago ms={nanoToMs(group.firstSeenUnixNano)} />
      </Figure>
      <span className="relative z-1 flex justify-end gap-1 max-lg:hidden">
        {group.status === 'open' ? (
          <>
            <Button tone="quiet" onClick={() => onStatus('resolved')}>
              Resolve
            </Button>
            <Button tone="quiet" onClick={() => onStatus('ignored')}>
              Ignore
            </Button>
          </>
        ) : (
          <Button tone="quiet" onClick={() => onStatus('open')}>
            Open again
          </Button>
        )}
      </span>
    </li>
  );
}

function Figure({ label, className, children }: { label: string; className?: string; children: React.ReactNode }) {
  return (
    <span className={cx('num text-right text-xs text-muted', className)}>
      <span className="block">{children}</span>
      <span className="block text-2xs text-faint">{label}</span>
    </span>
  );
}
