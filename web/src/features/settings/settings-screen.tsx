/** This browser's settings, and the server as it is. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { LogOut, Rocket } from 'lucide-react';
import type { ReactNode } from 'react';
import { api } from '../../api/client.ts';
import { useLastGood } from '../../api/last-good.ts';
import { statusQuery } from '../../api/queries.ts';
import { type Preferences, REFRESH_CHOICES_MS, setPreferences, usePreferences } from '../../app/preferences.ts';
import { reportNavigation } from '../../app/use-range.ts';
import { useSecond, useZone } from '../../time/clock.ts';
import { formatAgo, formatBytes, formatCount, formatStamp, longDuration, offsetOf } from '../../time/format.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { cx } from '../../ui/class.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Fact, Page, PageBody, PageHeader, Section } from '../../ui/page.tsx';
import { ErrorState, ErrorStrip, SkeletonBox } from '../../ui/states.tsx';
import { toastError } from '../../ui/toast.tsx';
import { reachableEndpoint } from '../start/snippets.ts';
import { Faults } from '../start/start-guide.tsx';
import { Keys } from './keys.tsx';

export function SettingsScreen() {
  return (
    <Page>
      <PageHeader title="Settings" />
      <PageBody>
        <div className="mx-auto flex max-w-3xl flex-col gap-4 p-4 max-md:p-3">
          <BrowserSettings />
          <Server />
        </div>
      </PageBody>
    </Page>
  );
}

function BrowserSettings() {
  const { theme, zone, refreshMs } = usePreferences();
  return (
    <Section title="This browser">
      <div className="flex flex-col divide-y divide-line">
        <Setting label="Theme">
          <Choices<Preferences['theme']>
            label="Theme"
            value={theme}
            choices={[
              ['system', 'As the system'],
              ['light', 'Light'],
              ['dark', 'Dark'],
            ]}
            onChange={(next) => setPreferences({ theme: next })}
          />
        </Setting>
        <Setting label="Time zone">
          <Choices<Preferences['zone']>
            label="Time zone"
            value={zone}
            choices={[
              ['local', `Local (${offsetOf(Date.now())})`],
              ['utc', 'UTC'],
            ]}
            onChange={(next) => setPreferences({ zone: next })}
          />
        </Setting>
        <Setting label="Refresh relative ranges">
          <Choices<number>
            label="Refresh"
            value={refreshMs}
            choices={REFRESH_CHOICES_MS.map((ms) => [ms, ms === 0 ? 'Off' : `${ms / 1_000} s`])}
            onChange={(next) => setPreferences({ refreshMs: next })}
          />
        </Setting>
      </div>
    </Section>
  );
}

function Setting({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-2.5">
      <span className="text-sm">{label}</span>
      {children}
    </div>
  );
}

function Choices<T extends string | number>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: T;
  choices: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  return (
    <fieldset className="flex rounded-md border border-line-strong p-[2px]">
      <legend className="sr-only">{label}</legend>
      {choices.map(([choice, name]) => (
        <button
          key={choice}
          type="button"
          aria-pressed={choice === value}
          onClick={() => onChange(choice)}
          className={cx(
            'num rounded-sm px-2.5 py-[3px] text-sm',
            choice === value ? 'bg-active font-medium' : 'text-muted hover:text-text',
          )}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

function Server() {
  const read = useQuery(statusQuery);
  const { data, error } = useLastGood(read, 'status');
  const now = useSecond();
  const zone = useZone();
  if (!data) {
    return (
      <Section title="Server">
        {error ? (
          <ErrorState error={error} onRetry={() => void read.refetch()} />
        ) : (
          <SkeletonBox label="Loading" className="m-4 h-40" />
        )}
      </Section>
    );
  }
  const { store, ingest, auth } = data;
  const endpoint = reachableEndpoint(data.otlpEndpoint, location.hostname);
  return (
    <>
      <Section
        title="Server"
        aside={
          <Link to="/start" className={buttonClass('quiet')}>
            <Rocket size={14} aria-hidden="true" />
            How to send
          </Link>
        }
      >
        {error && <ErrorStrip error={error} what="The newest state is missing" onRetry={() => void read.refetch()} />}
        <dl className="grid grid-cols-2 gap-x-4 gap-y-3 p-4 sm:grid-cols-3">
          <Fact label="Version">{data.version}</Fact>
          <Fact label="Running for">
            <span title={formatStamp(data.startedAt, zone)}>{longDuration(Math.max(0, now - data.startedAt))}</span>
          </Fact>
          <Fact label="Telemetry address">
            <span className="flex items-center gap-1">
              <span className="truncate font-mono text-xs">{endpoint}</span>
              <CopyButton text={endpoint} label="Copy the address" />
            </span>
          </Fact>
          <Fact label="Store">
            <span className="flex items-center gap-2">
              {store.kind}
              <Badge tone={store.state === 'ready' ? 'green' : store.state === 'restarting' ? 'amber' : 'red'}>
                {store.state.toUpperCase()}
              </Badge>
            </span>
          </Fact>
          <Fact label="Rows stored">{formatCount(store.rows)}</Fact>
          <Fact label="On disk">{formatBytes(store.bytesOnDisk)}</Fact>
        </dl>
      </Section>
      <Section title="Received since the start">
        <dl className="grid grid-cols-2 gap-x-4 gap-y-3 p-4 sm:grid-cols-3">
          <Fact label="Log records">{formatCount(ingest.accepted.logs)}</Fact>
          <Fact label="Spans">{formatCount(ingest.accepted.spans)}</Fact>
          <Fact label="Metric points">{formatCount(ingest.accepted.metricPoints)}</Fact>
          <Fact label="Rejected">
            <span className={ingest.rejected > 0 ? 'text-red' : ''}>{formatCount(ingest.rejected)}</span>
          </Fact>
          <Fact label="Last received">
            {ingest.lastReceivedAt === null
              ? 'never'
              : formatAgo(ingest.lastReceivedAt, Math.max(now, ingest.lastReceivedAt))}
          </Fact>
        </dl>
      </Section>
      <Faults faults={ingest.faults} />
      {auth.required && (
        <>
          <Keys />
          <Account user={auth.user} />
        </>
      )}
    </>
  );
}

function Account({ user }: { user: string | null }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const logout = useMutation({
    mutationFn: () => api<void>('/logout', { method: 'POST' }),
    onSuccess: () => {
      client.clear();
      navigate({ to: '/login' }).catch(reportNavigation);
    },
    onError: toastError('You are still logged in'),
  });
  return (
    <Section title="Account">
      <Setting label={user ? `Logged in as ${user}` : 'Not logged in'}>
        <Button icon={LogOut} disabled={logout.isPending} onClick={() => logout.mutate()}>
          Log out
        </Button>
      </Setting>
    </Section>
  );
}
