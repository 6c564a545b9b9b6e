import { addHit, type CompiledKey, isJsonScan, type Scan } from '../engine.ts';
import { ALNUM, DASH, isIn, QUOTE, SPACE, skip, UNDERSCORE } from './chars.ts';
import { isPlaceholder, isProse, looksMade } from './value-shape.ts';

/** Schemes of the IANA registry and those in use beside it; the word stays readable, what follows it goes. */
const SCHEMES = new Set(
  (
    'basic bearer digest negotiate ntlm hoba mutual oauth scram-sha-1 scram-sha-256 vapid dpop gnap privatetoken concealed ' +
    'aws4-hmac-sha256 aws token apikey api-key jwt key sharedkey sharedkeylite sharedaccesssignature signature hawk ' +
    'mac ssws hmac splunk geniekey bot klaviyo-api-key x-api-key goog4-rsa-sha256 goog4-hmac-sha256 tc3-hmac-sha256'
  ).split(' '),
);

/** How far a value is read before it is known to be one. A bound keeps the scan linear. */
const PROBE = 80;

/** End of a header's value: the line's end, raw or written out, the quote around it, or `limit`. */
export function headerEnd(text: string, start: number, limit: number = text.length): number {
  const end = Math.min(limit, text.length);
  let parameters = false;
  let index = start;
  for (; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === 34 && isParameterQuote(text, index)) {
      index = parameterEnd(text, index + 1, end);
      continue;
    }
    if (code === 10 || code === 13 || code === 34 || code === 0x2028 || code === 0x2029) break;
    if (code === 39 && !isIn(text, index + 1, ALNUM)) break;
    if (code === 61) parameters = true;
    if (code !== 92) continue;
    const next = text.charCodeAt(index + 1);
    if (next === 110 || next === 114) break;
    // A quoted parameter of a header inside a JSON string: `realm=\"x\"`.
    if (next === 34 && parameters) index++;
    else if (next === 34 || next === 92) break;
  }
  if (index > end) index = end;
  while (index > start && text.charCodeAt(index - 1) === 92) index--;
  return index;
}

/** The first quote of `realm="x"`; the padding of `Basic dXNlcg="` looks alike, but nothing follows its quote. */
function isParameterQuote(text: string, index: number): boolean {
  return text.charCodeAt(index - 1) === 61 && (isIn(text, index + 1, ALNUM) || text.charCodeAt(index + 1) === 34);
}

/** Index of the quote that ends a parameter, or the last index before the line's end. */
function parameterEnd(text: string, start: number, end: number): number {
  let index = start;
  while (index < end && text.charCodeAt(index) !== 34 && text.charCodeAt(index) !== 10) index++;
  return text.charCodeAt(index) === 34 ? index : index - 1;
}

/** What follows an `Authorization` name: keeps the scheme, takes the rest. Returns where to go on, or -1. */
export function onAuthorization(scan: Scan, text: string, nameEnd: number, key: CompiledKey): number {
  const start = valueStart(scan, text, nameEnd);
  if (start === -1) return -1;
  const schemeEnd = skip(text, start, ALNUM | DASH | UNDERSCORE, start + 32);
  const known = SCHEMES.has(text.slice(start, schemeEnd).toLowerCase());
  const space = skip(text, schemeEnd, SPACE, schemeEnd + 8);
  const hasScheme = space > schemeEnd && (known || (schemeEnd > start && !looksMade(text, start, schemeEnd)));
  if (!known && isProse(text, start, schemeEnd)) return -1;
  const from = hasScheme ? space : start;
  const near = headerEnd(text, from, from + PROBE);
  if (near === from || (near - from < PROBE && isPlaceholder(text, from, near))) return -1;
  if (near - from < PROBE && hasScheme && isProse(text, from, near)) return -1;
  return addHit(scan, text, from, headerEnd(text, from), key);
}

/** Where the value behind a header's name begins: `: `, `=`, `=>`, `": "`, `', '`; -1 when nothing of the kind follows. */
function valueStart(scan: Scan, text: string, nameEnd: number): number {
  let index = skipSlashes(text, nameEnd);
  const nameQuoted = isIn(text, index, QUOTE);
  const nameBare = nameQuoted && ((index - nameEnd) & 1) === 0 && text.charCodeAt(index) === 34;
  if (nameQuoted) index++;
  if (text.charCodeAt(index) === 93) index++;
  index = skip(text, index, SPACE, index + 8);
  const operator = text.charCodeAt(index);
  if (operator !== 58 && operator !== 61 && !(operator === 44 && nameQuoted)) return -1;
  index++;
  if (text.charCodeAt(index) === 62) index++;
  index = skip(text, index, SPACE, index + 8);
  if (text.charCodeAt(index) === 91 && !nameBare) index = skip(text, index + 1, SPACE, index + 8);
  const unquoted = index;
  index = skipSlashes(text, index);
  if (!isIn(text, index, QUOTE)) return nameBare && operator === 58 ? -1 : unquoted;
  // In JSON this quote ends the string in which the name stands; there is no value.
  if (isJsonScan(scan, text) && ((index - unquoted) & 1) === 0 && text.charCodeAt(index) === 34 && !nameBare) return -1;
  return index + 1;
}

function skipSlashes(text: string, from: number): number {
  let index = from;
  while (text.charCodeAt(index) === 92 && index - from < 64) index++;
  return index;
}

/** `Cookie` and `Set-Cookie`: everything to the end of the header, if a `=` shows that it is one. */
export function onCookieValue(scan: Scan, text: string, start: number, quotedEnd: number, key: CompiledKey): number {
  const near = quotedEnd === -1 ? headerEnd(text, start, start + PROBE) : quotedEnd;
  const shown = text.slice(start, Math.min(near, start + PROBE));
  if (!shown.includes('=') || isPlaceholder(text, start, near)) return -1;
  return addHit(scan, text, start, quotedEnd === -1 ? headerEnd(text, start) : quotedEnd, key);
}

/** `Bearer …` or `Basic …` without a header name: the credential must look like one. Returns where to go on, or -1. */
export function onScheme(scan: Scan, text: string, start: number, end: number, key: CompiledKey): number {
  if (isIn(text, start - 1, ALNUM | UNDERSCORE | DASH)) return -1;
  const from = skip(text, end, SPACE, end + 4);
  const to = credentialEnd(text, from);
  if (isPlaceholder(text, from, to) || !(looksMade(text, from, to) || isUserPass(text, from, to))) return -1;
  return addHit(scan, text, from, to, key);
}

/** Base64 of printable characters with a colon among them (RFC 7617). */
function isUserPass(text: string, start: number, end: number): boolean {
  if (end - start < 4 || end - start > 512) return false;
  const decoded = Buffer.from(text.slice(start, end), 'base64');
  return decoded.includes(58) && decoded.every((byte) => byte >= 32 && byte < 127);
}

/** token68 of RFC 9110 section 11.2 */
function credentialEnd(text: string, start: number): number {
  let index = start;
  while (index < text.length && index - start < 8192) {
    const code = text.charCodeAt(index);
    const mark = code === 46 || code === 126 || code === 43 || code === 47 || code === 61;
    if (!mark && !isIn(text, index, ALNUM | DASH | UNDERSCORE)) break;
    index++;
  }
  return index;
}
