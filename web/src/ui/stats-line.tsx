import type { QueryStats } from '@breakwater/server/api-types';
import type { ReactNode } from 'react';
import { formatBytes, formatCompact, formatMillis } from '../time/format.ts';

/** What an answer cost: rows and bytes read, time taken. */
export function StatsLine({ children, stats }: { children?: ReactNode; stats: QueryStats | undefined }) {
  return (
    <span className="num text-xs text-faint">
      {children}
      {stats && (
        <span className={children ? 'max-sm:hidden' : ''}>
          {children ? ' · ' : ''}
          {formatCompact(stats.rowsRead)} rows, {formatBytes(stats.bytesRead)} read in {formatMillis(stats.elapsedMs)}
        </span>
      )}
    </span>
  );
}
