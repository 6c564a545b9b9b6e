import { addHit, refOf, runEnd, type Scan } from '../engine.ts';
import { BASE64URL, isIn, skip } from './chars.ts';
import { isTokenStart } from './token.ts';

/** Behind the slots of the token alphabets. */
const JWT_SLOT = 8;

/** `eyJ` at `start`: a JWS (RFC 7515) of three parts or a JWE (RFC 7516) of five. An unsigned one's third is empty. */
export function onJwt(scan: Scan, text: string, start: number): number {
  if (!text.startsWith('eyJ', start) || !isTokenStart(text, start)) return -1;
  const headerEnd = runEnd(scan, text, start, BASE64URL, JWT_SLOT);
  if (headerEnd - start < 12 || text.charCodeAt(headerEnd) !== 46) return -1;
  let end = skip(text, headerEnd + 1, BASE64URL, text.length);
  const encrypted = end === headerEnd + 1;
  if (text.charCodeAt(end) !== 46 || (!encrypted && end - headerEnd < 8)) return -1;
  let parts = 2;
  while (parts < 5 && text.charCodeAt(end) === 46) {
    end = skip(text, end + 1, BASE64URL, text.length);
    parts++;
  }
  const ref = refOf(scan, 'jwt', parts === 5 ? 'jwt/encrypted' : 'jwt/signed');
  if (ref === undefined) return -1;
  return addHit(scan, text, start, isIn(text, end - 1, BASE64URL) ? end : end - 1, ref);
}
