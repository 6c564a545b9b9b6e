/** The two encodings of OTLP/HTTP, and the answers in them. */

export type WireFormat = 'protobuf' | 'json';

export const CONTENT_TYPES: Readonly<Record<WireFormat, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** The encoding a Content-Type names, whatever its case and parameters; null for any other type. */
export function wireFormatOf(contentType: string | undefined): WireFormat | null {
  const type = mediaType(contentType);
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : null;
}

/** The type without its parameters, lower-case, '' where there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Names of `rejected_…` in the partial success of each signal. */
export type RejectedField = 'rejectedLogRecords' | 'rejectedSpans' | 'rejectedDataPoints';

/**
 * An `Export…ServiceResponse`. `partial_success` is set only where there is something to say: records rejected, or,
 * with none rejected, a warning.
 */
export function encodeExportResponse(
  format: WireFormat,
  rejectedField: RejectedField,
  rejected: number,
  message: string,
): Buffer {
  const isFullSuccess = rejected === 0 && message === '';
  if (format === 'json') {
    if (isFullSuccess) return Buffer.from('{}');
    const count = rejected === 0 ? {} : { [rejectedField]: String(rejected) };
    return Buffer.from(JSON.stringify({ partialSuccess: { ...count, errorMessage: message } }));
  }
  if (isFullSuccess) return Buffer.alloc(0);
  return lengthField(1, Buffer.concat([varintField(1, rejected), textField(2, message)]));
}

/** A `google.rpc.Status`: what was wrong with the request as a whole. */
export function encodeStatus(format: WireFormat, code: number, message: string): Buffer {
  if (format === 'json') return Buffer.from(JSON.stringify({ code, message }));
  return Buffer.concat([varintField(1, code), textField(2, message)]);
}

function varintField(field: number, value: number): Buffer {
  if (value === 0) return Buffer.alloc(0);
  return Buffer.from([field << 3, ...varint(value)]);
}

function textField(field: number, text: string): Buffer {
  return text === '' ? Buffer.alloc(0) : lengthField(field, Buffer.from(text));
}

function lengthField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}
