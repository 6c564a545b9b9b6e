/** The query box: colours, completion, history, and the server's fault under the place it is about. */
import { CircleAlert, Search, X } from 'lucide-react';
import { type KeyboardEvent, type UIEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { ApiError } from '../api/client.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { formatCompact } from '../time/format.ts';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/class.ts';
import { HiddenNote } from '../ui/hidden-note.tsx';
import { UserText } from '../ui/user-text.tsx';
import { applyCompletion, type Completion, completionAt, rankChoices } from './completion.ts';
import { highlight, type PieceKind } from './highlight.ts';
import { readHistory, rememberQuery } from './query-history.ts';
import { fieldValue } from './query-text.ts';

export interface Choice {
  value: string;
  /** A count or a type, beside the choice. */
  hint: string;
}

export interface QueryBarProps {
  /** The query that runs now. */
  value: string;
  onRun: (query: string) => void;
  /** The failure of the query that runs now, if it failed. */
  error: Error | null;
  /** Names as they are written in a query. */
  fields: readonly Choice[];
  valuesOf: (field: string) => readonly { value: string; count?: number }[];
  placeholder: string;
  label: string;
}

const COLORS: Record<PieceKind, string> = {
  text: '',
  field: 'text-accent',
  value: 'text-text',
  phrase: 'text-green',
  keyword: 'text-violet font-semibold',
  minus: 'text-red font-semibold',
};
const SHOWN = 12;

export function QueryBar({ value, onRun, error, fields, valuesOf, placeholder, label }: QueryBarProps) {
  const [draft, setDraft] = useState(value);
  const [caret, setCaret] = useState<number | null>(null);
  const [active, setActive] = useState(-1);
  const [historyAt, setHistoryAt] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const listId = useId();
  const faultId = useId();

  // Another query came from outside (a link, a facet, Back): show it.
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    setDraft(value);
  }

  useShortcuts('Query', [
    { keys: '/', label: 'Go to the query', run: () => input.current?.focus() },
    { keys: 's', label: 'Go to the query', run: () => input.current?.focus() },
  ]);

  const problem =
    error instanceof ApiError && draft === value && error.problem.position !== undefined ? error.problem : undefined;
  const completion = useMemo(() => (caret === null ? undefined : completionAt(draft, caret)), [draft, caret]);
  const choices = useMemo(() => choicesFor(completion, fields, valuesOf), [completion, fields, valuesOf]);
  const open = caret !== null && choices.length > 0;

  const run = (text: string) => {
    setCaret(null);
    setDraft(text);
    rememberQuery(text);
    setHistoryAt(-1);
    onRun(text.trim());
  };
  const accept = (choice: Choice | undefined) => {
    if (!choice || !completion) return;
    const next = applyCompletion(draft, completion, choice.value);
    setDraft(next.text);
    setActive(-1);
    setCaret(next.caret);
    requestAnimationFrame(() => input.current?.setSelectionRange(next.caret, next.caret));
  };
  const showHistory = (step: number) => {
    const history = readHistory();
    const at = Math.max(-1, Math.min(historyAt + step, history.length - 1));
    setHistoryAt(at);
    setDraft(at < 0 ? value : (history[at] ?? ''));
    setCaret(null);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      if (open && active >= 0) accept(choices[active]);
      else run(draft);
    } else if (event.key === 'Tab' && open && !event.shiftKey) {
      event.preventDefault();
      accept(choices[Math.max(0, active)]);
    } else if (event.key === 'Escape') {
      if (open) setCaret(null);
      else input.current?.blur();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      if (open) setActive(Math.max(-1, Math.min(active + step, choices.length - 1)));
      else showHistory(-step);
    }
  };
  useEffect(() => {
    if (active >= 0) document.getElementById(`${listId}-${active}`)?.scrollIntoView({ block: 'nearest' });
  }, [active, listId]);

  return (
    <div className="relative min-w-0 flex-1">
      <div
        className={cx(
          'flex items-center rounded-md border bg-surface focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-accent',
          problem ? 'border-red' : 'border-line-strong',
        )}
      >
        <Search size={14} aria-hidden="true" className="ml-2.5 shrink-0 text-faint" />
        <div className="relative mx-2 min-w-0 flex-1 overflow-hidden">
          <div
            ref={layer}
            aria-hidden="true"
            className="query-layer pointer-events-none absolute inset-0 overflow-hidden"
          >
            {highlight(draft, problem?.position).map(({ text, kind, fault }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other identity
              <span key={index} className={cx(COLORS[kind], fault && 'query-fault')}>
                {text}
              </span>
            ))}
          </div>
          <input
            ref={input}
            role="combobox"
            aria-label={label}
            aria-autocomplete="list"
            aria-expanded={open}
            aria-controls={open ? listId : undefined}
            aria-activedescendant={open && active >= 0 ? `${listId}-${active}` : undefined}
            aria-invalid={problem !== undefined}
            aria-describedby={problem ? faultId : undefined}
            placeholder={placeholder}
            value={draft}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            enterKeyHint="search"
            onChange={(event) => {
              setDraft(event.target.value);
              setCaret(event.target.selectionStart);
              setActive(-1);
            }}
            onKeyDown={onKeyDown}
            onClick={(event) => setCaret(event.currentTarget.selectionStart)}
            onBlur={() => setCaret(null)}
            onScroll={(event: UIEvent<HTMLInputElement>) =>
              layer.current?.scrollTo({ left: event.currentTarget.scrollLeft })
            }
            className="query-layer relative block h-[30px] w-full bg-transparent text-transparent caret-(--text) outline-none"
          />
        </div>
        {draft && <IconButton size="sm" label="Clear the query" icon={X} onClick={() => run('')} className="mr-1" />}
      </div>
      {open && (
        <div
          id={listId}
          role="listbox"
          aria-label="Suggestions"
          className="popup absolute top-full left-0 z-30 mt-1 max-h-80 w-[min(26rem,100%)] overflow-auto p-1"
        >
          {choices.map((choice, index) => (
            <div
              key={choice.value}
              id={`${listId}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              // The box keeps the focus: a press must not blur it before it chooses.
              onPointerDown={(event) => {
                event.preventDefault();
                accept(choice);
              }}
              className={cx(
                'flex items-center justify-between gap-4 rounded-sm px-2 py-[3px] font-mono text-xs hover:bg-hover',
                index === active && 'bg-active',
              )}
            >
              <span className="truncate">
                <UserText>{choice.value}</UserText>
              </span>
              <span className="num shrink-0 font-sans text-faint">{choice.hint}</span>
            </div>
          ))}
        </div>
      )}
      <HiddenNote text={draft} className="mt-1.5" />
      {problem && (
        <div id={faultId} role="alert" className="mt-1.5 flex items-start gap-2 text-sm text-red">
          <CircleAlert size={14} aria-hidden="true" className="mt-[2px] shrink-0" />
          <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 wrap-anywhere">
            <span>
              <UserText>{problem.detail}</UserText>
            </span>
            {problem.suggestion !== undefined && (
              <button
                type="button"
                onClick={() => run(problem.suggestion ?? '')}
                className="rounded-sm border border-line-strong bg-surface px-1.5 font-mono text-xs text-text hover:bg-hover"
              >
                Use <UserText>{problem.suggestion}</UserText>
              </button>
            )}
          </span>
        </div>
      )}
    </div>
  );
}

const FIXED_VALUES: Record<string, readonly string[]> = {
  level: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
  severity: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
  kind: ['internal', 'server', 'client', 'producer', 'consumer'],
  status: ['unset', 'ok', 'error'],
  duration: ['>100ms', '>500ms', '>1s', '>5s'],
};

function choicesFor(
  completion: Completion | undefined,
  fields: readonly Choice[],
  valuesOf: QueryBarProps['valuesOf'],
): Choice[] {
  if (!completion) return [];
  if (completion.kind === 'key') return rankChoices(fields, completion.prefix, SHOWN);
  const { field, prefix } = completion;
  const seen = valuesOf(field).map(({ value, count }) => ({
    value,
    hint: count === undefined ? '' : formatCompact(count),
  }));
  const known = new Set(seen.map(({ value }) => value));
  const fixed = (FIXED_VALUES[field] ?? []).filter((value) => !known.has(value)).map((value) => ({ value, hint: '' }));
  const fitting = rankChoices([...seen, ...fixed], prefix, SHOWN);
  // A comparison is an operator, not a text to be quoted.
  return fitting
    .map((choice) => (fixed.includes(choice) ? choice : { ...choice, value: fieldValue(choice.value) }))
    .filter((choice) => choice.value !== prefix);
}
