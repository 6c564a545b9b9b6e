/** Lets a person stop the reads of a screen that take long. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

export interface Cancel {
  /** The reads of this subject were stopped: they must not run (`enabled`). */
  cancelled: boolean;
  cancel: () => void;
  again: () => void;
}

/** `subject` is what is asked; another one is read again. `paths` are those of the reads; the server stops them too. */
export function useCancel(subject: string, paths: readonly string[]): Cancel {
  const client = useQueryClient();
  const [stopped, setStopped] = useState<string>();
  return {
    cancelled: stopped === subject,
    cancel: () => {
      setStopped(subject);
      void client.cancelQueries({ predicate: ({ queryKey }) => paths.includes(String(queryKey[0])) });
    },
    again: () => setStopped(undefined),
  };
}
