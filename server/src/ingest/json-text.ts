import { DecodeError, DecodeLimitError } from './decode-error.ts';
import { INGEST_LIMITS } from './limits.ts';

/** So many digits or more may be an integer that a number cannot hold exactly: 2^53 has 16. */
const LONG_DIGITS = 16;
/** Finds every long integer; that it also finds some inside strings only costs time. */
const MAY_HAVE_LONG_INTEGER = /[:[,\s]-?\d{16}/;
/** Below this size, whatever the JSON holds is parsed quickly and into little memory. */
const UNSCANNED_BYTES = 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const MINUS = 0x2d;

/**
 * JSON.parse over UTF-8 bytes, but integers of 16 digits or more come out as strings of their digits, so that none is
 * rounded. A byte order mark is passed over, invalid UTF-8 replaced by U+FFFD.
 *
 * Takes time in proportion to the size, whatever the content. Throws a DecodeError for anything that is not JSON or is
 * nested absurdly deep, a DecodeLimitError where it would take too much memory, before it does.
 */
export function parseExactJson(bytes: Buffer): unknown {
  if (bytes.length > UNSCANNED_BYTES) requireModestShape(bytes);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = bytes.toString('utf8', hasMark ? 3 : 0);
  try {
    if (!MAY_HAVE_LONG_INTEGER.test(text)) return JSON.parse(text);
    return JSON.parse(quoteLongIntegers(hasMark ? bytes.subarray(3) : bytes).toString());
  } catch (error) {
    throw new DecodeError(`malformed JSON: ${(error as Error).message}`, { cause: error });
  }
}

function requireModestShape(bytes: Buffer): void {
  // Commas within each array or object that is open. Objects are told apart because a huge one is slow to build.
  const commasAt = new Uint32Array(INGEST_LIMITS.maxJsonDepth + 1);
  const isObjectAt = new Uint8Array(INGEST_LIMITS.maxJsonDepth + 1);
  let values = 0;
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      values += 2;
      depth++;
      if (depth > INGEST_LIMITS.maxJsonDepth) throw new DecodeError('malformed JSON: nested too deeply');
      commasAt[depth] = 0;
      isObjectAt[depth] = byte === OPEN_OBJECT ? 1 : 0;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth > 0) depth--;
    } else if (byte === COMMA) {
      values++;
      const commas = (commasAt[depth] as number) + 1;
      commasAt[depth] = commas;
      if (commas > INGEST_LIMITS.maxJsonFields && isObjectAt[depth] === 1) {
        throw new DecodeLimitError(`a JSON object has more than ${INGEST_LIMITS.maxJsonFields} fields`);
      }
    }
  }
  if (values > 3 * INGEST_LIMITS.maxElements) {
    throw new DecodeLimitError('the request holds too many JSON values; send smaller batches');
  }
}

/** The same JSON with integers of 16 digits or more in quotes. */
function quoteLongIntegers(bytes: Buffer): Buffer {
  // Two quotes at most every 17 bytes.
  const out = Buffer.allocUnsafe(bytes.length + 2 * Math.ceil(bytes.length / LONG_DIGITS));
  let outLength = 0;
  let copied = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
    } else if (isDigit(byte) || byte === MINUS) {
      const end = endOfNumber(bytes, at);
      if (isLongInteger(bytes, at, end)) {
        outLength += bytes.copy(out, outLength, copied, at);
        out[outLength++] = QUOTE;
        outLength += bytes.copy(out, outLength, at, end);
        out[outLength++] = QUOTE;
        copied = end;
      }
      at = end - 1;
    }
  }
  outLength += bytes.copy(out, outLength, copied);
  return out.subarray(0, outLength);
}

/** Where the string that begins at `start` has its closing quote, or the end of the bytes. */
function endOfString(bytes: Buffer, start: number): number {
  let quote = bytes.indexOf(QUOTE, start + 1);
  while (quote > 0 && isEscaped(bytes, quote)) quote = bytes.indexOf(QUOTE, quote + 1);
  return quote < 0 ? bytes.length : quote;
}

function isEscaped(bytes: Buffer, quote: number): boolean {
  let first = quote;
  while (bytes[first - 1] === BACKSLASH) first--;
  return (quote - first) % 2 === 1;
}

function endOfNumber(bytes: Buffer, start: number): number {
  let end = start + 1;
  while (end < bytes.length && isNumberByte(bytes[end] as number)) end++;
  return end;
}

function isLongInteger(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] === MINUS ? start + 1 : start;
  if (end - first < LONG_DIGITS) return false;
  for (let at = first; at < end; at++) {
    if (!isDigit(bytes[at] as number)) return false;
  }
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** A digit, or one of `+ - . E e`. */
function isNumberByte(byte: number): boolean {
  return isDigit(byte) || byte === 0x2b || byte === MINUS || byte === 0x2e || byte === 0x45 || byte === 0x65;
}
