import type { Severity, SeverityName } from '@breakwater/server/api-types';
import type { ReactNode } from 'react';
import { cx } from './class.ts';
import { serviceColor } from './color.ts';
import { UserText } from './user-text.tsx';

export type Tone = 'neutral' | 'red' | 'amber' | 'green' | 'violet' | 'accent';

const TONES: Record<Tone, string> = {
  neutral: 'bg-active text-muted',
  red: 'bg-red-soft text-red',
  amber: 'bg-amber-soft text-amber',
  green: 'bg-green-soft text-green',
  violet: 'bg-violet-soft text-violet',
  accent: 'bg-accent-soft text-accent',
};

export function Badge({
  tone = 'neutral',
  children,
  className,
}: {
  tone?: Tone;
  children: ReactNode;
  className?: string;
}) {
  return (
    <span
      className={cx(
        'inline-flex h-[18px] shrink-0 align-middle items-center rounded-sm px-1.5 text-2xs font-semibold tracking-wide whitespace-nowrap',
        TONES[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

const SEVERITY_TONES: Record<Severity, Tone> = { critical: 'red', high: 'amber', medium: 'violet', low: 'neutral' };

export function SeverityBadge({ severity }: { severity: Severity }) {
  return <Badge tone={SEVERITY_TONES[severity]}>{severity.toUpperCase()}</Badge>;
}

const LEVEL_TEXT: Record<SeverityName, string> = {
  unspecified: 'text-faint',
  trace: 'text-faint',
  debug: 'text-faint',
  info: 'text-accent',
  warn: 'text-amber',
  error: 'text-red',
  fatal: 'text-red font-bold',
};

/** The level of a log record as five characters of text. */
export function Level({ severity }: { severity: SeverityName }) {
  return (
    <span className={cx('font-mono text-xs uppercase', LEVEL_TEXT[severity])}>
      {severity === 'unspecified' ? '–' : severity}
    </span>
  );
}

/** A service's name behind a dot of its colour. */
export function ServiceName({ service, className }: { service: string; className?: string }) {
  return (
    <span className={cx('inline-flex max-w-full min-w-0 items-center gap-1.5 align-bottom', className)}>
      <span className="size-[7px] shrink-0 rounded-full" style={{ background: serviceColor(service) }} />
      <span className="truncate">
        <UserText>{service || 'unknown'}</UserText>
      </span>
    </span>
  );
}
