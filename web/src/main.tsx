import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { statusQuery } from './api/queries.ts';
import { createQueryClient } from './app/query-client.ts';
import { reportNavigation } from './app/use-range.ts';
import { preloadScreens, router } from './router.tsx';
import './styles.css';

const client = createQueryClient(() => {
  const { pathname, href } = router.latestLocation;
  if (pathname === '/login') return;
  // Somebody whose reads were answered before had a session.
  const ended = client.getQueryData(statusQuery.queryKey) ? '1' : undefined;
  router.navigate({ to: '/login', search: { next: href, ended }, replace: true }).catch(reportNavigation);
});

const element = document.getElementById('root');
if (!element) throw new Error('index.html has no element with the id "root"');
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);

const IDLE_AFTER_MS = 2_000;
// A screen that cannot be loaded now says so when it is opened.
addEventListener('load', () => setTimeout(() => void preloadScreens().catch(reportNavigation), IDLE_AFTER_MS));
