import { DecodeError, DecodeLimitError } from './decode-error.ts';
import { INGEST_LIMITS } from './limits.ts';

/** Digits enough that JSON.parse may round: 2^53 has 16. Also finds some inside strings, which only costs time. */
const LONG_INTEGER = /[:[,\s]-?\d{16,}[\s,\]}]/;
const INTEGER = /^-?\d+$/;

/**
 * JSON.parse over UTF-8 bytes, but an integer that a number cannot hold exactly becomes a bigint. A byte order mark is
 * passed over, invalid UTF-8 replaced by U+FFFD.
 *
 * Throws a DecodeError for anything that is not JSON, a DecodeLimitError where the number of objects and arrays shows,
 * before they are built, that they would take too much memory.
 */
export function parseExactJson(bytes: Buffer): unknown {
  requireFewContainers(bytes);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = bytes.toString('utf8', hasMark ? 3 : 0);
  try {
    return LONG_INTEGER.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text);
  } catch (error) {
    // A RangeError is the stack: the reviver is called from the inside out.
    const reason = error instanceof RangeError ? 'nested too deeply' : (error as Error).message;
    throw new DecodeError(`malformed JSON: ${reason}`, { cause: error });
  }
}

function exactInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
}

function requireFewContainers(bytes: Buffer): void {
  if (bytes.length <= INGEST_LIMITS.maxElements) return;
  let containers = 0;
  for (const byte of bytes) {
    if (byte === 0x7b || byte === 0x5b) containers++;
  }
  // Every attribute is two objects, so the limit here is a multiple of what decoding will count.
  if (containers > 3 * INGEST_LIMITS.maxElements) {
    throw new DecodeLimitError('the request holds too many JSON objects and arrays; send smaller batches');
  }
}
