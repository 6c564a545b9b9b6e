import { holdsSink, type Logger } from '../logger.ts';
import type { Sink } from '../sink.ts';

/** Sinks that are handing a record to another logging API now, the innermost last. */
const handing: Sink[] = [];

/** Runs `fn`, which hands a record of `sink` to another logging API. */
export function handOver(sink: Sink, fn: () => void): void {
  handing.push(sink);
  try {
    fn();
  } finally {
    handing.pop();
  }
}

/** A record that arrives now has come back: `logger` has said it itself, into a sink that led here. */
export function hasComeBack(logger: Logger): boolean {
  return handing.some((sink) => holdsSink(logger, sink));
}
