import { writeSync } from 'node:fs';
import { openRequests } from './kept.ts';
import type { Sink } from './sink.ts';

const sinks = new Set<Sink>();
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const SIGNAL_WAIT_MS = 3000;
let ending = false;

/** Whatever one sink does, the others are flushed, and asked, all the same. */
export function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // The counts say what was not written; where standard error is gone as well, there is nobody left to tell.
    return;
  }
}

function flushQuick(): void {
  for (const sink of sinks) if (sink.isSlow !== true) attempt(() => sink.flushSync());
}

function onExit(): void {
  flushLast(sinks);
}

/**
 * For the `exit` event of a process whose logger has `flushAtExit: false`: writes what unfinished requests have kept,
 * flushes every sink whatever the others do, and says on standard error what a sink did not write. Never throws.
 */
export function flushLast(of: Iterable<Sink>): void {
  for (const write of openRequests) write();
  for (const sink of of) attempt(() => sink.flushSync());
  for (const sink of of)
    attempt(() => {
      const { emitted, written } = sink.counts();
      if (emitted > written)
        writeSync(2, `breakwater log: sink ${sink.name} did not write ${emitted - written} of ${emitted} records\n`);
    });
}

function onSignal(signal: NodeJS.Signals): void {
  const isOurs = process.listenerCount(signal) === 1;
  if (isOurs) for (const write of openRequests) write();
  flushQuick();
  const busy = [...sinks].filter((sink) => sink.isSlow === true && sink.counts().pending > 0);
  const flushed = Promise.allSettled(busy.map(async (sink) => sink.flush()));
  // Somebody else decides what the signal does; the end itself, when it comes, flushes what is left.
  if (!isOurs) return;
  // With nobody else listening the signal must do what it would have done without us: end the process.
  const finish = (): void => {
    onExit();
    listen('off');
    process.kill(process.pid, signal);
  };
  // A request may be under way: while the event loop runs, its answer can be waited for. A second signal does not wait.
  if (busy.length === 0 || ending) {
    finish();
    return;
  }
  ending = true;
  const waitMs = Math.max(...busy.map((sink) => sink.exitTimeoutMs ?? SIGNAL_WAIT_MS));
  void Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, waitMs))]).then(finish);
}

function listen(how: 'on' | 'off'): void {
  process[how]('exit', onExit);
  process[how]('uncaughtExceptionMonitor', flushQuick);
  for (const signal of SIGNALS) process[how](signal, onSignal);
}

/**
 * Flushes `sink` when the process ends: on exit (return from main, `process.exit`, an uncaught exception), and on
 * SIGTERM, SIGINT and SIGHUP before the signal takes its effect. A sink whose `flushSync` is slow is given its
 * `exitTimeoutMs` to flush in its own way after a signal; a second signal ends that wait. What was not written is told on
 * standard error. Returns a function that takes it off again.
 */
export function flushAtExit(sink: Sink): () => void {
  if (sinks.size === 0) listen('on');
  sinks.add(sink);
  return () => {
    if (sinks.delete(sink) && sinks.size === 0) listen('off');
  };
}
