import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';

/** One line of a list of names and values; `copy` is what its button copies. */
export function Line({ name, copy, children }: { name: string; copy?: string; children: ReactNode }) {
  return (
    <>
      <dt className="leading-[22px] text-faint">{name}</dt>
      <dd className="num flex min-w-0 items-center gap-1 font-mono leading-[22px]">
        <span className="truncate">{children}</span>
        {copy && <CopyButton text={copy} label={`Copy ${name.toLowerCase()}`} />}
      </dd>
    </>
  );
}
