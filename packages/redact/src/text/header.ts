import { addHit, type CompiledKey, type Scan } from '../engine.ts';
import { ALNUM, DASH, isIn, QUOTE, SPACE, skip, UNDERSCORE } from './chars.ts';
import { isPlaceholder, isProse, looksMade } from './value-shape.ts';

/** Schemes of the IANA registry and those in use beside it; the word stays readable, what follows it goes. */
const SCHEMES = new Set(
  (
    'basic bearer digest negotiate ntlm hoba mutual oauth scram-sha-1 scram-sha-256 vapid dpop gnap privatetoken concealed ' +
    'aws4-hmac-sha256 aws token apikey api-key jwt key sharedkey sharedkeylite sharedaccesssignature signature hawk ' +
    'mac ssws hmac splunk genie-key genie genielkey bot klaviyo-api-key x-api-key goog4-rsa-sha256 goog4-hmac-sha256 tc3-hmac-sha256'
  ).split(' '),
);

/** End of a header's value: the line's end, raw or written out, the quote around it, or the end of the text. */
export function headerEnd(text: string, start: number): number {
  let index = start;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 10 || code === 13 || code === 34 || code === 0x2028 || code === 0x2029) break;
    if (code === 39 && !isIn(text, index + 1, ALNUM)) break;
    if (code === 92) {
      const next = text.charCodeAt(index + 1);
      if (next === 110 || next === 114) break;
      if (next === 34 || next === 92) {
        if (text.charCodeAt(index + 2) !== 34 || !text.slice(start, index).includes('="')) break;
      }
    }
  }
  while (index > start && text.charCodeAt(index - 1) === 92) index--;
  return index;
}

/** What follows an `Authorization` name: keeps the scheme, takes the rest. Returns where to go on, or -1. */
export function onAuthorization(scan: Scan, text: string, nameEnd: number, key: CompiledKey): number {
  let index = nameEnd;
  while (text.charCodeAt(index) === 92 && index - nameEnd < 64) index++;
  const nameQuoted = isIn(text, index, QUOTE);
  if (nameQuoted) index++;
  if (text.charCodeAt(index) === 93) index++;
  index = skip(text, index, SPACE, index + 8);
  const operator = text.charCodeAt(index);
  if (operator !== 58 && operator !== 61 && operator !== 44) return -1;
  if (operator === 44 && !nameQuoted) return -1;
  index++;
  if (text.charCodeAt(index) === 62) index++;
  index = skip(text, index, SPACE, index + 8);
  const beforeQuote = index;
  while (text.charCodeAt(index) === 92 && index - beforeQuote < 64) index++;
  if (isIn(text, index, QUOTE)) index++;
  else index = beforeQuote;
  if (text.charCodeAt(index) === 91) return -1;
  return takeCredentials(scan, text, index, headerEnd(text, index), key);
}

function takeCredentials(scan: Scan, text: string, start: number, end: number, key: CompiledKey): number {
  const schemeEnd = skip(text, start, ALNUM | DASH | UNDERSCORE, Math.min(end, start + 32));
  const space = skip(text, schemeEnd, SPACE, end);
  if (
    space > schemeEnd &&
    space < end &&
    (SCHEMES.has(text.slice(start, schemeEnd).toLowerCase()) || !looksMade(text, start, schemeEnd))
  ) {
    if (isPlaceholder(text, space, end)) return -1;
    if (!SCHEMES.has(text.slice(start, schemeEnd).toLowerCase()) && isProse(text, start, schemeEnd)) return -1;
    return addHit(scan, text, space, end, key);
  }
  if (isPlaceholder(text, start, end) || isProse(text, start, end)) return -1;
  return addHit(scan, text, start, end, key);
}

/** `Bearer …` or `Basic …` without a header name: the credential must look like one. Returns where to go on, or -1. */
export function onScheme(scan: Scan, text: string, start: number, end: number, key: CompiledKey): number {
  if (isIn(text, start - 1, ALNUM | UNDERSCORE | DASH)) return -1;
  const valueStart = skip(text, end, SPACE, end + 4);
  const valueEnd = credentialEnd(text, valueStart);
  if (!looksMade(text, valueStart, valueEnd) || isPlaceholder(text, valueStart, valueEnd)) return -1;
  return addHit(scan, text, valueStart, valueEnd, key);
}

/** token68 of RFC 9110 section 11.2 */
function credentialEnd(text: string, start: number): number {
  let index = start;
  while (index < text.length && index - start < 8192) {
    const code = text.charCodeAt(index);
    const allowed =
      isIn(text, index, ALNUM | DASH | UNDERSCORE) ||
      code === 46 ||
      code === 126 ||
      code === 43 ||
      code === 47 ||
      code === 61;
    if (!allowed) break;
    index++;
  }
  return index;
}
