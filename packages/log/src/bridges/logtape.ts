import type { Level } from '../level.ts';
import type { Logger } from '../logger.ts';

/** The part of a LogTape record that is read. */
export interface LogTapeRecordLike {
  readonly category: readonly string[];
  readonly level: string;
  readonly message: readonly unknown[];
  readonly properties: Readonly<Record<string, unknown>>;
}

const LEVELS: Readonly<Record<string, Level>> = {
  warning: 'warn',
  trace: 'trace',
  debug: 'debug',
  error: 'error',
  fatal: 'fatal',
};

/** A LogTape sink that says what libraries log with LogTape; their category becomes the module. */
export function logTapeSink(logger: Logger): (record: LogTapeRecordLike) => void {
  const modules = new Map<string, Logger>();
  return ({ category, level, message, properties }) => {
    const name = category.join('.');
    let module = modules.get(name);
    if (module === undefined) {
      module = logger.module(name);
      if (modules.size < 1000) modules.set(name, module);
    }
    module.log(LEVELS[level] ?? 'info', () => message.map(String).join(''), properties);
  };
}
