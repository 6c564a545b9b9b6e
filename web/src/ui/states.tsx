/** What a panel shows when it has nothing else to show: loading, empty, failed. */
import type { LucideIcon } from 'lucide-react';
import { CircleAlert, RotateCw, WifiOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError, UnreachableError } from '../api/client.ts';
import { visibleText } from '../text/hidden-characters.ts';
import { Button } from './button.tsx';
import { cx } from './class.ts';
import { UserText } from './user-text.tsx';

export function EmptyState(props: {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  const Icon = props.icon;
  return (
    <div
      className={cx('flex h-full min-h-48 flex-col items-center justify-center gap-2 p-6 text-center', props.className)}
    >
      <span className="mb-1 flex size-10 items-center justify-center rounded-full bg-active text-faint">
        <Icon size={19} aria-hidden="true" />
      </span>
      <h2 className="text-base font-semibold">{props.title}</h2>
      {props.children && <div className="max-w-md text-sm text-pretty text-muted">{props.children}</div>}
      {props.action && <div className="mt-2 flex flex-wrap justify-center gap-2">{props.action}</div>}
    </div>
  );
}

function describe(error: Error): { title: string; detail: string; code: string } {
  if (error instanceof ApiError) return { title: error.problem.title, detail: error.problem.detail, code: error.code };
  if (error instanceof UnreachableError) {
    return {
      title: 'The server does not answer',
      detail: 'Check that Breakwater is running. This page tries again by itself.',
      code: error.code,
    };
  }
  return { title: 'This part of the page failed', detail: error.message, code: error.name };
}

/** A failure in one sentence, for forms and small panels. */
export function failureText(error: Error): string {
  const { title, detail } = describe(error);
  // What the server says of its refusal stands on its own.
  if (error instanceof ApiError && detail) return detail;
  return detail && detail !== title ? `${title}. ${detail}` : `${title}.`;
}

/** A failure in the middle of a panel that has no data. */
export function ErrorState({
  error,
  onRetry,
  className,
}: {
  error: Error;
  onRetry?: (() => void) | undefined;
  className?: string;
}) {
  const { title, detail, code } = describe(error);
  const Icon = error instanceof UnreachableError ? WifiOff : CircleAlert;
  return (
    <div
      role="alert"
      className={cx('flex h-full min-h-40 flex-col items-center justify-center gap-1.5 p-6 text-center', className)}
    >
      <span className="mb-1 flex size-10 items-center justify-center rounded-full bg-red-soft text-red">
        <Icon size={19} aria-hidden="true" />
      </span>
      <h2 className="text-base font-semibold">{title}</h2>
      {detail && detail !== title && (
        <p className="max-w-lg text-sm text-pretty text-muted">
          <UserText>{detail}</UserText>
        </p>
      )}
      <p className="font-mono text-2xs text-faint">{code}</p>
      {onRetry && (
        <Button icon={RotateCw} onClick={onRetry} className="mt-2">
          Try again
        </Button>
      )}
    </div>
  );
}

/** A failure beside data that is still shown. */
export function ErrorStrip({ error, onRetry, what }: { error: Error; onRetry?: () => void; what: string }) {
  // The banner above the screen says so once for all its parts.
  if (error instanceof UnreachableError) return null;
  const { title, detail } = describe(error);
  return (
    <div role="alert" className="flex items-center gap-2 border-b border-line bg-red-soft px-3 py-1.5 text-sm text-red">
      <CircleAlert size={14} aria-hidden="true" className="shrink-0" />
      <span className="min-w-0 flex-1 truncate" title={visibleText(detail)}>
        {what}: {title}
      </span>
      {onRetry && (
        <button
          type="button"
          onClick={onRetry}
          className="shrink-0 rounded-sm font-medium underline underline-offset-2"
        >
          Try again
        </button>
      )}
    </div>
  );
}

/** The failure of a chart, in the line below it. */
export function ChartFault({ error }: { error: Error | null }) {
  if (!error || error instanceof UnreachableError) return null;
  return (
    <span className="mr-3 text-xs text-red">
      The histogram failed: <UserText>{error.message}</UserText>
    </span>
  );
}

/** Grey rows in the place of rows that load. */
export function SkeletonRows({ rows = 12, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-[9px] p-3">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <div key={row} className="flex gap-3">
          <div className="skeleton h-[15px] w-24 shrink-0" />
          <div className="skeleton h-[15px] w-20 shrink-0 max-sm:hidden" />
          <div className="skeleton h-[15px]" style={{ width: `${30 + ((row * 37) % 55)}%` }} />
        </div>
      ))}
    </div>
  );
}

export function SkeletonBox({ className, label }: { className?: string; label: string }) {
  return <div role="status" aria-label={label} className={cx('skeleton', className)} />;
}
