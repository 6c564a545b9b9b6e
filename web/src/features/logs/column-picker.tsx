import { Columns3 } from 'lucide-react';
import { useState } from 'react';
import { matchText } from '../../app/match-text.ts';
import type { Choice } from '../../query/query-bar.tsx';
import { Button } from '../../ui/button.tsx';
import { Popover } from '../../ui/overlay.tsx';
import { UserText } from '../../ui/user-text.tsx';

const SHOWN = 60;
/** Shown in every row already. */
const FIXED = new Set(['body', 'level']);

export function ColumnPicker({
  columns,
  fields,
  onChange,
}: {
  columns: readonly string[];
  fields: readonly Choice[];
  onChange: (columns: readonly string[]) => void;
}) {
  const [search, setSearch] = useState('');
  const others = fields.map(({ value }) => value).filter((value) => !columns.includes(value) && !FIXED.has(value));
  const shown = [...columns, ...others].filter((value) => matchText(search, value)).slice(0, SHOWN);
  return (
    <Popover
      label="Columns"
      align="end"
      trigger={
        <Button icon={Columns3} tone="quiet" title="Columns" aria-label="Columns">
          <span className="max-xl:hidden">Columns</span>
        </Button>
      }
    >
      <div className="flex w-64 flex-col">
        <input
          type="search"
          className="field m-2"
          placeholder="Search fields"
          aria-label="Search fields"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <div className="max-h-72 overflow-auto px-2 pb-2">
          {shown.map((column) => (
            <label
              key={column}
              className="flex cursor-pointer items-center gap-2 rounded-sm px-1.5 py-[3px] text-sm hover:bg-hover"
            >
              <input
                type="checkbox"
                className="accent-(--accent-fill)"
                checked={columns.includes(column)}
                onChange={(event) =>
                  onChange(event.target.checked ? [...columns, column] : columns.filter((other) => other !== column))
                }
              />
              <span className="truncate font-mono text-xs">
                <UserText>{column}</UserText>
              </span>
            </label>
          ))}
          {shown.length === 0 && <p className="p-2 text-sm text-faint">No such field was seen.</p>}
        </div>
      </div>
    </Popover>
  );
}
