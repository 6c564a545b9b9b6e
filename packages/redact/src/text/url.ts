import { addHit, refOf, type Scan } from '../engine.ts';
import { ALNUM, isIn, QUOTE, SPACE } from './chars.ts';
import { markerEnd } from './marker.ts';
import { isPlaceholder } from './value-shape.ts';

/** RFC 3986 gives no limit; a password longer than this in a URL is taken up to the limit. */
const MAX_USERINFO = 1024;

/** `://` ends before `start`: takes the password of `user:password@`, or the whole of `token@`. */
export function onUrl(scan: Scan, text: string, start: number): number {
  let colon = -1;
  let at = -1;
  const limit = Math.min(text.length, start + MAX_USERINFO);
  let index = start;
  for (; index < limit; index++) {
    const code = text.charCodeAt(index);
    const marker = code === 91 ? markerEnd(text, index) : -1;
    if (marker !== -1) index = marker - 1;
    else if (code === 64) at = index;
    else if (code === 58 && colon === -1) colon = index;
    else if (
      code === 47 ||
      code === 63 ||
      code === 35 ||
      code === 92 ||
      code === 60 ||
      code === 62 ||
      isIn(text, index, SPACE | QUOTE)
    )
      break;
    if (at !== -1 && code !== 64 && index - at > 255) break;
  }
  if (at === -1 || at === start) return -1;
  const ref = refOf(
    scan,
    'url-credentials',
    colon !== -1 && colon < at ? 'url-credentials/password' : 'url-credentials/token',
  );
  if (ref === undefined) return -1;
  const from = colon !== -1 && colon < at ? colon + 1 : start;
  if (from === at || isPlaceholder(text, from, at)) return at;
  // A user name alone is no secret, and the `@` behind it no e-mail address.
  if (from === start && !isTokenLike(text, start, at)) return at + 1;
  return addHit(scan, text, from, at, ref);
}

/** Long, with a digit: more than the user name of `ssh://git@host`. */
function isTokenLike(text: string, start: number, end: number): boolean {
  if (end - start < 16) return false;
  for (let index = start; index < end; index++)
    if (isIn(text, index, ALNUM) && text.charCodeAt(index) < 58) return true;
  return false;
}
