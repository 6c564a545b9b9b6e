import { checkValue, oneOf, type Rule, text } from '@breakwater/errors/options';
import { LEVELS, SEVERITY, type Threshold } from './level.ts';

export const threshold: Rule = oneOf(...LEVELS, 'silent');

/** Thresholds by module name. That of '' must be set first. */
export class Levels {
  readonly #thresholds = new Map<string, number>();
  /** How often one was changed: who has asked before asks again when it is another number. */
  changes = 0;

  /** Throws `OptionError` for what is no threshold; `at` is what the caller wrote. */
  set(at: string, module: string, level: Threshold): void {
    const option = module || 'level';
    checkValue(`${at}.module`, option, text);
    checkValue(`${at}.${option}`, level, threshold);
    this.#thresholds.set(module, SEVERITY[level]);
    this.changes++;
  }

  /** That of the longest prefix of whole dotted words that has one; '' has one always. */
  of(module: string): number {
    for (let name = module; ; ) {
      const severity = this.#thresholds.get(name);
      if (severity !== undefined) return severity;
      const dot = name.lastIndexOf('.');
      name = dot === -1 ? '' : name.slice(0, dot);
    }
  }
}
