/** A moment as "5m ago"; the exact time with its zone is in the tooltip and for assistive technology. */
import { useSecond, useZone } from '../time/clock.ts';
import { formatAgo, formatStamp } from '../time/format.ts';

export function Ago({ ms }: { ms: number }) {
  const now = useSecond();
  const zone = useZone();
  if (!Number.isFinite(ms)) return '–';
  return <time title={formatStamp(ms, zone)}>{formatAgo(ms, now)}</time>;
}
