import { isErrorLike } from '../error-like.ts';
import type { Level } from '../level.ts';
import { type Logger, sayForeign } from '../logger.ts';
import { hasComeBack } from './loop-guard.ts';
import { safeFormat } from './safe-format.ts';

type Method = 'log' | 'info' | 'warn' | 'error' | 'debug' | 'trace' | 'dir';

const METHODS: readonly (readonly [Method, Level])[] = [
  ['log', 'info'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['debug', 'debug'],
  ['trace', 'trace'],
  ['dir', 'info'],
];

/**
 * Sends what is said to `console` to the logger. The first error among the arguments becomes the record's exception.
 * Returns a function that gives the console its own methods back. What a sink itself says to the console meanwhile goes
 * to the console's own methods, and so does a record of the logger that a sink brings back. Where somebody has put methods of
 * theirs over these meanwhile, they stay, and what they pass on goes to the console's own.
 */
export function captureConsole(logger: Logger, target: Console = console): () => void {
  const ours: ((...values: unknown[]) => void)[] = [];
  const own = METHODS.map(([method]) => target[method] as (...values: unknown[]) => void);
  let active = true;
  let inside = false;
  for (const [index, [method, level]] of METHODS.entries()) {
    const made = (...values: unknown[]): void => {
      if (!active || inside || hasComeBack(logger)) {
        own[index]!.apply(target, values);
        return;
      }
      inside = true;
      try {
        const error = values.find(isErrorLike);
        // The second argument of `dir` is for the console.
        const said = method === 'dir' ? values.slice(0, 1) : values;
        sayForeign(logger, level, safeFormat(said), error === undefined ? undefined : { error }, {});
      } finally {
        inside = false;
      }
    };
    target[method] = made;
    ours.push(made);
  }
  return () => {
    active = false;
    for (const [index, [method]] of METHODS.entries()) if (target[method] === ours[index]) target[method] = own[index]!;
  };
}
