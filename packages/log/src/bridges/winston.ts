import { format } from 'node:util';
import type { Level } from '../level.ts';
import { type Fields, type Logger, sayForeign } from '../logger.ts';

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

const LEVELS: Readonly<Record<string, Level>> = {
  error: 'error',
  warn: 'warn',
  info: 'info',
  http: 'info',
  verbose: 'debug',
  debug: 'debug',
  silly: 'trace',
};

/** A logger with winston's calls over one of this package: `log.info('text %s', x, {a: 1})`, `log.log({level, message})`. */
export function toWinston(logger: Logger): WinstonLike {
  const say = (level: string, message: unknown, meta: readonly unknown[]): WinstonLike => {
    const known = LEVELS[level] ?? 'info';
    const last = meta.at(-1);
    const fields = typeof last === 'object' && last !== null ? last : undefined;
    const values = fields === undefined ? meta : meta.slice(0, -1);
    // As it is: what winston has put together is no template of this package.
    if (message instanceof Error) sayForeign(logger, known, message.message, { ...fields, error: message }, {});
    else {
      const text = typeof message === 'string' ? format(message, ...values) : format(message);
      sayForeign(logger, known, text, fields instanceof Error ? { error: fields } : (fields as Fields | undefined), {});
    }
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
      const { level, message, ...meta } = first as { level: string; message: unknown };
      return say(level, message, [meta]);
    },
    child: (meta) => toWinston(logger.child(meta)),
  };
  return made;
}
