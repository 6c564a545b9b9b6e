/** Everything about one span. */
import type { SpanEventView } from '@breakwater/server/api-types';
import { Link } from '@tanstack/react-router';
import { Link2, ScrollText, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { filterClause } from '../../query/query-text.ts';
import { attributeText, valuePretty } from '../../telemetry/any-value.ts';
import { AttributeTable } from '../../telemetry/attribute-table.tsx';
import { useZone } from '../../time/clock.ts';
import { formatExact, formatLatency, formatShare } from '../../time/format.ts';
import { printRange } from '../../time/range.ts';
import { Badge, ServiceName } from '../../ui/badge.tsx';
import { buttonClass, IconButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Line } from '../../ui/line.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { clockFaultOf } from './clock-faults.ts';
import type { SpanNode, TraceModel } from './trace-model.ts';

export interface SpanDetailProps {
  node: SpanNode;
  model: TraceModel;
  onClose: () => void;
  onFilter: (clause: string, mode: 'only' | 'exclude') => void;
  onSelect: (spanId: string) => void;
}

export function SpanDetail({ node, model, onClose, onFilter, onSelect }: SpanDetailProps) {
  const { span } = node;
  const zone = useZone();
  const clockFault = clockFaultOf(node, model);
  const startUnixNano = model.startUnixNano;
  const startMs = Number(startUnixNano / 1_000_000n);
  const aroundTrace = printRange({
    kind: 'absolute',
    fromMs: startMs - 60_000,
    toMs: startMs + Math.ceil(model.durationNs / 1e6) + 60_000,
  });
  return (
    <section aria-label="Span" className="flex h-full min-h-0 flex-col">
      <header className="flex items-start gap-2 border-b border-line py-2 pr-1.5 pl-3">
        <div className="min-w-0 flex-1">
          <h2 className="text-sm font-semibold wrap-anywhere">
            <UserText>{span.name}</UserText>
          </h2>
          <div className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
            <ServiceName service={span.service} />
            <span>{span.kind}</span>
            {span.status === 'error' && <Badge tone="red">ERROR</Badge>}
            {span.status === 'ok' && <Badge tone="green">OK</Badge>}
          </div>
        </div>
        <Link
          to="/logs"
          search={{ query: filterClause('span', span.spanId), range: aroundTrace }}
          className={buttonClass('quiet')}
          title="Log records of this span"
        >
          <ScrollText size={14} aria-hidden="true" />
          Logs
        </Link>
        <IconButton label="Close (Esc)" icon={X} onClick={onClose} />
      </header>
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-auto p-3">
        {span.statusMessage && (
          <p className="rounded-md bg-red-soft p-2.5 text-sm wrap-anywhere text-red">
            <UserText>{span.statusMessage}</UserText>
          </p>
        )}
        {clockFault && (
          <p className="rounded-md bg-amber-soft p-2.5 text-sm wrap-anywhere text-amber">
            <UserText>{clockFault}</UserText>
          </p>
        )}
        <dl className="grid grid-cols-3 gap-2">
          <Figure label="Duration">{formatLatency(node.durationNs)}</Figure>
          <Figure label="Self time">
            {formatLatency(node.selfNs)}
            {node.durationNs > 0 && <span className="text-faint"> {formatShare(node.selfNs / node.durationNs)}</span>}
          </Figure>
          <Figure label="Starts at">{node.startNs === 0 ? '0' : `+${formatLatency(node.startNs)}`}</Figure>
        </dl>
        {span.events.length > 0 && (
          <section>
            <h2 className="mb-1 text-xs font-semibold text-muted">Events</h2>
            <div className="flex flex-col gap-2">
              {span.events.map((event, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity
                <EventCard key={index} event={event} atNs={Number(BigInt(event.timeUnixNano) - startUnixNano)} />
              ))}
            </div>
            {span.droppedEventsCount > 0 && (
              <p className="pt-1 text-xs text-amber">
                {span.droppedEventsCount} more events were dropped by the sender.
              </p>
            )}
          </section>
        )}
        {span.links.length > 0 && (
          <section>
            <h2 className="mb-1 text-xs font-semibold text-muted">Links</h2>
            {span.links.map((link) => (
              <Link
                key={link.traceId + link.spanId}
                to="/traces/$traceId"
                params={{ traceId: link.traceId }}
                search={{ span: link.spanId }}
                className="flex items-center gap-1.5 py-0.5 font-mono text-xs text-accent hover:underline"
              >
                <Link2 size={13} aria-hidden="true" className="shrink-0" />
                <span className="truncate">{link.traceId}</span>
              </Link>
            ))}
          </section>
        )}
        <AttributeTable
          onFilter={onFilter}
          groups={[
            {
              title: 'Attributes',
              holder: 'attribute',
              attributes: span.attributes,
              dropped: span.droppedAttributesCount,
            },
            {
              title: 'Resource',
              holder: 'resource',
              attributes: span.resource.attributes,
              dropped: span.resource.droppedAttributesCount,
            },
            {
              title: `Scope ${span.scope.name} ${span.scope.version}`.trim(),
              holder: undefined,
              attributes: span.scope.attributes,
              dropped: span.scope.droppedAttributesCount,
            },
          ]}
        />
        <dl className="grid grid-cols-[5rem_1fr] text-xs">
          <Line name="Start">{formatExact(span.startTimeUnixNano, zone)}</Line>
          <Line name="Span" copy={span.spanId}>
            {span.spanId}
          </Line>
          {span.parentSpanId && (
            <Line name="Parent" copy={span.parentSpanId}>
              {node.orphan ? (
                <span className="text-amber">{span.parentSpanId} (missing)</span>
              ) : (
                <button
                  type="button"
                  onClick={() => onSelect(span.parentSpanId)}
                  className="rounded-sm text-accent hover:underline"
                >
                  {span.parentSpanId}
                </button>
              )}
            </Line>
          )}
          {span.traceState && (
            <Line name="State">
              <UserText>{span.traceState}</UserText>
            </Line>
          )}
        </dl>
      </div>
    </section>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="rounded-md bg-sunken px-2.5 py-1.5">
      <dt className="text-2xs text-faint">{label}</dt>
      <dd className="num text-sm font-medium">{children}</dd>
    </div>
  );
}

const EXCEPTION_KEYS = new Set(['exception.type', 'exception.message', 'exception.stacktrace']);

function EventCard({ event, atNs }: { event: SpanEventView; atNs: number }) {
  const failed = event.name === 'exception';
  const type = attributeText(event.attributes, 'exception.type');
  const message = attributeText(event.attributes, 'exception.message');
  const stack = attributeText(event.attributes, 'exception.stacktrace');
  const others = event.attributes.filter(({ key }) => !EXCEPTION_KEYS.has(key));
  return (
    <div
      className={
        failed ? 'rounded-md border border-line bg-red-soft p-2.5' : 'rounded-md border border-line bg-sunken p-2.5'
      }
    >
      <div className="flex items-baseline justify-between gap-2 text-xs">
        <span className={failed ? 'min-w-0 font-semibold wrap-anywhere text-red' : 'font-semibold'}>
          <UserText>{failed && (type || message) ? [type, message].filter(Boolean).join(': ') : event.name}</UserText>
        </span>
        <span className="num shrink-0 text-faint">+{formatLatency(atNs)}</span>
      </div>
      {stack && (
        <details open className="mt-1.5">
          <summary className="flex items-center justify-between text-xs text-muted">
            Stack
            <CopyButton text={stack} label="Copy the stack" />
          </summary>
          <pre className="mt-1 max-h-72 overflow-auto font-mono text-2xs leading-4 text-muted">
            <UserText>{stack}</UserText>
          </pre>
        </details>
      )}
      {others.map(({ key, value }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an event may hold a key twice
        <div key={`${key}-${index}`} className="grid grid-cols-[minmax(5rem,38%)_1fr] gap-2 pt-1 font-mono text-xs">
          <span className="truncate text-muted">
            <UserText>{key}</UserText>
          </span>
          <span className="wrap-anywhere whitespace-pre-wrap">
            <UserText>{valuePretty(value)}</UserText>
          </span>
        </div>
      ))}
    </div>
  );
}
