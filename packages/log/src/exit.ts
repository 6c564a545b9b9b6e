import { writeSync } from 'node:fs';
import type { Sink } from './sink.ts';

const sinks = new Set<Sink>();
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

function flushAll(): void {
  for (const sink of sinks) sink.flushSync();
}

function onExit(): void {
  flushAll();
  for (const sink of sinks) {
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
  flushAll();
  // With nobody else listening the signal must do what it would have done without us: end the process.
  if (process.listenerCount(signal) > 1) return;
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
}

/**
 * Flushes `sink` when the process ends: on exit (return from main, `process.exit`, an uncaught exception), and on
 * SIGTERM, SIGINT and SIGHUP before the signal takes its effect. Returns a function that takes it off again.
 */
export function flushAtExit(sink: Sink): () => void {
  if (sinks.size === 0) {
    process.on('exit', onExit);
    process.on('uncaughtExceptionMonitor', flushAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  sinks.add(sink);
  return () => {
    if (!sinks.delete(sink) || sinks.size > 0) return;
    process.off('exit', onExit);
    process.off('uncaughtExceptionMonitor', flushAll);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
