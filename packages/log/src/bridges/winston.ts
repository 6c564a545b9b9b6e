import { isErrorLike } from '../error-like.ts';
import type { Level } from '../level.ts';
import { type Fields, type Logger, sayForeign } from '../logger.ts';
import { copy, safeFormat } from './safe-format.ts';

type WinstonCall = (message: unknown, ...meta: unknown[]) => WinstonLike;

/** The part of winston's API that services call, with npm's levels. */
export interface WinstonLike {
  error: WinstonCall;
  warn: WinstonCall;
  info: WinstonCall;
  http: WinstonCall;
  verbose: WinstonCall;
  debug: WinstonCall;
  silly: WinstonCall;
  log(level: string, message: unknown, ...meta: unknown[]): WinstonLike;
  log(entry: { level: string; message: unknown; [name: string]: unknown }): WinstonLike;
  child(meta: Fields): WinstonLike;
}

const LEVELS: ReadonlyMap<string, Level> = new Map([
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'info'],
  ['http', 'info'],
  ['verbose', 'debug'],
  ['debug', 'debug'],
  ['silly', 'trace'],
]);

/**
 * A logger with winston's calls over one of this package: `log.info('text %s', x, {a: 1})`, `log.log({level, message})`. A
 * level that is none of npm's is `info`. No call throws.
 */
export function toWinston(logger: Logger): WinstonLike {
  const say = (level: string, message: unknown, meta: readonly unknown[]): WinstonLike => {
    const known = LEVELS.get(level) ?? 'info';
    const last = meta.at(-1);
    const fields = typeof last === 'object' && last !== null ? (last as Fields) : undefined;
    const values = fields === undefined ? meta : meta.slice(0, -1);
    const text = safeFormat(typeof message === 'string' ? [message, ...values] : [message]);
    // As it is: what winston has put together is no template of this package.
    if (isErrorLike(fields)) sayForeign(logger, known, text, { error: fields }, {});
    else if (isErrorLike(message)) sayForeign(logger, known, text, { ...copy(fields), error: message }, {});
    else sayForeign(logger, known, text, fields, {});
    return made;
  };
  const call =
    (level: string): WinstonCall =>
    (message, ...meta) =>
      say(level, message, meta);
  const made: WinstonLike = {
    error: call('error'),
    warn: call('warn'),
    info: call('info'),
    http: call('http'),
    verbose: call('verbose'),
    debug: call('debug'),
    silly: call('silly'),
    log(first: unknown, ...rest: unknown[]) {
      if (typeof first === 'string') return say(first, rest[0], rest.slice(1));
      const { level, message, ...meta } = copy(first);
      return say(level as string, message, [meta]);
    },
    child: (meta) => toWinston(logger.child(meta)),
  };
  return made;
}
