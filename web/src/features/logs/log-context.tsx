/** What happened around a log record: up to 30 seconds and 150 records either way, of the same service, trace or everything. */
import type { LogView } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { logsAroundQuery } from '../../api/queries.ts';
import { filterClause } from '../../query/query-text.ts';
import { useZone } from '../../time/clock.ts';
import { formatClock, nanoToMs } from '../../time/format.ts';
import { ServiceName } from '../../ui/badge.tsx';
import { cx } from '../../ui/class.ts';
import { ErrorState, SkeletonRows } from '../../ui/states.tsx';
import { UserText } from '../../ui/user-text.tsx';

const AROUND_MS = 30_000;
const EACH_SIDE = 150;
type Scope = 'service' | 'trace' | 'all';

export function LogContext({ row, onOpen }: { row: LogView; onOpen: (row: LogView) => void }) {
  const [scope, setScope] = useState<Scope>('service');
  const zone = useZone();
  const at = nanoToMs(row.timeUnixNano);
  const query =
    scope === 'service'
      ? filterClause('service', row.service)
      : scope === 'trace'
        ? filterClause('trace', row.traceId)
        : '';
  const { data, error, isPending, refetch } = useQuery(logsAroundQuery(query, at, AROUND_MS, EACH_SIDE));
  const marked = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (data) marked.current?.scrollIntoView({ block: 'center' });
  }, [data]);
  const scopes: readonly { id: Scope; label: string }[] = [
    { id: 'service', label: 'Same service' },
    ...(row.traceId ? [{ id: 'trace' as const, label: 'Same trace' }] : []),
    { id: 'all', label: 'Everything' },
  ];
  return (
    <div className="flex h-full min-h-0 flex-col gap-2">
      <div className="flex items-center gap-1 text-xs">
        {scopes.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            aria-pressed={id === scope}
            onClick={() => setScope(id)}
            className={cx(
              'rounded-full border px-2 py-0.5',
              id === scope
                ? 'border-accent bg-accent-soft text-accent'
                : 'border-line-strong text-muted hover:bg-hover',
            )}
          >
            {label}
          </button>
        ))}
        <span className="ml-auto text-faint">±30 s, nearest {2 * EACH_SIDE}</span>
      </div>
      {isPending && <SkeletonRows label="Loading the context" />}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      <div className="-mx-3 min-h-0 flex-1 overflow-auto">
        {data?.map((entry) => (
          <button
            key={entry.id}
            ref={entry.id === row.id ? marked : undefined}
            type="button"
            aria-current={entry.id === row.id ? 'true' : undefined}
            onClick={() => onOpen(entry)}
            className={cx(
              'flex w-full items-baseline gap-2 border-l-[3px] px-2.5 py-[3px] text-left font-mono text-2xs',
              entry.id === row.id ? 'bg-accent-soft' : 'hover:bg-hover',
            )}
            style={{ borderLeftColor: `var(--sev-${entry.severity})` }}
          >
            <span className="num shrink-0 text-faint">{formatClock(nanoToMs(entry.timeUnixNano), zone)}</span>
            {scope !== 'service' && <ServiceName service={entry.service} className="max-w-20 shrink-0 font-sans" />}
            <span className="min-w-0 flex-1 truncate">
              <UserText>{entry.body.slice(0, 300)}</UserText>
            </span>
          </button>
        ))}
        {data?.length === 0 && <p className="p-4 text-center text-sm text-faint">Nothing else in these 60 seconds.</p>}
      </div>
    </div>
  );
}
