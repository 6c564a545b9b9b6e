/** First run: where to send, what to paste, and what has arrived so far. */
import type { StatusAnswer } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowRight, CircleCheck, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { servicesQuery, statusQuery } from '../../api/queries.ts';
import { useNow, useSecond, useZone } from '../../time/clock.ts';
import { formatAgo, formatClock, plural } from '../../time/format.ts';
import { buttonClass } from '../../ui/button.tsx';
import { cx } from '../../ui/class.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ErrorState, SkeletonBox } from '../../ui/states.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { reachableEndpoint, snippetsFor } from './snippets.ts';

/** While somebody waits for the first record, every second counts. */
const WAITING_MS = 1_000;

export function StartGuide() {
  const { data: status, error, refetch } = useQuery({ ...statusQuery, refetchInterval: WAITING_MS });
  const [language, setLanguage] = useState('node');
  if (!status) {
    return error ? (
      <ErrorState error={error} onRetry={() => void refetch()} />
    ) : (
      <SkeletonBox label="Loading" className="mx-auto mt-10 h-80 w-[min(46rem,90%)]" />
    );
  }
  const endpoint = reachableEndpoint(status.otlpEndpoint, location.hostname);
  const snippets = snippetsFor(endpoint, status.auth.required);
  const snippet = snippets.find(({ id }) => id === language) ?? snippets[0]!;
  return (
    <div className="mx-auto flex w-[min(46rem,100%)] flex-col gap-5 px-4 py-8 max-md:py-5">
      <div>
        <h2 className="text-xl font-semibold tracking-tight">Send your first telemetry</h2>
        <p className="mt-1 text-muted">
          Breakwater takes OpenTelemetry logs, traces and metrics over HTTP, as protobuf or JSON, at this address:
        </p>
      </div>
      <div className="card flex items-center gap-2 py-1.5 pr-2 pl-4">
        <code className="min-w-0 flex-1 truncate font-mono text-base text-accent">{endpoint}</code>
        <CopyButton text={endpoint} label="Copy the address" size="md" />
      </div>
      {status.auth.required && (
        <p className="text-sm text-muted">
          Senders need a key: the one printed at the first start, or a new one from{' '}
          <Link to="/settings" className="rounded-sm text-accent hover:underline">
            Settings
          </Link>
          .
        </p>
      )}
      <Arrivals status={status} />
      <section className="card overflow-hidden">
        <div
          role="tablist"
          aria-label="Language"
          className="flex gap-1 overflow-x-auto border-b border-line px-2 py-1.5"
        >
          {snippets.map(({ id, label }) => (
            <button
              key={id}
              type="button"
              role="tab"
              aria-selected={id === snippet.id}
              onClick={() => setLanguage(id)}
              className={cx(
                'rounded-md px-2.5 py-1 text-sm font-medium whitespace-nowrap',
                id === snippet.id ? 'bg-active text-text' : 'text-muted hover:bg-hover',
              )}
            >
              {label}
            </button>
          ))}
        </div>
        <div role="tabpanel" aria-label={snippet.label} className="relative">
          {/* In the order of the keyboard, as it scrolls sideways on a narrow screen. */}
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a pointer
            tabIndex={0}
            className="mr-12 overflow-x-auto p-4 font-mono text-xs leading-5"
          >
            {snippet.lines}
          </pre>
          <span className="absolute top-2.5 right-2.5">
            <CopyButton text={snippet.lines} label="Copy these lines" size="md" />
          </span>
          <p className="border-t border-line px-4 py-2 text-xs text-muted">{snippet.note}</p>
        </div>
      </section>
      <Faults faults={status.ingest.faults} />
    </div>
  );
}

function Arrivals({ status }: { status: StatusAnswer }) {
  const { accepted, rejected, lastReceivedAt } = status.ingest;
  const now = useSecond();
  const range = useNow();
  const any = lastReceivedAt !== null && accepted.logs + accepted.spans + accepted.metricPoints > 0;
  const { data } = useQuery({
    ...servicesQuery({ fromMs: range - 86_400_000, toMs: range + 60_000 }),
    enabled: any,
    refetchInterval: 5_000,
  });
  const services = data?.services.map(({ service }) => service) ?? [];
  if (!any) {
    return (
      <div role="status" className="card flex items-center gap-3 px-4 py-3">
        <span className="beacon size-2 shrink-0 rounded-full bg-amber" />
        <span className="font-medium">Waiting for data…</span>
        <span className="text-sm text-muted max-sm:hidden">This page notices by itself.</span>
      </div>
    );
  }
  const counts = [
    accepted.logs > 0 && plural(accepted.logs, 'log record'),
    accepted.spans > 0 && plural(accepted.spans, 'span'),
    accepted.metricPoints > 0 && plural(accepted.metricPoints, 'metric point'),
  ].filter(Boolean);
  return (
    <div role="status" className="card flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
      <CircleCheck size={18} aria-hidden="true" className="shrink-0 text-green" />
      <span className="num min-w-0 flex-1 basis-60">
        <span className="font-medium">Received {counts.join(', ')}</span>
        {services.length > 0 && (
          <span>
            {' '}
            from <UserText>{services.slice(0, 4).join(', ')}</UserText>
            {services.length > 4 ? ` and ${services.length - 4} more` : ''}
          </span>
        )}
        <span className="text-muted">
          , {plural(rejected, 'record')} rejected, last {formatAgo(lastReceivedAt, Math.max(now, lastReceivedAt))}
        </span>
      </span>
      <span className="flex gap-2">
        <Link to="/logs" className={buttonClass('primary')}>
          Open logs
          <ArrowRight size={14} aria-hidden="true" />
        </Link>
        <Link to="/traces" className={buttonClass()}>
          Traces
        </Link>
      </span>
    </div>
  );
}

export function Faults({ faults }: { faults: StatusAnswer['ingest']['faults'] }) {
  const zone = useZone();
  if (faults.length === 0) return null;
  return (
    <section className="card overflow-hidden">
      <h2 className="flex items-center gap-2 border-b border-line bg-amber-soft px-4 py-2 text-sm font-semibold text-amber">
        <TriangleAlert size={14} aria-hidden="true" />
        Something arrived that could not be used
      </h2>
      <ul>
        {faults.map((fault, index) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: faults have no identity
            key={index}
            className="grid grid-cols-[auto_auto_1fr] gap-x-3 border-b border-line px-4 py-1.5 text-xs last:border-0 max-sm:grid-cols-[auto_1fr]"
          >
            <span className="num text-faint">{formatClock(fault.at, zone, 'second')}</span>
            <span className="font-mono">
              {fault.status} <UserText>{fault.path}</UserText>
            </span>
            <span className="wrap-anywhere text-muted max-sm:col-span-2">
              <UserText>{fault.reason}</UserText>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
