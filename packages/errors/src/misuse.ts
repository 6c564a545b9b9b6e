/** Thrown at construction when an option has a wrong value. `code` is `ERR_BREAKWATER_OPTION`. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  readonly code = 'ERR_BREAKWATER_OPTION';
  /** The option at fault, as written by the caller: `errors.PAYMENT_DECLINED.status`. */
  readonly option: string;

  /** The message is `OPTION: expected EXPECTED, got VALUE`. */
  constructor(option: string, value: unknown, expected: string);
  /** The message is `OPTION: PROBLEM`, for a value that must not be shown. */
  constructor(option: string, problem: string);
  constructor(option: string, value: unknown, expected?: string) {
    super(`${option}: ${expected === undefined ? value : `expected ${expected}, got ${describe(value)}`}`);
    this.option = option;
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || ['number', 'boolean', 'undefined'].includes(typeof value)) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
