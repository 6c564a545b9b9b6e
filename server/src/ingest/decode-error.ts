/** The bytes are not the message they should be. The request is refused with 400 and must not be sent again as it is. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code = 'OTLP_MALFORMED';
}

/** The message is well-formed but expands to more than the server takes in one request. Refused with 413. */
export class DecodeLimitError extends Error {
  override readonly name = 'DecodeLimitError';
  readonly code = 'OTLP_TOO_LARGE';
}
