/** How the live tail goes: its rate, what it left out, and the way back after a pause. */
import { ArrowUp, Radio, TriangleAlert } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { formatCount } from '../../time/format.ts';
import { cx } from '../../ui/class.ts';
import type { LiveTail } from './use-live-tail.ts';

const STATES: Record<LiveTail['state'], string> = {
  off: 'Off',
  connecting: 'Connecting…',
  open: 'Live',
  broken: 'Connection lost, trying again…',
};

export function LiveBanner({ tail, onResume }: { tail: LiveTail; onResume: () => void }) {
  const rate = useRate(tail.received);
  return (
    <div
      role="status"
      className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1 text-sm"
    >
      <span className="inline-flex items-center gap-2 font-medium">
        <span
          className={cx(
            'size-[7px] rounded-full',
            tail.state === 'open' && !tail.paused ? 'beacon bg-green' : tail.state === 'broken' ? 'bg-red' : 'bg-amber',
          )}
        />
        {tail.paused && tail.state === 'open' ? 'Paused' : STATES[tail.state]}
      </span>
      <span className="num text-muted">
        {formatCount(rate)}/s · {formatCount(tail.received)} received
      </span>
      {tail.dropped > 0 && (
        <span className="num inline-flex items-center gap-1 text-amber">
          <TriangleAlert size={13} aria-hidden="true" />
          {formatCount(tail.dropped)} not shown: more match than are sent. They are stored; narrow the query to see all.
        </span>
      )}
      {tail.paused && (
        <button
          type="button"
          onClick={onResume}
          className="num ml-auto inline-flex h-6 items-center gap-1.5 rounded-full bg-accent-fill px-3 text-xs font-semibold text-on-accent hover:brightness-110"
        >
          <ArrowUp size={13} aria-hidden="true" />
          Resume ({formatCount(tail.waiting)} new)
        </button>
      )}
      {tail.state === 'open' && tail.received === 0 && (
        <span className="inline-flex items-center gap-1.5 text-faint">
          <Radio size={13} aria-hidden="true" />
          Waiting for matching records…
        </span>
      )}
    </div>
  );
}

/** Records per second over the last five seconds. */
function useRate(received: number): number {
  const latest = useRef(received);
  latest.current = received;
  const [rate, setRate] = useState(0);
  useEffect(() => {
    const seen: number[] = [];
    const timer = setInterval(() => {
      seen.push(latest.current);
      if (seen.length > 6) seen.shift();
      const first = seen[0] ?? 0;
      setRate(seen.length > 1 ? Math.max(0, Math.round((latest.current - first) / (seen.length - 1))) : 0);
    }, 1_000);
    return () => clearInterval(timer);
  }, []);
  return rate;
}
