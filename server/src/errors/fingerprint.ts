import { createHash } from 'node:crypto';
import type { StackFrame } from '../api/types.ts';
import { stableFile, stableFunction } from './frame-name.ts';
import { normaliseMessage } from './normalise-message.ts';
import { type ParsedException, parseStackTrace } from './stack-trace.ts';

/** Changes whenever the same error would get another id. Stored with each occurrence. */
export const FINGERPRINT_VERSION = 1;

const MAX_FRAMES = 20;
const MAX_CAUSES = 5;
const MAX_TYPE_CHARACTERS = 200;

export interface ErrorDescription {
  type: string;
  message: string;
  stacktrace: string;
}

export interface Fingerprint {
  /** 16 lower-case hexadecimal digits: the first 64 bits of a SHA-256 over the parts. */
  id: string;
  version: number;
  /** Type and message, taken from the stack trace where the error does not say them. */
  type: string;
  message: string;
  /** What entered the hash, in order, for people. */
  parts: string[];
  /** The in-app frame nearest to the throw as `function (file)`, or ''. */
  culprit: string;
  /** The exception that was reported, then its causes. */
  exceptions: ParsedException[];
}

/**
 * Version 1 of the fingerprint, as docs/fingerprint.md describes it: type, normalised message and in-app frames (at
 * most 20, without line numbers) of the exception, then the same of at most 5 causes. Equal input gives an equal id
 * on every machine and in every release that has this version.
 */
export function fingerprint(error: ErrorDescription): Fingerprint {
  const exceptions = parseStackTrace(error.stacktrace);
  const [reported] = exceptions;
  const resolved = {
    type: typeOf(error.type, reported?.type ?? '').slice(0, MAX_TYPE_CHARACTERS),
    message: error.message || (reported?.message ?? ''),
  };
  const parts: string[] = [];
  for (const [index, exception] of exceptions.slice(0, 1 + MAX_CAUSES).entries()) {
    const cause = index === 0 ? '' : 'cause ';
    const { type, message } = index === 0 ? resolved : exception;
    parts.push(`${cause}type: ${type.slice(0, MAX_TYPE_CHARACTERS)}`);
    parts.push(`${cause}message: ${normaliseMessage(message)}`);
    for (const frame of stableFrames(exception.frames)) parts.push(`${cause}frame: ${frame}`);
  }
  // NUL cannot be mistaken for part of a part: it is taken out of them.
  const text = [`v${FINGERPRINT_VERSION}`, ...parts].map((part) => part.replaceAll('\0', '')).join('\0');
  const id = createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 16);
  return { id, version: FINGERPRINT_VERSION, ...resolved, parts, culprit: culpritOf(exceptions), exceptions };
}

/**
 * OpenTelemetry's JavaScript SDK records an error's `code` as its type (`ERR_INVALID_URL`), loggers its class. The stack
 * trace has the class too, unless it is plain `Error`: then both ways give one type.
 */
function typeOf(given: string, inStackTrace: string): string {
  const isCode = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(given);
  return given === '' || (isCode && inStackTrace !== '' && inStackTrace !== 'Error') ? inStackTrace : given;
}

/** In-app frames as `function (file)`. A frame equal to the one before it is left out, so recursion depth does not count. */
function stableFrames(frames: readonly StackFrame[]): string[] {
  const names: string[] = [];
  for (const frame of frames) {
    if (!frame.inApp) continue;
    const name = frameName(frame);
    if (names.at(-1) !== name) names.push(name);
    if (names.length >= MAX_FRAMES) break;
  }
  return names;
}

function frameName(frame: StackFrame): string {
  return `${stableFunction(frame.function)} (${stableFile(frame.file)})`;
}

function culpritOf(exceptions: readonly ParsedException[]): string {
  for (const { frames } of exceptions) {
    const frame = frames.find(({ inApp }) => inApp);
    if (frame !== undefined) return frameName(frame);
  }
  return '';
}
