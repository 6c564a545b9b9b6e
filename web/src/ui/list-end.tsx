import type { ReactNode } from 'react';

/** The last entry of a list that does not hold all. */
export function ListEnd({ children }: { children: ReactNode }) {
  return <li className="px-4 py-4 text-center text-sm text-muted">{children}</li>;
}
