import { isErrorLike } from '../error-like.ts';
import { isLevel, LEVELS, type Level, SEVERITY, type Threshold } from '../level.ts';
import { type Fields, type Logger, sayForeign } from '../logger.ts';
import { copy, safeFormat } from './safe-format.ts';

type PinoCall = (first?: unknown, ...rest: unknown[]) => void;

/** What `child` takes of pino's options; others are left alone. */
export interface PinoChildOptions {
  /** A threshold of the child's own. It cannot let through what the logger's own does not. */
  readonly level?: string | undefined;
  /** Before each text. */
  readonly msgPrefix?: string | undefined;
}

/** The part of pino's API that services call. */
export interface PinoLike extends Record<Level, PinoCall> {
  level: string;
  readonly levelVal: number;
  readonly levels: {
    readonly values: Readonly<Record<string, number>>;
    readonly labels: Readonly<Record<number, string>>;
  };
  child(bindings: Fields, options?: PinoChildOptions): PinoLike;
  bindings(): Fields;
  setBindings(bindings: Fields): void;
  isLevelEnabled(level: string): boolean;
  silent: PinoCall;
  flush(done?: (error?: Error) => void): void;
}

interface Kept {
  readonly own: Threshold | undefined;
  readonly prefix: string;
  readonly bindings: Fields;
}

const VALUES: Readonly<Record<Level, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };
const LABELS: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(VALUES).map(([label, value]) => [value, label]),
);

/**
 * A logger with pino's calls over one of this package, for a migration file by file: `log.info({a: 1}, 'text %s', x)`,
 * `log.error(error)`, `child`, `level`. Setting `level` sets the threshold of the whole logger, but for a child that was made
 * with a level; a name that is none throws, as with pino. No other call throws. Values that the text has no place for follow
 * it, where pino leaves them out.
 */
export function toPino(logger: Logger): PinoLike {
  return createPino(logger, { own: undefined, prefix: '', bindings: {} });
}

function createPino(given: Logger, kept: Kept): PinoLike {
  let logger = given;
  let { own, bindings } = kept;
  const { prefix } = kept;
  const passes = (level: Level): boolean => own === undefined || SEVERITY[level] >= SEVERITY[own];
  const isOn = (level: Level): boolean => passes(level) && logger.isEnabled(level);
  const call =
    (level: Level): PinoCall =>
    (first, ...rest) => {
      if (!passes(level)) return;
      // As it is: what pino has put together is no template of this package.
      const say = (text: string, fields?: Fields): void =>
        sayForeign(logger, level, text === '' ? '' : prefix + text, fields, {});
      if (first === null || first === undefined) say(toText(rest));
      else if (typeof first !== 'object') say(toText([first, ...rest]));
      else if (isErrorLike(first)) say(toText(rest.length === 0 ? [first] : rest), { err: first });
      else if (rest.length > 0) say(toText(rest), first as Fields);
      else {
        const { msg, ...others } = copy(first);
        if (typeof msg === 'string') say(msg, others);
        else say(isErrorLike(others['err']) ? toText([others['err']]) : '', first as Fields);
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
      return LEVELS.find(isOn) ?? 'silent';
    },
    set level(level: string) {
      const known = toThreshold(level);
      if (own === undefined) logger.setLevel(known);
      else own = known;
    },
    get levelVal() {
      const level = LEVELS.find(isOn);
      return level === undefined ? Number.POSITIVE_INFINITY : VALUES[level];
    },
    levels: { values: VALUES, labels: LABELS },
    child: (more, { level, msgPrefix } = {}) =>
      createPino(logger.child(more), {
        own: level === undefined ? own : toThreshold(level),
        prefix: prefix + (msgPrefix ?? ''),
        bindings: { ...bindings, ...copy(more) },
      }),
    bindings: () => bindings,
    setBindings(more) {
      logger = logger.child(more);
      bindings = { ...bindings, ...copy(more) };
    },
    isLevelEnabled: (level) => isLevel(level) && isOn(level),
    flush(done) {
      void logger.flush().then(
        () => done?.(),
        (error: Error) => done?.(error),
      );
    },
  };
}

/** As pino: `%o` and `%O` are JSON. */
function toText([text, ...values]: readonly unknown[]): string {
  if (typeof text !== 'string') return safeFormat(text === undefined && values.length === 0 ? [] : [text, ...values]);
  return safeFormat([text.replace(/%[oO%]/g, (sign) => (sign === '%%' ? sign : '%j')), ...values]);
}

function toThreshold(level: string): Threshold {
  if (!isLevel(level) && level !== 'silent') throw new TypeError(`unknown level ${level}`);
  return level;
}
