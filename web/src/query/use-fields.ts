import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { fieldsQuery } from '../api/queries.ts';
import type { Choice } from './query-bar.tsx';
import { escapeName } from './query-text.ts';

const BUILT_IN: Record<'logs' | 'spans', readonly Choice[]> = {
  logs: [
    { value: 'service', hint: 'text' },
    { value: 'level', hint: 'level' },
    { value: 'body', hint: 'text' },
    { value: 'environment', hint: 'text' },
    { value: 'trace', hint: 'id' },
    { value: 'span', hint: 'id' },
    { value: 'event', hint: 'text' },
    { value: 'scope', hint: 'text' },
    { value: 'severity_text', hint: 'text' },
  ],
  spans: [
    { value: 'service', hint: 'text' },
    { value: 'name', hint: 'text' },
    { value: 'duration', hint: 'duration' },
    { value: 'status', hint: 'unset, ok, error' },
    { value: 'kind', hint: 'kind' },
    { value: 'environment', hint: 'text' },
    { value: 'trace', hint: 'id' },
    { value: 'span', hint: 'id' },
    { value: 'parent', hint: 'id' },
    { value: 'scope', hint: 'text' },
    { value: 'status_message', hint: 'text' },
  ],
};

/** The names, as a query writes them, that the query box offers for a signal: the built-in fields, then the attributes seen. */
export function useFields(signal: 'logs' | 'spans'): readonly Choice[] {
  const { data: answer } = useQuery(fieldsQuery(signal));
  return useMemo(() => {
    const builtIn = BUILT_IN[signal];
    const known = new Set(builtIn.map(({ value }) => value));
    const seen = (answer?.fields ?? []).filter(({ key }) => !known.has(key));
    return [...builtIn, ...seen.map(({ key, type }) => ({ value: escapeName(key), hint: type }))];
  }, [answer, signal]);
}
