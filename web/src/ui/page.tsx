/** The frame of a screen: a header line, then content that scrolls on its own. */
import { Link } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { buttonClass } from './button.tsx';
import { cx } from './class.ts';

export function Page({ children }: { children: ReactNode }) {
  return <div className="flex h-full min-h-0 min-w-0 flex-col">{children}</div>;
}

export interface PageHeaderProps {
  title: ReactNode;
  /** Beside the title; below it on a narrow screen. */
  lead?: ReactNode;
  /** A link before the title. */
  back?: ReactNode;
  /** At the right end. */
  children?: ReactNode;
}

export function PageHeader({ title, lead, back, children }: PageHeaderProps) {
  return (
    <header className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line bg-surface px-4 py-2 max-md:px-3">
      {back}
      <h1 className="min-w-0 truncate text-base font-semibold max-md:min-w-fit max-md:flex-1">{title}</h1>
      {lead && <div className="min-w-0 max-md:order-last max-md:-ml-1 max-md:basis-full">{lead}</div>}
      <div className="ml-auto flex flex-wrap items-center gap-2">{children}</div>
    </header>
  );
}

export function PageBody({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={cx('min-h-0 flex-1 overflow-auto', className)}>{children}</div>;
}

export interface TabItem {
  id: string;
  label: string;
  count?: number | undefined;
}

/** Tabs that are links: which one is open stands in the URL under `param`. */
export function LinkTabs({
  items,
  current,
  param,
  label,
}: {
  items: readonly TabItem[];
  current: string;
  param: string;
  label: string;
}) {
  return (
    <nav aria-label={label} className="flex h-full items-stretch gap-1 overflow-x-auto">
      {items.map((item, index) => (
        <Link
          key={item.id}
          to="."
          // The first tab is the default and leaves no trace in the URL.
          search={(before: Record<string, unknown>) => ({ ...before, [param]: index === 0 ? undefined : item.id })}
          replace
          aria-current={item.id === current ? 'page' : undefined}
          className={cx(
            'inline-flex items-center gap-1.5 rounded-md px-2.5 py-1 text-sm font-medium whitespace-nowrap',
            item.id === current ? 'bg-active text-text' : 'text-muted hover:bg-hover hover:text-text',
          )}
        >
          {item.label}
          {item.count !== undefined && <span className="num text-xs text-faint">{item.count}</span>}
        </Link>
      ))}
    </nav>
  );
}

/** A label above a value. */
export function Fact({ label, children, className }: { label: string; children: ReactNode; className?: string }) {
  return (
    <div className={cx('min-w-0', className)}>
      <dt className="text-xs text-faint">{label}</dt>
      <dd className="num truncate text-sm">{children}</dd>
    </div>
  );
}

/** From one thing to the list it stands in. */
export function BackLink({ to, label }: { to: '/errors' | '/incidents' | '/traces'; label: string }) {
  return (
    <Link to={to} aria-label={label} title={label} className={buttonClass('quiet', 'w-[30px] px-0!')}>
      <ArrowLeft size={15} aria-hidden="true" />
    </Link>
  );
}

export function Section({
  title,
  aside,
  children,
  className,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={cx('card overflow-hidden', className)}>
      <header className="flex min-h-10 items-center justify-between gap-3 border-b border-line px-4 py-1.5">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
