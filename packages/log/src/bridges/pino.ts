import { isErrorLike } from '../error-like.ts';
import { isLevel, LEVELS, type Level } from '../level.ts';
import { type Fields, type Logger, sayForeign } from '../logger.ts';
import { copy, safeFormat } from './safe-format.ts';

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
 * `log.error(error)`, `child`, `level`. Setting `level` sets the threshold of the whole logger; a name that is none throws, as
 * with pino. No other call throws.
 */
export function toPino(logger: Logger): PinoLike {
  const call =
    (level: Level): PinoCall =>
    (first, ...rest) => {
      // As it is: what pino has put together is no template of this package.
      const say = (text: string, fields?: Fields): void => sayForeign(logger, level, text, fields, {});
      if (first === null || first === undefined) say(safeFormat(rest));
      else if (typeof first !== 'object') say(safeFormat([first, ...rest]));
      else if (isErrorLike(first)) say(safeFormat(rest.length === 0 ? [first] : rest), { err: first });
      else if (rest.length > 0) say(safeFormat(rest), first as Fields);
      else {
        const { msg } = copy(first);
        say(typeof msg === 'string' ? msg : '', first as Fields);
      }
    };
  return {
    trace: call('trace'),
    debug: call('debug'),
    info: call('info'),
    warn: call('warn'),
    error: call('error'),
    fatal: call('fatal'),
    silent() {},
    get level() {
      return LEVELS.find((level) => logger.isEnabled(level)) ?? 'silent';
    },
    set level(level: string) {
      if (!isLevel(level) && level !== 'silent') throw new TypeError(`unknown level ${level}`);
      logger.setLevel(level);
    },
    child: (bindings) => toPino(logger.child(bindings)),
    isLevelEnabled: (level) => isLevel(level) && logger.isEnabled(level),
    flush() {
      void logger.flush();
    },
  };
}
