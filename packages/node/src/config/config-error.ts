import { createRedactor } from '@breakwater/redact';

/** One thing that is wrong in the configuration. */
export interface Mistake {
  /** Where it stands: `options`, `environment`, the path of the file, or `together` for two that do not fit. */
  readonly source: string;
  /** Name of the option, variable or file key. */
  readonly name: string;
  readonly expected: string;
  /** The value as shown: shortened, with secrets masked, `[hidden]` where the setting holds secrets. */
  readonly shown: string;
}

/** Thrown by `start` before anything was started. Lists every mistake, not only the first. */
export class ConfigError extends TypeError {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_BREAKWATER_CONFIG';
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    const lines = mistakes.map(
      ({ source, name, expected, shown }) => `  ${source}: ${name}: expected ${expected}, got ${shown}`,
    );
    super(
      `${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'} in the configuration:\n${lines.join('\n')}`,
    );
    this.mistakes = mistakes;
  }
}

const redactor = createRedactor({});

// Longer than any secret worth looking for, and short enough to be looked through at once.
const LOOKED_AT = 4_096;

/** A value for a message: short, on one line, without what looks like a secret. */
export function showValue(value: unknown, secret: boolean): string {
  if (value === undefined) return 'nothing';
  if (secret) return '[hidden]';
  let text: string;
  if (typeof value === 'string') text = JSON.stringify(value.slice(0, LOOKED_AT));
  else if (Array.isArray(value)) text = 'a list';
  else if (typeof value === 'object' && value !== null) text = 'an object';
  else text = typeof value === 'function' ? 'a function' : String(value);
  // Before it is cut: half of a secret is not recognised any more. A password may hold any sign, an @ too, and an
  // address may have been written without its scheme.
  text = redactor.string(
    text.replace(/^("?(?:[a-z]+:\/\/)?).*@/i, '$1[hidden]@').replace(/(:\/\/.*)\?.*$/, '$1?[hidden]"'),
  );
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
