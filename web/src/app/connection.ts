import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../api/client.ts';
import { statusQuery } from '../api/queries.ts';
import { useZone } from '../time/clock.ts';
import { formatClock } from '../time/format.ts';

export type Connection =
  | { state: 'connecting' }
  | { state: 'connected'; detail: string }
  | { state: 'store_restarting'; detail: string }
  | { state: 'store_unavailable'; detail: string }
  | { state: 'unreachable'; detail: string };

/** How the page stands with the server, from the newest answer of GET /status. */
export function useConnection(): Connection {
  const { data, error, isPending, dataUpdatedAt } = useQuery(statusQuery);
  const zone = useZone();
  if (error)
    return {
      state: 'unreachable',
      detail:
        error instanceof ApiError
          ? error.message
          : `The server does not answer. ${data ? `What you see is from ${formatClock(dataUpdatedAt, zone, 'second')}. ` : ''}Trying again.`,
    };
  if (isPending || !data) return { state: 'connecting' };
  if (data.store.state === 'restarting')
    return { state: 'store_restarting', detail: 'The store is restarting. Nothing acknowledged is lost.' };
  if (data.store.state === 'unavailable')
    return { state: 'store_unavailable', detail: 'The store is not available. Telemetry is refused until it is back.' };
  return { state: 'connected', detail: `Breakwater ${data.version}` };
}
