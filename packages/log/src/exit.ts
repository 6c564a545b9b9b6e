import { writeSync } from 'node:fs';
import { openRequests } from './kept.ts';
import type { Sink } from './sink.ts';

const sinks = new Set<Sink>();
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
let ending = false;
/** The process has ended but for its `exit` listeners: nobody empties a buffer any more. */
export let ended = false;

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
  ended = true;
  for (const write of openRequests) write();
  for (const sink of of) attempt(() => sink.flushSync(true));
  for (const sink of of)
    attempt(() => {
      const { emitted, written } = sink.counts();
      if (emitted > written)
        writeSync(2, `breakwater log: sink ${sink.name} did not write ${emitted - written} of ${emitted} records\n`);
    });
}

function onSignal(signal: NodeJS.Signals): void {
  // With somebody else listening, that decides what the signal does; the end itself, when it comes, flushes what is left.
  const isOurs = process.listenerCount(signal) === 1;
  if (isOurs) for (const write of openRequests) write();
  flushQuick();
  const waits: Promise<unknown>[] = [];
  for (const sink of sinks)
    attempt(() => {
      if (sink.isSlow !== true || sink.counts().pending === 0) return;
      // A request may be under way: while the event loop runs, its answer can be waited for. What the sink has not written
      // then, rejecting or not, is told by its counts at the end.
      const flushed = sink.flush().catch(() => undefined);
      const { exitTimeoutMs = 3000 } = sink;
      if (isOurs) waits.push(Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, exitTimeoutMs))]));
    });
  if (!isOurs) return;
  // With nobody else listening the signal must do what it would have done without us: end the process.
  const finish = (): void => {
    onExit();
    listen('off');
    process.kill(process.pid, signal);
  };
  // A second signal does not wait.
  if (ending || waits.length === 0) finish();
  else void Promise.all(waits).then(finish);
  ending = true;
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
    sinks.delete(sink);
    if (sinks.size === 0) listen('off');
  };
}
