/** An option that cannot be obeyed. Thrown by `createRedactor` and `redact` before any value is read. */
export class RedactConfigError extends Error {
  override readonly name = 'RedactConfigError';
  readonly code:
    | 'REDACT_INVALID_OPTION'
    | 'REDACT_AMBIGUOUS_RULES'
    | 'REDACT_INVALID_PATTERN'
    | 'REDACT_INVALID_PATH'
    | 'REDACT_PSEUDONYM_KEY';

  constructor(code: RedactConfigError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
