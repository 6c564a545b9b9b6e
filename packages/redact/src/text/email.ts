import { addHit, refOf, type Scan } from '../engine.ts';
import { ALNUM, backslashesBefore, DASH, DOT, isIn, LOWER, PLUS_SLASH, UNDERSCORE, UPPER } from './chars.ts';

/** RFC 5321: local part up to 64 characters, domain up to 255. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;
const LOCAL_EXTRA = "!#$%&'*+/=?^_`{|}~-.";
/** Parts of the local alphabet that more often end something else. */
const LOCAL_STOPS = "=/'&?`{|}%$#!*^~";

/** RFC 2606 and RFC 6761: nobody's addresses. */
const RESERVED = ['example', 'test', 'invalid', 'localhost', 'local', 'internal', 'localdomain'];
const RESERVED_DOMAINS = ['example.com', 'example.org', 'example.net', 'example.edu'];
/** What follows an `@` in file names and package versions. */
const FILE_ENDINGS = new Set(
  'png jpg jpeg gif svg webp js mjs cjs ts tsx jsx css scss html json map md txt log gz zip lock yml yaml'.split(' '),
);

/** An `@` at `index`: an address if a local part stands before it and a domain with a dot behind it. */
export function onAt(scan: Scan, text: string, index: number): number {
  if (!isWordish(text, index + 1) || !isWordish(text, index - 1)) return -1;
  const ref = refOf(scan, 'email', 'email');
  if (ref === undefined) return -1;
  const start = localStart(text, index, scan.floor);
  if (start === index) return -1;
  // `git@host:path` names a repository.
  if (index - start === 3 && text.startsWith('git', start)) return -1;
  const end = domainEnd(text, index + 1);
  if (end === -1 || isReserved(text.slice(index + 1, end).toLowerCase())) return -1;
  return addHit(scan, text, start, end, ref);
}

/** A letter or digit of any script, or what may stand at either side of the `@`. */
function isWordish(text: string, index: number): boolean {
  return text.charCodeAt(index) > 0xbf || isIn(text, index, ALNUM | UNDERSCORE | DASH | PLUS_SLASH);
}

function localStart(text: string, at: number, floor: number): number {
  let index = at;
  while (index > floor && at - index < MAX_LOCAL) {
    const code = text.charCodeAt(index - 1);
    const letter = code > 0xbf || isIn(text, index - 1, ALNUM);
    if (!letter && !LOCAL_EXTRA.includes(text[index - 1]!)) break;
    if (!letter && LOCAL_STOPS.includes(text[index - 1]!)) break;
    if (letter && isEscapeLetter(text, index - 1)) break;
    index--;
  }
  while (
    index < at &&
    !(text.charCodeAt(index) > 0xbf) &&
    !isIn(text, index, ALNUM) &&
    text[index] !== '_' &&
    text[index] !== '+'
  )
    index++;
  return isIn(text, at - 1, DOT) ? at : index;
}

/** The letter of a `\n` that is written out. */
function isEscapeLetter(text: string, index: number): boolean {
  return (backslashesBefore(text, index) & 1) === 1;
}

/** End of a domain of at least two labels whose last is letters only, or -1. */
function domainEnd(text: string, start: number): number {
  let index = start;
  let label = start;
  let dots = 0;
  let end = -1;
  while (index < text.length && index - start < MAX_DOMAIN) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      if (index === label) break;
      dots++;
      label = index + 1;
    } else if (!(code > 0xbf) && !isIn(text, index, ALNUM | DASH)) break;
    index++;
    if (dots > 0 && index - label >= 2 && isLabelEnd(text, index) && isTop(text, label, index)) end = index;
  }
  return end;
}

function isLabelEnd(text: string, index: number): boolean {
  return !isIn(text, index, ALNUM | DASH) && !(text.charCodeAt(index) > 0xbf);
}

function isTop(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if (!isIn(text, index, UPPER | LOWER) && !(text.charCodeAt(index) > 0xbf)) return text.startsWith('xn--', start);
  }
  return true;
}

/** Documentation domains, special-use names, and `icon@2x.png`. */
function isReserved(domain: string): boolean {
  const dot = domain.lastIndexOf('.');
  const top = domain.slice(dot + 1);
  if (RESERVED.includes(top) || FILE_ENDINGS.has(top)) return true;
  return RESERVED_DOMAINS.some((reserved) => domain === reserved || domain.endsWith(`.${reserved}`));
}
