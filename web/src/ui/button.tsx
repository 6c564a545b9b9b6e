import type { LucideIcon } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { cx } from './class.ts';

export type ButtonTone = 'plain' | 'primary' | 'quiet' | 'danger';

const TONES: Record<ButtonTone, string> = {
  plain: 'border border-line-strong bg-surface hover:bg-hover text-text',
  primary: 'border border-transparent bg-accent-fill text-on-accent hover:brightness-110',
  quiet: 'border border-transparent text-muted hover:bg-hover hover:text-text',
  danger: 'border border-line-strong bg-surface text-red hover:bg-red-soft',
};

/** The look of a button, for links that act as one. */
export function buttonClass(tone: ButtonTone = 'plain', extra = ''): string {
  return cx(
    'inline-flex h-[30px] shrink-0 items-center justify-center gap-1.5 rounded-md px-2.5 text-sm font-medium whitespace-nowrap select-none transition-colors duration-(--quick) disabled:opacity-50 disabled:pointer-events-none aria-pressed:bg-accent-soft aria-pressed:text-accent',
    TONES[tone],
    extra,
  );
}

export interface ButtonProps extends ComponentProps<'button'> {
  tone?: ButtonTone;
  icon?: LucideIcon;
  children?: ReactNode;
}

export function Button({ tone = 'plain', icon: Icon, className = '', children, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} className={buttonClass(tone, className)}>
      {Icon && <Icon size={14} aria-hidden="true" className="shrink-0" />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** What it does: the accessible name and the tooltip. */
  label: string;
  icon: LucideIcon;
  tone?: ButtonTone;
  size?: 'sm' | 'md';
}

export function IconButton({
  label,
  icon: Icon,
  tone = 'quiet',
  size = 'md',
  className = '',
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={cx(
        'inline-flex shrink-0 items-center justify-center rounded-md transition-colors duration-(--quick) disabled:opacity-50 aria-pressed:text-accent',
        size === 'md' ? 'size-[30px]' : 'size-[22px]',
        TONES[tone],
        className,
      )}
    >
      <Icon size={size === 'md' ? 15 : 13} aria-hidden="true" />
    </button>
  );
}
