import { writeSync } from 'node:fs';
import { writeAllKept } from './request-buffer.ts';
import type { Sink } from './sink.ts';

const sinks = new Set<Sink>();
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const SIGNAL_WAIT_MS = 3000;
let ending = false;

function flushQuick(): void {
  for (const sink of sinks) if (sink.isSlow !== true) flushNow(sink);
}

function flushNow(sink: Sink): void {
  try {
    sink.flushSync();
  } catch {
    // The others must be flushed all the same; its counts say what it did not write.
    return;
  }
}

function onExit(): void {
  flushLast(sinks);
}

/**
 * For the `exit` event of a process whose logger has `flushAtExit: false`: writes what unfinished requests have kept,
 * flushes every sink whatever the others do, and says on standard error what a sink did not write. Never throws.
 */
export function flushLast(of: Iterable<Sink>): void {
  writeAllKept();
  for (const sink of of) flushNow(sink);
  for (const sink of of) {
    const { emitted, pending, dropped } = sink.counts();
    const lost = pending + Object.values(dropped).reduce((sum, count) => sum + count, 0);
    if (lost > 0) lastWord(`breakwater log: sink ${sink.name} did not write ${lost} of ${emitted} records\n`);
  }
}

function lastWord(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Standard error is gone as well: there is nobody left to tell.
    process.exitCode ??= 0;
  }
}

function onSignal(signal: NodeJS.Signals): void {
  flushQuick();
  const slow = [...sinks].filter((sink) => sink.isSlow === true);
  // Somebody else decides what the signal does; the end itself, when it comes, flushes what is left.
  if (process.listenerCount(signal) > 1) {
    for (const sink of slow) void sink.flush();
    return;
  }
  writeAllKept();
  // With nobody else listening the signal must do what it would have done without us: end the process.
  const finish = (): void => {
    onExit();
    for (const each of SIGNALS) process.off(each, onSignal);
    process.kill(process.pid, signal);
  };
  const busy = slow.filter((sink) => sink.counts().pending > 0);
  if (busy.length === 0 || ending) {
    finish();
    return;
  }
  // A request may be under way: while the event loop runs, its answer can be waited for. A second signal does not wait.
  ending = true;
  let over = false;
  const once = (): void => {
    if (over) return;
    over = true;
    finish();
  };
  const waitMs = Math.max(...busy.map((sink) => sink.exitTimeoutMs ?? SIGNAL_WAIT_MS));
  setTimeout(once, waitMs);
  void Promise.all(busy.map((sink) => sink.flush())).finally(once);
}

/**
 * Flushes `sink` when the process ends: on exit (return from main, `process.exit`, an uncaught exception), and on
 * SIGTERM, SIGINT and SIGHUP before the signal takes its effect. A sink whose `flushSync` is slow is given its
 * `exitTimeoutMs` to flush in its own way after a signal; a second signal ends that wait. What was not written is told on
 * standard error. Returns a function that takes it off again.
 */
export function flushAtExit(sink: Sink): () => void {
  if (sinks.size === 0) {
    process.on('exit', onExit);
    process.on('uncaughtExceptionMonitor', flushQuick);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  sinks.add(sink);
  return () => {
    if (!sinks.delete(sink) || sinks.size > 0) return;
    process.off('exit', onExit);
    process.off('uncaughtExceptionMonitor', flushQuick);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
