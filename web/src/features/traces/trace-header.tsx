/** What a trace is, in two lines, and the ways out of it. */
import type { TraceDetail } from '@breakwater/server/api-types';
import { Link } from '@tanstack/react-router';
import { Download, ScrollText } from 'lucide-react';
import { useTitle } from '../../app/title.ts';
import { filterClause } from '../../query/query-text.ts';
import { useZone } from '../../time/clock.ts';
import { formatDateTime, formatLatency, plural, zoneName } from '../../time/format.ts';
import { printRange } from '../../time/range.ts';
import { ServiceName } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { BackLink } from '../../ui/page.tsx';
import { UserText } from '../../ui/user-text.tsx';
import type { TraceModel } from './trace-model.ts';

/** A minute either way of the trace, as a range of the URL. */
export function rangeAround(model: TraceModel): string {
  const startMs = Number(model.startUnixNano / 1_000_000n);
  return printRange({
    kind: 'absolute',
    fromMs: startMs - 60_000,
    toMs: startMs + Math.ceil(model.durationNs / 1e6) + 60_000,
  });
}

export function TraceHeader({ detail, model }: { detail: TraceDetail; model: TraceModel }) {
  const zone = useZone();
  const root = model.roots[0]?.span;
  const startMs = Number(model.startUnixNano / 1_000_000n);
  useTitle(root ? `${root.service}: ${root.name}` : `Trace ${detail.traceId}`);
  return (
    <header className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line bg-surface py-2 pr-4 pl-2 max-md:pr-3">
      <div className="flex min-w-0 flex-1 basis-72 items-center gap-2">
        <BackLink to="/traces" label="All traces" />
        <div className="min-w-0 flex-1">
          <h1 className="flex min-w-0 items-center gap-2 text-base font-semibold">
            {root && <ServiceName service={root.service} className="max-w-[45%]! shrink-0 text-sm font-medium" />}
            <span className="truncate">
              <UserText>{root?.name ?? 'Log records without spans'}</UserText>
            </span>
          </h1>
          <p className="num flex flex-wrap items-center gap-x-3 text-xs text-muted">
            <span>
              {formatDateTime(startMs, zone, 'milli')} {zoneName(startMs, zone)}
            </span>
            <span className="font-medium text-text">{formatLatency(model.durationNs)}</span>
            <span>{plural(model.nodes.length, 'span')}</span>
            <span>{plural(model.services.length, 'service')}</span>
            {model.errors > 0 && <span className="font-medium text-red">{plural(model.errors, 'error')}</span>}
            <span className="inline-flex items-center font-mono max-md:hidden">
              {detail.traceId}
              <CopyButton text={detail.traceId} label="Copy the trace id" />
            </span>
          </p>
        </div>
      </div>
      <div className="flex items-center gap-2">
        <Link
          to="/logs"
          search={{ query: filterClause('trace', detail.traceId), range: rangeAround(model) }}
          className={buttonClass()}
        >
          <ScrollText size={14} aria-hidden="true" />
          Logs
        </Link>
        <Button icon={Download} onClick={() => download(detail)} className="max-sm:hidden">
          JSON
        </Button>
      </div>
    </header>
  );
}

function download(detail: TraceDetail) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(detail, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `trace-${detail.traceId}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
