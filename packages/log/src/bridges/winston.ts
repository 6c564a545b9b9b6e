import { isErrorLike } from '../error-like.ts';
import { type Level, LEVELS as OWN_LEVELS } from '../level.ts';
import { type Fields, type Logger, sayForeign } from '../logger.ts';
import { copy, isPlain, safeFormat } from './safe-format.ts';

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
  level: string;
  isLevelEnabled(level: string): boolean;
  isErrorEnabled(): boolean;
  isWarnEnabled(): boolean;
  isInfoEnabled(): boolean;
  isVerboseEnabled(): boolean;
  isDebugEnabled(): boolean;
  isSillyEnabled(): boolean;
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
 * level that is none of npm's is `info`. Setting `level` sets the threshold of the whole logger, and throws for a name that is
 * none of npm's. No call throws. Values that the text has no place for follow it, objects are fields.
 */
export function toWinston(logger: Logger): WinstonLike {
  const say = (level: string, message: unknown, meta: readonly unknown[]): WinstonLike => {
    const { text, fields, error } = read(message, meta);
    // As it is: what winston has put together is no template of this package.
    const all = error === undefined ? fields : { ...copy(fields), error };
    sayForeign(logger, LEVELS.get(level) ?? 'info', text, all, {});
    return made;
  };
  const call =
    (level: string): WinstonCall =>
    (message, ...meta) =>
      say(level, message, meta);
  const isOn = (level: string): boolean => logger.isEnabled(LEVELS.get(level) ?? 'info');
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
    get level() {
      const level = OWN_LEVELS.find((own) => logger.isEnabled(own));
      return level === 'trace' ? 'silly' : level === 'fatal' ? 'error' : (level ?? 'silent');
    },
    set level(level: string) {
      const known = LEVELS.get(level);
      if (known === undefined) throw new TypeError(`unknown level ${level}`);
      logger.setLevel(known);
    },
    isLevelEnabled: (level) => LEVELS.has(level) && isOn(level),
    isErrorEnabled: () => isOn('error'),
    isWarnEnabled: () => isOn('warn'),
    isInfoEnabled: () => isOn('info'),
    isVerboseEnabled: () => isOn('verbose'),
    isDebugEnabled: () => isOn('debug'),
    isSillyEnabled: () => isOn('silly'),
  };
  return made;
}

interface Read {
  readonly text: string;
  readonly fields: Fields | undefined;
  readonly error: unknown;
}

/** Values go into the text as far as it has places for them; of the rest objects are fields, and one error the record's. */
function read(message: unknown, meta: readonly unknown[]): Read {
  const places = typeof message === 'string' ? placesIn(message) : 0;
  const rest = meta.slice(places).filter((value) => typeof value !== 'function' && value !== undefined);
  const error = [message, ...rest].find(isErrorLike);
  const objects = rest.filter((value) => isObject(value) && value !== error);
  const values = [...meta.slice(0, places), ...rest.filter((value) => !isObject(value))];
  let text = '';
  if (isPlain(message)) {
    // An entry without a level.
    const { message: own, ...others } = copy(message);
    if (own !== undefined) text = safeFormat([own, ...values]);
    objects.unshift(others);
  } else if (message !== undefined) text = safeFormat([message, ...values]);
  const fields = objects.length > 1 ? Object.assign({}, ...objects.map(copy)) : objects[0];
  return { text, fields: fields as Fields | undefined, error };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function placesIn(text: string): number {
  return (text.match(/%[sdifjoOc%]/g) ?? []).filter((sign) => sign !== '%%').length;
}
