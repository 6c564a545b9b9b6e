/** What surrounds every screen: navigation, palette, shortcut sheet, connection state. */

import { type Query, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { ChevronsLeft, ChevronsRight, CircleHelp, Ellipsis, Moon, Search, Sun, SunMoon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClockSkew } from '../api/clock-skew.ts';
import { openIncidentsQuery, statusQuery } from '../api/queries.ts';
import { useAutoRefresh } from '../time/clock.ts';
import { longDuration } from '../time/format.ts';
import { Boundary } from '../ui/boundary.tsx';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/class.ts';
import { Logo } from '../ui/logo.tsx';
import { Menu, type MenuItem } from '../ui/overlay.tsx';
import { Toasts } from '../ui/toast.tsx';
import { type Connection, useConnection } from './connection.ts';
import { Palette } from './palette.tsx';
import { type Preferences, setPreferences, usePreferences } from './preferences.ts';
import { SCREENS, type Screen } from './screens.ts';
import { Keys, ShortcutSheet } from './shortcut-sheet.tsx';
import { IS_MAC, listenForShortcuts, useShortcuts } from './shortcuts.ts';
import { useDocumentTitle, useTitle } from './title.ts';
import { reportNavigation } from './use-range.ts';

export function Shell() {
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [sheetOpen, setSheetOpen] = useState(false);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const screens = useScreens();
  const connection = useConnection();
  const client = useQueryClient();
  // A read that takes longer than the interval would be begun anew for ever.
  useAutoRefresh(() => client.isFetching({ predicate: isWindowed }) > 0);
  useTitle(screens.find(({ to }) => pathname.startsWith(to))?.label);
  useDocumentTitle(useOpenIncidents());
  useEffect(() => listenForShortcuts(window, IS_MAC), []);
  useShortcuts('Everywhere', [
    { keys: 'mod+k', label: 'Go to anything', run: () => setPaletteOpen(true), whileTyping: true },
    { keys: '?', label: 'Show shortcuts', run: () => setSheetOpen(true) },
    ...screens.map(({ key, label, to }) => ({
      keys: `g ${key}`,
      label: `Go to ${label}`,
      run: () => void navigate({ to }).catch(reportNavigation),
    })),
  ]);
  const openPalette = () => setPaletteOpen(true);
  const openSheet = () => setSheetOpen(true);
  return (
    <div className="flex h-dvh max-md:flex-col-reverse">
      <SideNav screens={screens} connection={connection} onPalette={openPalette} onSheet={openSheet} />
      <BottomNav screens={screens} onPalette={openPalette} />
      <main className="flex min-h-0 min-w-0 flex-1 flex-col">
        <ConnectionBanner connection={connection} />
        <ClockBanner />
        <div className="min-h-0 flex-1">
          <Boundary resetKey={pathname}>
            <Outlet />
          </Boundary>
        </div>
      </main>
      <Palette open={paletteOpen} onClose={() => setPaletteOpen(false)} screens={screens} onShortcuts={openSheet} />
      <ShortcutSheet open={sheetOpen} onClose={() => setSheetOpen(false)} />
      <Toasts />
    </div>
  );
}

function useScreens(): readonly Screen[] {
  const { data } = useQuery(statusQuery);
  return data?.demo.available ? SCREENS : SCREENS.filter((screen) => screen.to !== '/demo');
}

function useOpenIncidents(): number {
  return useQuery(openIncidentsQuery).data?.incidents.length ?? 0;
}

interface SideNavProps {
  screens: readonly Screen[];
  connection: Connection;
  onPalette: () => void;
  onSheet: () => void;
}

function SideNav({ screens, connection, onPalette, onSheet }: SideNavProps) {
  const { navCollapsed: folded } = usePreferences();
  const openIncidents = useOpenIncidents();
  return (
    <aside
      aria-label="Breakwater"
      className={cx(
        'flex shrink-0 flex-col border-r border-line bg-sunken max-md:hidden',
        folded ? 'w-[52px]' : 'w-[178px]',
      )}
    >
      <Link to="/" className="flex h-12 items-center gap-2.5 px-[15px]" aria-label="Breakwater, start page">
        <Logo />
        {!folded && <span className="text-[14.5px] font-semibold tracking-tight">Breakwater</span>}
      </Link>
      <div className="px-2 pb-2">
        <button
          type="button"
          onClick={onPalette}
          aria-label={folded ? 'Go to anything' : undefined}
          title="Go to anything"
          className={cx(
            'flex h-[30px] w-full items-center gap-2 rounded-md border border-line bg-surface text-sm text-faint hover:border-line-strong hover:text-muted',
            folded ? 'justify-center' : 'px-2',
          )}
        >
          <Search size={14} aria-hidden="true" className="shrink-0" />
          {!folded && (
            <>
              <span className="flex-1 text-left">Go to…</span>
              <span aria-hidden="true">
                <Keys keys="mod+k" />
              </span>
            </>
          )}
        </button>
      </div>
      <nav aria-label="Screens" className="flex flex-1 flex-col gap-px px-2">
        {screens.map((screen) => (
          <NavLink
            key={screen.to}
            screen={screen}
            folded={folded}
            badge={screen.to === '/incidents' ? openIncidents : 0}
          />
        ))}
      </nav>
      <div className="flex flex-col gap-1 border-t border-line p-2">
        <ConnectionDot connection={connection} folded={folded} />
        <div className={cx('flex', folded ? 'flex-col items-center gap-px' : 'justify-between')}>
          <ThemeButton />
          <IconButton label="Keyboard shortcuts (?)" icon={CircleHelp} onClick={onSheet} />
          <IconButton
            label={folded ? 'Show labels' : 'Hide labels'}
            icon={folded ? ChevronsRight : ChevronsLeft}
            onClick={() => setPreferences({ navCollapsed: !folded })}
          />
        </div>
      </div>
    </aside>
  );
}

function NavLink({ screen, folded, badge }: { screen: Screen; folded: boolean; badge: number }) {
  const Icon = screen.icon;
  return (
    <Link
      to={screen.to}
      title={folded ? screen.label : undefined}
      aria-label={folded ? (badge > 0 ? `${screen.label}, ${badge} open` : screen.label) : undefined}
      className="group relative flex h-[30px] items-center gap-2.5 rounded-md px-[9px] text-sm font-medium text-muted hover:bg-hover hover:text-text data-[status=active]:bg-active data-[status=active]:text-text"
    >
      <Icon size={16} aria-hidden="true" className="shrink-0 group-data-[status=active]:text-accent" />
      {!folded && <span className="flex-1">{screen.label}</span>}
      {badge > 0 && <NavBadge count={badge} folded={folded} />}
    </Link>
  );
}

function NavBadge({ count, folded }: { count: number; folded: boolean }) {
  return (
    <span
      className={cx(
        'num inline-flex h-4 min-w-4 items-center justify-center rounded-full bg-red-fill px-1 text-2xs font-semibold text-white',
        folded && 'absolute -top-0.5 right-0 scale-85',
      )}
    >
      {count > 99 ? '99+' : count}
      <span className="sr-only"> open</span>
    </span>
  );
}

const DOTS: Record<Connection['state'], { color: string; label: string }> = {
  connecting: { color: 'var(--faint)', label: 'Connecting' },
  connected: { color: 'var(--green)', label: 'Connected' },
  store_restarting: { color: 'var(--amber)', label: 'Store restarting' },
  store_unavailable: { color: 'var(--red)', label: 'Store down' },
  unreachable: { color: 'var(--red)', label: 'Offline' },
};

function ConnectionDot({ connection, folded }: { connection: Connection; folded: boolean }) {
  const { color, label } = DOTS[connection.state];
  const detail = 'detail' in connection ? connection.detail : label;
  return (
    <span
      role="status"
      aria-label={`Server: ${label}`}
      title={detail}
      className={cx('flex h-6 min-w-0 items-center gap-2 text-xs text-muted', folded ? 'justify-center' : 'pl-[9px]')}
    >
      <span className="size-[7px] shrink-0 rounded-full" style={{ background: color }} />
      {!folded && <span className="truncate">{label}</span>}
    </span>
  );
}

function ConnectionBanner({ connection }: { connection: Connection }) {
  if (connection.state === 'connected' || connection.state === 'connecting') return null;
  const bad = connection.state !== 'store_restarting';
  return (
    <div
      role="alert"
      className={cx(
        'flex items-center gap-2 border-b border-line px-4 py-1.5 text-sm',
        bad ? 'bg-red-soft text-red' : 'bg-amber-soft text-amber',
      )}
    >
      <span className="font-medium">{DOTS[connection.state].label}.</span>
      <span className="truncate">{connection.detail}</span>
    </div>
  );
}

/** A range that ends "now" by a wrong clock hides the newest records, or is empty. */
function ClockBanner() {
  const skewMs = useClockSkew();
  if (skewMs === 0) return null;
  const size = longDuration(Math.abs(skewMs));
  return (
    <div role="status" className="border-b border-line bg-amber-soft px-4 py-1.5 text-sm text-amber">
      <span className="font-medium">
        This device's clock is {size} {skewMs > 0 ? 'ahead of' : 'behind'} the server's.
      </span>{' '}
      Ranges and “ago” are reckoned by this device: set its clock, or choose a wider range.
    </div>
  );
}

/** Whether a read is about a time window, which a refresh moves. */
function isWindowed({ queryKey }: Query): boolean {
  const params = queryKey[1];
  return typeof params === 'object' && params !== null && 'from' in params;
}

const THEMES: Record<Preferences['theme'], { next: Preferences['theme']; icon: typeof Sun; label: string }> = {
  system: { next: 'light', icon: SunMoon, label: 'Theme: as the system' },
  light: { next: 'dark', icon: Sun, label: 'Theme: light' },
  dark: { next: 'system', icon: Moon, label: 'Theme: dark' },
};

function ThemeButton() {
  const { next, icon, label } = THEMES[usePreferences().theme];
  return <IconButton label={label} icon={icon} onClick={() => setPreferences({ theme: next })} />;
}

const BOTTOM: readonly Screen['to'][] = ['/logs', '/traces', '/errors', '/incidents'];

function BottomNav({ screens, onPalette }: { screens: readonly Screen[]; onPalette: () => void }) {
  const openIncidents = useOpenIncidents();
  const navigate = useNavigate();
  const { theme } = usePreferences();
  const rest: MenuItem[] = screens
    .filter((screen) => !BOTTOM.includes(screen.to))
    .map(({ label, to }) => ({ label, onSelect: () => void navigate({ to }).catch(reportNavigation) }));
  return (
    <nav
      aria-label="Screens"
      className="flex shrink-0 border-t border-line bg-sunken pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {screens
        .filter((screen) => BOTTOM.includes(screen.to))
        .map(({ to, label, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            className="relative flex h-13 flex-1 flex-col items-center justify-center gap-0.5 text-2xs font-medium text-muted data-[status=active]:text-accent"
          >
            <span className="relative">
              <Icon size={18} aria-hidden="true" />
              {to === '/incidents' && openIncidents > 0 && (
                <span className="absolute -top-1.5 left-2.5">
                  <NavBadge count={openIncidents} folded={false} />
                </span>
              )}
            </span>
            {label}
          </Link>
        ))}
      <Menu
        align="end"
        trigger={
          <button
            type="button"
            className="flex h-13 flex-1 flex-col items-center justify-center gap-0.5 text-2xs font-medium text-muted"
          >
            <Ellipsis size={18} aria-hidden="true" />
            More
          </button>
        }
        items={[
          ...rest,
          'line',
          { label: 'Go to anything', onSelect: onPalette },
          { label: THEMES[theme].label, hint: 'change', onSelect: () => setPreferences({ theme: THEMES[theme].next }) },
        ]}
      />
    </nav>
  );
}
