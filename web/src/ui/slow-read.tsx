/** What a list shows while its read takes longer than a moment, and after it was stopped. */
import { CircleSlash } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Cancel } from '../api/use-cancel.ts';
import { Button } from './button.tsx';
import { EmptyState, SkeletonRows } from './states.tsx';

const SLOW_FROM_S = 2;

export function SlowRead({ label, rows, onCancel }: { label: string; rows: number; onCancel: () => void }) {
  const seconds = useSecondsShown();
  return (
    <div className="relative">
      <SkeletonRows label={label} rows={rows} />
      {seconds >= SLOW_FROM_S && (
        // Above the grey rows, which do not move for it.
        <div className="popup absolute top-3 left-1/2 flex -translate-x-1/2 items-center gap-3 py-1.5 pr-1.5 pl-3 text-sm">
          <span className="num whitespace-nowrap">Reading for {seconds} s…</span>
          <Button onClick={onCancel}>Cancel</Button>
        </div>
      )}
    </div>
  );
}

export function CancelledRead({ cancel }: { cancel: Cancel }) {
  return (
    <EmptyState icon={CircleSlash} title="Cancelled" action={<Button onClick={cancel.again}>Read again</Button>}>
      A shorter time range, or a query that names a service, is read faster.
    </EmptyState>
  );
}

function useSecondsShown(): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const from = performance.now();
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - from) / 1_000)), 1_000);
    return () => clearInterval(timer);
  }, []);
  return seconds;
}
