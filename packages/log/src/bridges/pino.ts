import { format } from 'node:util';
import { isLevel, type Level } from '../level.ts';
import { type Fields, type Logger, sayForeign } from '../logger.ts';

type PinoCall = (first: unknown, ...rest: unknown[]) => void;

/** The part of pino's API that services call. */
export interface PinoLike extends Record<Level, PinoCall> {
  level: string;
  child(bindings: Fields): PinoLike;
  isLevelEnabled(level: string): boolean;
  silent: PinoCall;
  flush(): void;
}

/**
 * A logger with pino's calls over one of this package, for a migration file by file: `log.info({a: 1}, 'text %s', x)`,
 * `log.error(error)`, `child`, `level`. Setting `level` sets the threshold of the whole logger.
 */
export function toPino(logger: Logger): PinoLike {
  const call =
    (level: Level): PinoCall =>
    (first, ...rest) => {
      // As it is: what pino has put together is no template of this package.
      const say = (text: string, fields?: Fields): void => sayForeign(logger, level, text, fields, {});
      if (typeof first === 'string') say(format(first, ...rest));
      else if (first instanceof Error) say(rest.length === 0 ? first.message : format(...rest), { err: first });
      else say(rest.length === 0 ? '' : format(...rest), (first ?? {}) as Fields);
    };
  let threshold = 'info';
  return {
    trace: call('trace'),
    debug: call('debug'),
    info: call('info'),
    warn: call('warn'),
    error: call('error'),
    fatal: call('fatal'),
    silent() {},
    get level() {
      return threshold;
    },
    set level(level: string) {
      if (!isLevel(level) && level !== 'silent') throw new TypeError(`unknown level ${level}`);
      threshold = level;
      logger.setLevel(level);
    },
    child: (bindings) => toPino(logger.child(bindings)),
    isLevelEnabled: (level) => isLevel(level) && logger.isEnabled(level),
    flush() {
      void logger.flush();
    },
  };
}
