/** Ctrl/Cmd+K: screens, services, actions, and a pasted trace id. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  Activity,
  CircleHelp,
  Clock,
  Layers,
  type LucideIcon,
  Moon,
  Radio,
  Rocket,
  Search,
  Sun,
  SunMoon,
} from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useMemo, useState } from 'react';
import { servicesQuery } from '../api/queries.ts';
import { filterClause } from '../query/query-text.ts';
import { useNow, useZone } from '../time/clock.ts';
import { cx } from '../ui/class.ts';
import { Dialog } from '../ui/overlay.tsx';
import { UserText } from '../ui/user-text.tsx';
import { matchText } from './match-text.ts';
import { setPreferences } from './preferences.ts';
import type { Screen } from './screens.ts';
import { reportNavigation } from './use-range.ts';

interface Entry {
  id: string;
  label: string;
  hint: string;
  icon: LucideIcon;
  run: () => void;
}

const DAY_MS = 86_400_000;
const SHOWN = 40;

export function Palette(props: {
  open: boolean;
  onClose: () => void;
  screens: readonly Screen[];
  onShortcuts: () => void;
}) {
  return (
    <Dialog open={props.open} onClose={props.onClose} title="Go to anything" bare placement="top" width="36rem">
      <PaletteBody {...props} />
    </Dialog>
  );
}

function PaletteBody({
  onClose,
  screens,
  onShortcuts,
}: {
  onClose: () => void;
  screens: readonly Screen[];
  onShortcuts: () => void;
}) {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const listId = useId();
  const entries = useEntries(text, screens, onShortcuts);
  const chosen = entries[Math.min(active, entries.length - 1)];
  useEffect(() => {
    if (chosen) document.getElementById(`${listId}-${chosen.id}`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen, listId]);

  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && entries.length > 0) {
      event.preventDefault();
      setActive((Math.min(active, entries.length - 1) + step + entries.length) % entries.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(chosen);
    }
  };
  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search size={16} aria-hidden="true" className="shrink-0 text-faint" />
        <input
          // biome-ignore lint/a11y/noAutofocus: a dialog moves the focus to its only field
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={chosen ? `${listId}-${chosen.id}` : undefined}
          aria-label="Screen, service, action or trace id"
          placeholder="Screen, service, action, or paste a trace id"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
          spellCheck={false}
          className="h-12 min-w-0 flex-1 bg-transparent text-[15px] outline-none"
        />
      </div>
      <div id={listId} role="listbox" aria-label="Results" className="overflow-auto p-1.5">
        {entries.map((entry) => (
          <div
            key={entry.id}
            id={`${listId}-${entry.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={entry === chosen}
            onPointerMove={() => setActive(entries.indexOf(entry))}
            onClick={() => run(entry)}
            onKeyDown={undefined}
            className={cx('flex h-9 items-center gap-3 rounded-md px-2.5 text-sm', entry === chosen && 'bg-active')}
          >
            <entry.icon size={15} aria-hidden="true" className="shrink-0 text-faint" />
            <span className="min-w-0 flex-1 truncate">
              <UserText>{entry.label}</UserText>
            </span>
            <span className="shrink-0 text-xs text-faint">{entry.hint}</span>
          </div>
        ))}
        {entries.length === 0 && <p className="p-6 text-center text-sm text-muted">Nothing matches “{text}”.</p>}
      </div>
    </>
  );
}

function useEntries(text: string, screens: readonly Screen[], onShortcuts: () => void): Entry[] {
  const navigate = useNavigate();
  const zone = useZone();
  const now = useNow();
  // The hour is enough for a list of names and keeps the request the same while the palette is open.
  const toMs = Math.ceil(now / 3_600_000) * 3_600_000;
  const { data } = useQuery({ ...servicesQuery({ fromMs: toMs - DAY_MS, toMs }), staleTime: 60_000 });
  const services = data?.services;

  return useMemo(() => {
    const traceId = text.trim().toLowerCase();
    if (/^[0-9a-f]{32}$/.test(traceId)) {
      const run = () => void navigate({ to: '/traces/$traceId', params: { traceId } }).catch(reportNavigation);
      return [{ id: 'trace', label: traceId, hint: 'Open trace', icon: Activity, run }];
    }
    const all: Entry[] = [
      ...screens.map(({ to, label, icon, key }) => ({
        id: to.slice(1),
        label,
        hint: `g ${key}`,
        icon,
        run: () => void navigate({ to }).catch(reportNavigation),
      })),
      ...(services ?? []).flatMap(({ service }) => [
        {
          id: `logs-${service}`,
          label: `${service}: logs`,
          hint: 'Service',
          icon: Layers,
          run: () =>
            void navigate({ to: '/logs', search: { query: filterClause('service', service) } }).catch(reportNavigation),
        },
        {
          id: `traces-${service}`,
          label: `${service}: traces`,
          hint: 'Service',
          icon: Layers,
          run: () =>
            void navigate({ to: '/traces', search: { query: filterClause('service', service) } }).catch(
              reportNavigation,
            ),
        },
      ]),
      {
        id: 'live',
        label: 'Follow logs live',
        hint: 'Action',
        icon: Radio,
        run: () => void navigate({ to: '/logs', search: { live: '1' } }).catch(reportNavigation),
      },
      {
        id: 'start',
        label: 'Send telemetry',
        hint: 'Guide',
        icon: Rocket,
        run: () => void navigate({ to: '/start' }).catch(reportNavigation),
      },
      { id: 'light', label: 'Theme: light', hint: 'Action', icon: Sun, run: () => setPreferences({ theme: 'light' }) },
      { id: 'dark', label: 'Theme: dark', hint: 'Action', icon: Moon, run: () => setPreferences({ theme: 'dark' }) },
      {
        id: 'system',
        label: 'Theme: as the system',
        hint: 'Action',
        icon: SunMoon,
        run: () => setPreferences({ theme: 'system' }),
      },
      {
        id: 'zone',
        label: zone === 'utc' ? 'Show times in local time' : 'Show times in UTC',
        hint: 'Action',
        icon: Clock,
        run: () => setPreferences({ zone: zone === 'utc' ? 'local' : 'utc' }),
      },
      { id: 'shortcuts', label: 'Keyboard shortcuts', hint: '?', icon: CircleHelp, run: onShortcuts },
    ];
    return all.filter((entry) => matchText(text, entry.label)).slice(0, SHOWN);
  }, [text, screens, services, navigate, zone, onShortcuts]);
}
