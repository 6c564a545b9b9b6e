import { format } from 'node:util';
import type { Level } from '../level.ts';
import { type Logger, sayForeign } from '../logger.ts';

const METHODS: readonly (readonly ['log' | 'info' | 'warn' | 'error' | 'debug' | 'trace', Level])[] = [
  ['log', 'info'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['debug', 'debug'],
  ['trace', 'trace'],
];

/**
 * Sends what is said to `console` to the logger. The first error among the arguments becomes the record's exception.
 * Returns a function that gives the console its own methods back. What a sink itself says to the console meanwhile goes
 * to the console's own methods.
 */
export function captureConsole(logger: Logger, target: Console = console): () => void {
  const own = METHODS.map(([method]) => target[method]);
  let inside = false;
  for (const [index, [method, level]] of METHODS.entries()) {
    target[method] = (...values: unknown[]) => {
      if (inside) {
        own[index]!.apply(target, values as []);
        return;
      }
      inside = true;
      try {
        const error = values.find((value) => value instanceof Error);
        const text = format(...values.map((value) => (value instanceof Error ? value.message : value)));
        sayForeign(logger, level, text, error === undefined ? undefined : { error }, {});
      } finally {
        inside = false;
      }
    };
  }
  return () => {
    for (const [index, [method]] of METHODS.entries()) target[method] = own[index]!;
  };
}
