/** Attributes of a record, its scope and its resource: searchable, each value with copy, filter, exclude. */
import type { AnyValue, KeyValue } from '@breakwater/server/api-types';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { matchText } from '../app/match-text.ts';
import { filterClause, type Holder } from '../query/query-text.ts';
import { visibleText } from '../text/hidden-characters.ts';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/class.ts';
import { copyText } from '../ui/copy-button.tsx';
import { Menu, type MenuItem } from '../ui/overlay.tsx';
import { toast } from '../ui/toast.tsx';
import { UserText } from '../ui/user-text.tsx';
import { valuePretty, valueText, valueType } from './any-value.ts';

export interface AttributeGroup {
  title: string;
  /** Undefined: the values cannot be filtered by. */
  holder: Holder | undefined;
  attributes: readonly KeyValue[];
  dropped?: number;
}

export interface AttributeActions {
  onFilter?: ((clause: string, mode: 'only' | 'exclude') => void) | undefined;
  onColumn?: ((key: string) => void) | undefined;
}

const SEARCH_FROM = 12;

export function AttributeTable({
  groups,
  onFilter,
  onColumn,
}: { groups: readonly AttributeGroup[] } & AttributeActions) {
  const [search, setSearch] = useState('');
  const total = groups.reduce((sum, group) => sum + group.attributes.length, 0);
  return (
    <div className="flex flex-col gap-4">
      {total >= SEARCH_FROM && (
        <input
          type="search"
          className="field"
          placeholder={`Search ${total} fields`}
          aria-label="Search fields"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      )}
      {groups.map((group) => (
        <Group key={group.title} group={group} search={search} onFilter={onFilter} onColumn={onColumn} />
      ))}
    </div>
  );
}

/** More than fills the room of a value, or may. */
const LONG_CHARACTERS = 400;

function Group({ group, search, onFilter, onColumn }: { group: AttributeGroup; search: string } & AttributeActions) {
  const shown = group.attributes.filter(
    ({ key, value }) => search === '' || matchText(search, `${key} ${valueText(value)}`),
  );
  if (shown.length === 0 && (search !== '' || !group.dropped)) return null;
  return (
    <section>
      <h2 className="mb-1 text-xs font-semibold text-muted">
        <UserText>{group.title}</UserText>
      </h2>
      <dl className="border-t border-line">
        {shown.map(({ key, value }, index) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: a record may hold a key twice
            key={`${key}-${index}`}
            className="group grid grid-cols-[minmax(6rem,38%)_1fr_auto] items-start gap-2 border-b border-line py-[3px] text-xs hover:bg-hover"
          >
            <dt className="truncate pl-1 font-mono leading-[22px] text-muted" title={visibleText(key)}>
              <UserText>{key}</UserText>
            </dt>
            <dd
              // A long value scrolls, also without a pointer.
              tabIndex={valuePretty(value).length > LONG_CHARACTERS ? 0 : undefined}
              className={cx(
                'max-h-60 min-w-0 overflow-auto py-[3px] font-mono leading-4 wrap-anywhere whitespace-pre-wrap',
                toneOf(value),
              )}
            >
              {valuePretty(value) ? (
                <UserText>{valuePretty(value)}</UserText>
              ) : (
                <span className="text-faint">empty</span>
              )}
            </dd>
            <dd>
              <ValueMenu
                pair={{ key, value }}
                holder={group.holder}
                onFilter={onFilter}
                onColumn={group.holder === 'attribute' ? onColumn : undefined}
              />
            </dd>
          </div>
        ))}
      </dl>
      {group.dropped ? (
        <p className="pt-1 text-xs text-amber">{group.dropped} more were dropped by the sender.</p>
      ) : null}
    </section>
  );
}

function toneOf(value: AnyValue): string {
  const type = valueType(value);
  if (type === 'int' || type === 'double') return 'num text-accent';
  return type === 'bool' ? 'text-violet' : '';
}

function ValueMenu({
  pair,
  holder,
  onFilter,
  onColumn,
}: { pair: KeyValue; holder: Holder | undefined } & AttributeActions) {
  const text = valueText(pair.value);
  const scalar = ['string', 'bool', 'int', 'double'].includes(valueType(pair.value));
  const items: MenuItem[] = [];
  if (onFilter && holder && scalar) {
    const clause = filterClause(pair.key, text, holder);
    items.push(
      { label: 'Only this value', onSelect: () => onFilter(clause, 'only') },
      { label: 'Exclude this value', onSelect: () => onFilter(clause, 'exclude') },
      'line',
    );
  }
  if (onColumn) items.push({ label: 'Add as column', onSelect: () => onColumn(pair.key) }, 'line');
  items.push(
    { label: 'Copy value', onSelect: () => copy(text) },
    { label: 'Copy key', onSelect: () => copy(pair.key) },
  );
  return (
    <Menu
      align="end"
      items={items}
      trigger={
        <IconButton
          size="sm"
          icon={Ellipsis}
          label={`Actions for ${visibleText(pair.key)}`}
          className="opacity-0 group-hover:opacity-100 focus-visible:opacity-100 data-popup-open:opacity-100 max-md:opacity-100"
        />
      }
    />
  );
}

function copy(text: string) {
  copyText(text).then(
    (done) => (done ? toast('good', 'Copied.') : toast('bad', 'The browser did not let the page copy.')),
    () => toast('bad', 'The browser did not let the page copy.'),
  );
}
