/** Follows `/logs/tail` while it is switched on. */
import type { LogView, TailDropped } from '@breakwater/server/api-types';
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { apiUrl } from '../../api/client.ts';
import { createTailBuffer, type TailSnapshot } from './tail-buffer.ts';

/** Rows come one by one, up to 200 a second; the screen takes them in bundles. */
const FLUSH_MS = 150;
const CAPACITY = 5_000;
const RETRY_MS = 3_000;

export type TailState = 'off' | 'connecting' | 'open' | 'broken';

export interface LiveTail extends TailSnapshot {
  state: TailState;
  pause: () => void;
  resume: () => void;
  seed: (rows: readonly LogView[]) => void;
}

export function useLiveTail(on: boolean, query: string): LiveTail {
  const { buffer, subscribe, notify } = useMemo(createNotifier, []);
  const [state, setState] = useState<TailState>('off');
  const snapshot = useSyncExternalStore(subscribe, buffer.snapshot);

  useEffect(() => {
    if (!on) return;
    buffer.clear();
    buffer.resume();
    notify();
    let arrived: LogView[] = [];
    let source: EventSource | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const flush = setInterval(() => {
      if (arrived.length === 0) return;
      buffer.push(arrived);
      arrived = [];
      notify();
    }, FLUSH_MS);
    const connect = () => {
      setState('connecting');
      source = new EventSource(apiUrl('/logs/tail', { query }));
      source.addEventListener('open', () => setState('open'));
      source.addEventListener('log', (event) => arrived.push(JSON.parse(event.data)));
      source.addEventListener('dropped', (event) => {
        buffer.addDropped((JSON.parse(event.data) as TailDropped).count);
        notify();
      });
      source.addEventListener('error', () => {
        setState('broken');
        // The browser reconnects after a lost connection, but gives up for good after an HTTP error.
        if (source?.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY_MS);
      });
    };
    connect();
    return () => {
      clearInterval(flush);
      clearTimeout(retry);
      source?.close();
      setState('off');
    };
  }, [on, query, buffer, notify]);

  const pause = useCallback(() => {
    buffer.pause();
    notify();
  }, [buffer, notify]);
  const resume = useCallback(() => {
    buffer.resume();
    notify();
  }, [buffer, notify]);
  const seed = useCallback(
    (rows: readonly LogView[]) => {
      buffer.seed(rows);
      notify();
    },
    [buffer, notify],
  );
  return { ...snapshot, state, pause, resume, seed };
}

function createNotifier() {
  const buffer = createTailBuffer(CAPACITY);
  const listeners = new Set<() => void>();
  return {
    buffer,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    notify: () => {
      for (const listener of listeners) listener();
    },
  };
}
