/** Everything about one log record. */
import type { LogView } from '@breakwater/server/api-types';
import { Link } from '@tanstack/react-router';
import { Activity, ChevronDown, ChevronUp, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { attributeText, valuePretty } from '../../telemetry/any-value.ts';
import { AttributeTable } from '../../telemetry/attribute-table.tsx';
import { visibleText } from '../../text/hidden-characters.ts';
import { useZone } from '../../time/clock.ts';
import { formatExact } from '../../time/format.ts';
import { Level, ServiceName } from '../../ui/badge.tsx';
import { buttonClass, IconButton } from '../../ui/button.tsx';
import { cx } from '../../ui/class.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Line } from '../../ui/line.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { DETAIL_TABS, type DetailTab } from './detail-tabs.ts';
import { LogContext } from './log-context.tsx';
import { printRowRef } from './row-ref.ts';

const TAB_NAMES: Record<DetailTab, string> = { overview: 'Overview', fields: 'All fields', context: 'Context' };

export interface LogDetailProps {
  row: LogView;
  tab: DetailTab;
  onTab: (tab: DetailTab) => void;
  onClose: () => void;
  /** Absent at the ends of the list. */
  onPrevious?: (() => void) | undefined;
  onNext?: (() => void) | undefined;
  onFilter: (clause: string, mode: 'only' | 'exclude') => void;
  onColumn: (key: string) => void;
  onOpen: (row: LogView) => void;
}

export function LogDetail({
  row,
  tab,
  onTab,
  onClose,
  onPrevious,
  onNext,
  onFilter,
  onColumn,
  onOpen,
}: LogDetailProps) {
  return (
    <section aria-label="Log record" className="flex h-full min-h-0 flex-col">
      <header className="flex items-center gap-1 border-b border-line py-1.5 pr-1.5 pl-3">
        <Level severity={row.severity} />
        <ServiceName service={row.service} className="ml-1 text-sm font-medium" />
        <span className="flex-1" />
        <IconButton label="Newer record ([)" icon={ChevronUp} disabled={!onPrevious} onClick={onPrevious} />
        <IconButton label="Older record (])" icon={ChevronDown} disabled={!onNext} onClick={onNext} />
        <IconButton label="Close (Esc)" icon={X} onClick={onClose} />
      </header>
      <div className="flex gap-1 border-b border-line px-2 py-1">
        <div role="tablist" aria-label="Views of the record" className="flex gap-1">
          {DETAIL_TABS.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={name === tab}
              onClick={() => onTab(name)}
              className={cx(
                'rounded-md px-2.5 py-1 text-sm font-medium',
                name === tab ? 'bg-active text-text' : 'text-muted hover:bg-hover',
              )}
            >
              {TAB_NAMES[name]}
            </button>
          ))}
        </div>
        {row.traceId && (
          <Link
            to="/traces/$traceId"
            params={{ traceId: row.traceId }}
            search={{ span: row.spanId || undefined }}
            className={buttonClass('quiet', 'ml-auto text-accent!')}
          >
            <Activity size={14} aria-hidden="true" />
            Trace
          </Link>
        )}
      </div>
      <div role="tabpanel" className="min-h-0 flex-1 overflow-auto p-3">
        {tab === 'overview' && <Overview row={row} />}
        {tab === 'fields' && <AttributeTable groups={fieldGroups(row)} onFilter={onFilter} onColumn={onColumn} />}
        {tab === 'context' && <LogContext key={row.id} row={row} onOpen={onOpen} />}
      </div>
    </section>
  );
}

function fieldGroups(row: LogView) {
  return [
    {
      title: 'Attributes',
      holder: 'attribute' as const,
      attributes: row.attributes,
      dropped: row.droppedAttributesCount,
    },
    {
      title: 'Resource',
      holder: 'resource' as const,
      attributes: row.resource.attributes,
      dropped: row.resource.droppedAttributesCount,
    },
    {
      title: `Scope${row.scope.name ? ` ${row.scope.name} ${row.scope.version}` : ''}`,
      holder: undefined,
      attributes: row.scope.attributes,
      dropped: row.scope.droppedAttributesCount,
    },
  ];
}

function Overview({ row }: { row: LogView }) {
  const zone = useZone();
  const body = row.bodyValue ? valuePretty(row.bodyValue) : row.body;
  const stack = attributeText(row.attributes, 'exception.stacktrace');
  // Those of the exception have a block of their own.
  const others = row.attributes.filter(({ key }) => !key.startsWith('exception.'));
  const errorType = attributeText(row.attributes, 'exception.type');
  const errorMessage = attributeText(row.attributes, 'exception.message');
  return (
    <div className="flex flex-col gap-4">
      <Block title="Message" copy={body}>
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a long message scrolls, also without a pointer
          tabIndex={0}
          className="max-h-96 overflow-auto font-mono text-xs leading-[18px] wrap-anywhere whitespace-pre-wrap"
        >
          {body ? <UserText>{body}</UserText> : <span className="text-faint">No message</span>}
        </pre>
      </Block>
      {(errorType || errorMessage || stack) && (
        <Block title="Exception" copy={stack ?? `${errorType}: ${errorMessage}`} tone="red">
          <p className="text-sm font-medium wrap-anywhere text-red">
            <UserText>{errorType}</UserText>
            {errorType && errorMessage ? ': ' : ''}
            <UserText>{errorMessage}</UserText>
          </p>
          {stack && (
            <pre className="mt-2 overflow-x-auto font-mono text-2xs leading-4 text-muted">
              <UserText>{stack}</UserText>
            </pre>
          )}
        </Block>
      )}
      <dl className="grid grid-cols-[7rem_1fr] gap-y-1 text-xs">
        <Line name="Time">{formatExact(row.timeUnixNano, zone)}</Line>
        {row.observedTimeUnixNano !== row.timeUnixNano && (
          <Line name="Observed">{formatExact(row.observedTimeUnixNano, zone)}</Line>
        )}
        <Line name="Level">
          <UserText>{row.severityText || row.severity}</UserText> ({row.severityNumber})
        </Line>
        <Line name="Service">
          <UserText>{row.service}</UserText>
        </Line>
        {row.resource.environment && (
          <Line name="Environment">
            <UserText>{row.resource.environment}</UserText>
          </Line>
        )}
        {row.eventName && (
          <Line name="Event">
            <UserText>{row.eventName}</UserText>
          </Line>
        )}
        {row.scope.name && (
          <Line name="Scope">
            <UserText>{row.scope.name}</UserText> <UserText>{row.scope.version}</UserText>
          </Line>
        )}
        {row.traceId && (
          <Line name="Trace" copy={row.traceId}>
            <Link
              to="/traces/$traceId"
              params={{ traceId: row.traceId }}
              search={{ span: row.spanId || undefined }}
              className="text-accent hover:underline"
            >
              {row.traceId}
            </Link>
          </Line>
        )}
        {row.spanId && (
          <Line name="Span" copy={row.spanId}>
            {row.spanId}
          </Line>
        )}
        <Line name="Record" copy={printRowRef(row)}>
          {row.id}
        </Line>
      </dl>
      {others.length > 0 && (
        <section>
          <h2 className="mb-1 text-xs font-semibold text-muted">Attributes</h2>
          <dl className="grid grid-cols-[minmax(6rem,38%)_1fr] border-t border-line font-mono text-xs">
            {others.map(({ key, value }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a record may hold a key twice
              <div key={`${key}-${index}`} className="contents">
                <dt className="truncate border-b border-line py-1 pr-2 text-muted" title={visibleText(key)}>
                  <UserText>{key}</UserText>
                </dt>
                <dd className="border-b border-line py-1 wrap-anywhere whitespace-pre-wrap">
                  <UserText>{valuePretty(value)}</UserText>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </div>
  );
}

function Block({ title, copy, tone, children }: { title: string; copy: string; tone?: 'red'; children: ReactNode }) {
  return (
    <section className={cx('rounded-md border border-line p-2.5', tone === 'red' ? 'bg-red-soft' : 'bg-sunken')}>
      <header className="-mt-1 mb-1 flex items-center justify-between">
        <h2 className="text-xs font-semibold text-muted">{title}</h2>
        <CopyButton text={copy} label={`Copy ${title.toLowerCase()}`} />
      </header>
      {children}
    </section>
  );
}
