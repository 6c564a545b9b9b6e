/** Values of the usual fields with their share: only, exclude, take back. */
import type { Facets as FacetsAnswer } from '@breakwater/server/api-types';
import { ChevronDown, ChevronRight, CircleMinus, CirclePlus } from 'lucide-react';
import { useState } from 'react';
import type { Shown } from '../../api/last-good.ts';
import { clauseState, filterClause, withClause, withoutClause } from '../../query/query-text.ts';
import { visibleText } from '../../text/hidden-characters.ts';
import { formatCompact } from '../../time/format.ts';
import { IconButton } from '../../ui/button.tsx';
import { cx } from '../../ui/class.ts';
import { serviceColor } from '../../ui/color.ts';
import { ErrorStrip, SkeletonRows } from '../../ui/states.tsx';
import { UserText } from '../../ui/user-text.tsx';

const SHOWN_VALUES = 6;

export function Facets({
  facets,
  query,
  onQuery,
  onRetry,
}: {
  facets: Shown<FacetsAnswer>;
  query: string;
  onQuery: (query: string) => void;
  onRetry: () => void;
}) {
  if (facets.loading) return <SkeletonRows rows={14} label="Loading filters" />;
  const shown = facets.data?.facets.filter((facet) => facet.values.length > 0) ?? [];
  return (
    <div className="pb-4">
      {facets.error && <ErrorStrip error={facets.error} what="Filters" onRetry={onRetry} />}
      {facets.data && shown.length === 0 && <p className="p-4 text-sm text-faint">No values in this range.</p>}
      {shown.map((facet) => (
        <Facet key={facet.key} facet={facet} query={query} onQuery={onQuery} />
      ))}
      {facets.data?.sampled && <p className="px-3 pt-2 text-xs text-faint">Counted on a sample of the records.</p>}
    </div>
  );
}

function Facet({
  facet,
  query,
  onQuery,
}: {
  facet: FacetsAnswer['facets'][number];
  query: string;
  onQuery: (query: string) => void;
}) {
  const [folded, setFolded] = useState(false);
  const [all, setAll] = useState(false);
  const total = facet.values.reduce((sum, { count }) => sum + count, 0);
  const values = all ? facet.values : facet.values.slice(0, SHOWN_VALUES);
  const Chevron = folded ? ChevronRight : ChevronDown;
  return (
    <section className="border-b border-line py-1.5">
      <button
        type="button"
        aria-expanded={!folded}
        onClick={() => setFolded(!folded)}
        className="flex w-full items-center gap-1 px-2 py-1 text-xs font-semibold text-muted hover:text-text"
      >
        <Chevron size={13} aria-hidden="true" />
        <span className="truncate" title={visibleText(facet.key)}>
          <UserText>{facet.label}</UserText>
        </span>
      </button>
      {!folded && (
        <ul className="px-1.5">
          {values.map(({ value, count }) => (
            <FacetValue
              key={value}
              facetKey={facet.key}
              value={value}
              count={count}
              share={total > 0 ? count / total : 0}
              query={query}
              onQuery={onQuery}
            />
          ))}
        </ul>
      )}
      {!folded && facet.values.length > SHOWN_VALUES && (
        <button
          type="button"
          onClick={() => setAll(!all)}
          className="ml-5 rounded-sm px-1 text-xs text-accent hover:underline"
        >
          {all ? 'Fewer' : `${facet.values.length - SHOWN_VALUES} more`}
        </button>
      )}
    </section>
  );
}

interface FacetValueProps {
  facetKey: string;
  value: string;
  count: number;
  share: number;
  query: string;
  onQuery: (query: string) => void;
}

function FacetValue({ facetKey, value, count, share, query, onQuery }: FacetValueProps) {
  const clause = facetClause(facetKey, value);
  const state = clauseState(query, clause);
  const toggle = () => onQuery(state === 'none' ? withClause(query, clause) : withoutClause(query, clause));
  const isLevel = facetKey === 'level' || facetKey === 'severity';
  const color = isLevel
    ? `var(--sev-${value.toLowerCase()}, var(--faint))`
    : facetKey === 'service'
      ? serviceColor(value)
      : 'var(--faint)';
  return (
    <li className="group relative isolate flex h-[25px] items-center">
      <span
        aria-hidden="true"
        className="absolute inset-y-[3px] left-0 -z-1 rounded-sm bg-active"
        style={{ width: `${share * 100}%` }}
      />
      <button
        type="button"
        onClick={toggle}
        aria-pressed={state === 'only'}
        title={`${state === 'none' ? 'Only' : 'Any'} ${visibleText(value)}`}
        className={cx(
          'flex h-full min-w-0 flex-1 items-center gap-2 rounded-sm px-1.5 text-left text-xs hover:bg-hover',
          state === 'only' && 'bg-accent-soft font-medium',
          state === 'exclude' && 'text-faint line-through',
        )}
      >
        <span className="size-[7px] shrink-0 rounded-full" style={{ background: color }} />
        <span className="min-w-0 flex-1 truncate">
          <UserText>{value || '(empty)'}</UserText>
        </span>
        <span className="num shrink-0 text-faint group-hover:opacity-0 group-focus-within:opacity-0">
          {formatCompact(count)}
        </span>
      </button>
      <span className="absolute right-1 flex opacity-0 group-hover:opacity-100 group-focus-within:opacity-100">
        {state === 'exclude' ? (
          <IconButton
            size="sm"
            icon={CirclePlus}
            label={`Include ${visibleText(value)} again`}
            onClick={() => onQuery(withoutClause(query, clause))}
          />
        ) : (
          <IconButton
            size="sm"
            icon={CircleMinus}
            label={`Exclude ${visibleText(value)}`}
            onClick={() => onQuery(withClause(query, clause, 'exclude'))}
          />
        )}
      </span>
    </li>
  );
}

/** Facet keys are written as in a query: a built-in field, `resource.NAME`, `attr.NAME` or an attribute's key. */
export function facetClause(key: string, value: string): string {
  if (key.startsWith('resource.')) return filterClause(key.slice('resource.'.length), value, 'resource');
  if (key.startsWith('attr.')) return filterClause(key.slice('attr.'.length), value, 'attribute');
  return filterClause(key, value);
}
