import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/client.ts';

/** `onLoginRequired` is called for every read that the server refuses for want of a login. */
export function createQueryClient(onLoginRequired: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiError && error.status === 401) onLoginRequired();
      },
    }),
    defaultOptions: {
      queries: {
        // A refusal stays one however often it is asked; a lost connection may be over in a moment.
        retry: (failures, error) => failures < 1 && !(error instanceof ApiError && error.status < 500),
        retryDelay: 800,
        refetchOnWindowFocus: false,
        // Every refresh of a relative range is a new key: the old ones must not pile up.
        gcTime: 60_000,
      },
    },
  });
}
