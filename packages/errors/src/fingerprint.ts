import { ERROR_BRAND } from './brand.ts';
import { hash64 } from './hash.ts';
import { classNameOf } from './inspect.ts';
import { readProperty, readString } from './read.ts';
import { type Frame, isOwnFrame, parseStack } from './stack.ts';

/** Raised when the recipe changes, which changes every fingerprint. */
export const FINGERPRINT_VERSION = 1;

const MAX_CAUSES = 3;
const MAX_FRAMES = 3;
const MAX_MESSAGE = 500;

/**
 * Sixteen hexadecimal digits that are the same for the same failure in every process and after every deploy: made of
 * class, code and the functions that were running, of the error and up to three causes. Line numbers, directories of
 * the deployment, bundle hashes, ids and numbers in messages do not count; the message counts only where there is
 * neither a code nor a frame of the application. Never throws.
 */
export function fingerprint(thrown: unknown): string {
  const parts = [`v${FINGERPRINT_VERSION}`];
  const seen: unknown[] = [];
  let at = thrown;
  for (let depth = 0; depth <= MAX_CAUSES && at !== undefined && !seen.includes(at); depth++) {
    seen.push(at);
    parts.push(identityOf(at));
    at = readProperty(at, 'cause');
  }
  return hash64(parts.join('\n'));
}

/**
 * The first functions of the application in a stack, as they stand in its fingerprint; '' when there is none. Two chains
 * of errors whose names, codes and places are the same have one fingerprint, if each has a code or a place.
 */
export function stackPlace(stack: unknown): string {
  return parseStack(stack).filter(isOwnFrame).slice(0, MAX_FRAMES).map(frameIdentity).join('<');
}

function identityOf(thrown: unknown): string {
  if (thrown === null || (typeof thrown !== 'object' && typeof thrown !== 'function')) {
    return `${typeof thrown}:${typeof thrown === 'string' ? withoutParticulars(thrown) : ''}`;
  }
  const name = readString(thrown, 'name') ?? classNameOf(thrown) ?? typeof thrown;
  const code = readProperty(thrown, 'code');
  const codeText = typeof code === 'string' || typeof code === 'number' ? String(code).slice(0, 64) : '';
  const own = readProperty(thrown, ERROR_BRAND) === true;
  const place = stackPlace(readProperty(thrown, 'stack'));
  const text = own || codeText !== '' || place !== '' ? '' : withoutParticulars(readString(thrown, 'message') ?? '');
  return [own ? '' : name, codeText, place, text].join('|');
}

function frameIdentity(frame: Frame): string {
  const fn = frame.fn.replace(/ \[as [^\]]*\]/, '').replace(/^(?:async|new|Object\.|Module\.|process\.)\s*/, '');
  return `${fn === '<anonymous>' ? '' : fn}@${stablePath(frame.file)}`;
}

/** The last two segments of a path, without query, version directories and content hashes. */
function stablePath(file: string): string {
  const end = file.search(/[?#]/);
  const segments = (end === -1 ? file : file.slice(0, end)).split(/[\\/]/).filter((segment) => segment !== '');
  return segments
    .slice(-2)
    .map((segment) =>
      /^v?\d[\w.-]*$/.test(segment) || /^[0-9a-f]{7,}$/.test(segment)
        ? '*'
        : segment.replace(/[.-][0-9A-Za-z_]*\d[0-9A-Za-z_]*(?=\.[cm]?[jt]sx?$)/, ''),
    )
    .join('/');
}

/** A message with what differs between occurrences replaced: numbers, ids, quoted text, addresses. */
function withoutParticulars(message: string): string {
  return message
    .slice(0, MAX_MESSAGE)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '#')
    .replace(/\b(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]+\b/g, '#')
    .replace(/\d+/g, '#');
}
