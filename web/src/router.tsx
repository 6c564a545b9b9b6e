/** The screens and their URLs. The one that is opened is loaded first, the others after it. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  retainSearchParams,
} from '@tanstack/react-router';
import { NotFound } from './app/not-found.tsx';
import { choiceParam, parseSearch, stringifySearch, textParam } from './app/search.ts';
import { Shell } from './app/shell.tsx';
import { DETAIL_TABS } from './features/logs/detail-tabs.ts';
import { Home } from './features/start/home.tsx';
import { ErrorState, SkeletonRows } from './ui/states.tsx';

type Raw = Record<string, unknown>;

/** Every parameter may be left out of a link. */
function optional<T extends object>(search: T): Partial<T> {
  return search;
}

export interface RangeSearch {
  range?: string | undefined;
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });
const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  validateSearch: (raw: Raw): RangeSearch => ({ range: textParam(raw['range']) }),
  // The range goes along from screen to screen.
  search: { middlewares: [retainSearchParams(['range'])] },
});

const home = createRoute({ getParentRoute: () => shell, path: '/', component: Home });
const start = createRoute({
  getParentRoute: () => shell,
  path: '/start',
  component: lazyRouteComponent(() => import('./features/start/start-screen.tsx'), 'StartScreen'),
});

const logs = createRoute({
  getParentRoute: () => shell,
  path: '/logs',
  validateSearch: (raw: Raw) =>
    optional({
      query: textParam(raw['query']),
      cols: textParam(raw['cols']),
      row: textParam(raw['row']),
      tab: choiceParam(raw['tab'], DETAIL_TABS),
      live: choiceParam(raw['live'], ['1']),
    }),
  component: lazyRouteComponent(() => import('./features/logs/logs-screen.tsx'), 'LogsScreen'),
});
const traces = createRoute({
  getParentRoute: () => shell,
  path: '/traces',
  validateSearch: (raw: Raw) =>
    optional({ query: textParam(raw['query']), sort: choiceParam(raw['sort'], ['recent', 'slowest']) }),
  component: lazyRouteComponent(() => import('./features/traces/traces-screen.tsx'), 'TracesScreen'),
});
const trace = createRoute({
  getParentRoute: () => shell,
  path: '/traces/$traceId',
  validateSearch: (raw: Raw) => optional({ span: textParam(raw['span']), find: textParam(raw['find']) }),
  component: lazyRouteComponent(() => import('./features/traces/trace-screen.tsx'), 'TraceScreen'),
});
const services = createRoute({
  getParentRoute: () => shell,
  path: '/services',
  validateSearch: (raw: Raw) =>
    optional({
      sort: choiceParam(raw['sort'], ['service', 'requests', 'errors', 'p50', 'p95', 'p99', 'logs', 'seen']),
    }),
  component: lazyRouteComponent(() => import('./features/services/services-screen.tsx'), 'ServicesScreen'),
});
const errors = createRoute({
  getParentRoute: () => shell,
  path: '/errors',
  validateSearch: (raw: Raw) =>
    optional({
      status: choiceParam(raw['status'], ['open', 'resolved', 'ignored']),
      sort: choiceParam(raw['sort'], ['last_seen', 'first_seen', 'count']),
      service: textParam(raw['service']),
      find: textParam(raw['find']),
    }),
  component: lazyRouteComponent(() => import('./features/errors/errors-screen.tsx'), 'ErrorsScreen'),
});
const error = createRoute({
  getParentRoute: () => shell,
  path: '/errors/$groupId',
  validateSearch: (raw: Raw) => optional({ event: textParam(raw['event']) }),
  component: lazyRouteComponent(() => import('./features/errors/error-screen.tsx'), 'ErrorScreen'),
});
const alerts = createRoute({
  getParentRoute: () => shell,
  path: '/alerts',
  validateSearch: (raw: Raw) => optional({ tab: choiceParam(raw['tab'], ['alerts', 'rules', 'receivers']) }),
  component: lazyRouteComponent(() => import('./features/alerts/alerts-screen.tsx'), 'AlertsScreen'),
});
const rule = createRoute({
  getParentRoute: () => shell,
  path: '/alerts/rules/$ruleId',
  validateSearch: (raw: Raw) => optional({ group: textParam(raw['group']) }),
  component: lazyRouteComponent(() => import('./features/alerts/rule-screen.tsx'), 'RuleScreen'),
});
const incidents = createRoute({
  getParentRoute: () => shell,
  path: '/incidents',
  validateSearch: (raw: Raw) => optional({ status: choiceParam(raw['status'], ['active', 'resolved', 'all']) }),
  component: lazyRouteComponent(() => import('./features/incidents/incidents-screen.tsx'), 'IncidentsScreen'),
});
const incident = createRoute({
  getParentRoute: () => shell,
  path: '/incidents/$incidentId',
  component: lazyRouteComponent(() => import('./features/incidents/incident-screen.tsx'), 'IncidentScreen'),
});
const demo = createRoute({
  getParentRoute: () => shell,
  path: '/demo',
  component: lazyRouteComponent(() => import('./features/demo/demo-screen.tsx'), 'DemoScreen'),
});
const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('./features/settings/settings-screen.tsx'), 'SettingsScreen'),
});
// Whatever else is asked for, so that the navigation stays around it.
const unknown = createRoute({ getParentRoute: () => shell, path: '$', component: NotFound });
const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (raw: Raw) => optional({ next: textParam(raw['next']), ended: choiceParam(raw['ended'], ['1']) }),
  component: lazyRouteComponent(() => import('./features/login/login-screen.tsx'), 'LoginScreen'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    shell.addChildren([
      home,
      start,
      logs,
      traces,
      trace,
      services,
      errors,
      error,
      alerts,
      rule,
      incidents,
      incident,
      demo,
      settings,
      unknown,
    ]),
    login,
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPendingComponent: () => <SkeletonRows label="Loading the screen" />,
  defaultErrorComponent: ({ error, reset }) => (
    <ErrorState error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
  ),
});

/** Loads what was not opened yet, so that a page that loses its server can still go to every screen. */
export async function preloadScreens(): Promise<void> {
  for (const { options } of Object.values<{ options: { component?: unknown } }>(router.routesById)) {
    const component = options.component as { preload?: () => Promise<void> } | undefined;
    // One after the other, so that the screen in use comes first at the server.
    await component?.preload?.();
  }
}

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
