import type { StackFrame } from '../api/types.ts';
import { goFrame, isGoFunctionLine } from './go-frames.ts';
import { javaFrame } from './java-frames.ts';
import { pythonFrame } from './python-frames.ts';
import { v8Frame } from './v8-frames.ts';

/** One exception of a stack trace. Its frames begin where it was thrown, whatever the language prints first. */
export interface ParsedException {
  type: string;
  message: string;
  frames: StackFrame[];
}

const MAX_LINES = 5_000;
const MAX_LINE_CHARACTERS = 2_000;
const MAX_FRAMES = 200;
const MAX_EXCEPTIONS = 10;

/**
 * Reads stack traces of Node.js (V8), Python, Java and Go. The first exception of the answer is the one that was
 * reported, each further one the cause of the one before. Text that is no stack trace gives one exception without
 * frames. Reads the first 5,000 lines, 200 frames per exception and 10 exceptions; never throws.
 */
export function parseStackTrace(stacktrace: string): ParsedException[] {
  const lines = firstLines(stacktrace);
  if (lines.some((line) => line.startsWith('Traceback (most recent call last):'))) return parsePython(lines);
  if (lines.some((line) => /^goroutine \d+ \[/.test(line)) || looksLikeGo(lines)) return parseGo(lines);
  return parseAtLines(lines);
}

/** `type: message`, where the type looks like one. */
export function splitHeader(header: string): { type: string; message: string } {
  const match =
    /^(?:Exception in thread "[^"]{0,200}" )?(?:Uncaught )?([A-Za-z_$][\w$.]{0,200})(?: \[([\w]{1,100})\])?(?:: |:?$)/.exec(
      header,
    );
  if (match === null) return { type: '', message: header };
  return { type: match[1] ?? '', message: header.slice(match[0].length) };
}

function firstLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  while (start <= text.length && lines.length < MAX_LINES) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const line = text.slice(start, Math.min(end, start + MAX_LINE_CHARACTERS));
    lines.push(line.endsWith('\r') ? line.slice(0, -1) : line);
    start = end + 1;
  }
  return lines;
}

function push(frames: StackFrame[], frame: StackFrame): void {
  if (frames.length < MAX_FRAMES) frames.push(frame);
}

/** V8 and Java: a header, then `at …` lines; causes follow. */
function parseAtLines(lines: readonly string[]): ParsedException[] {
  const headless = lines[0]?.trimStart().startsWith('at ') === true;
  let current: ParsedException = { ...splitHeader(headless ? '' : (lines[0] ?? '')), frames: [] };
  const exceptions = [current];
  let inHeader = true;
  for (const line of headless ? lines : lines.slice(1)) {
    const trimmed = line.trimStart();
    const cause = /^(?:Caused by: |\[cause\]: )/.exec(trimmed);
    if (cause !== null) {
      if (exceptions.length >= MAX_EXCEPTIONS) break;
      current = { ...splitHeader(trimmed.slice(cause[0].length)), frames: [] };
      exceptions.push(current);
      inHeader = true;
    } else if (trimmed.startsWith('at ')) {
      const frame = javaFrame(trimmed) ?? v8Frame(trimmed);
      if (frame !== undefined) {
        push(current.frames, frame);
        inHeader = false;
      }
    } else if (/^Suppressed: /.test(trimmed)) {
      // A suppressed exception and its frames are no cause: read them into nothing.
      current = { type: '', message: '', frames: [] };
    } else if (inHeader && current.message.length < MAX_LINE_CHARACTERS) {
      current.message += `\n${line}`;
    }
  }
  return exceptions;
}

/** Python prints causes first and, inside a traceback, the place of the throw last. */
function parsePython(lines: readonly string[]): ParsedException[] {
  const printed: ParsedException[] = [];
  let frames: StackFrame[] = [];
  let reading = false;
  for (const line of lines) {
    const text = line.replace(/^[ |+-]*(?=Traceback \(most recent)/, '');
    if (text.startsWith('Traceback (most recent call last):')) {
      frames = [];
      reading = true;
    } else if (reading) {
      const frame = pythonFrame(line);
      if (frame !== undefined) {
        // The last frames are the ones near the throw.
        frames.push(frame);
        if (frames.length > MAX_FRAMES) frames.shift();
      } else if (/^\S/.test(line)) {
        printed.push({ ...splitHeader(line), frames: frames.toReversed() });
        if (printed.length > MAX_EXCEPTIONS) printed.shift();
        reading = false;
      }
    }
  }
  if (reading) printed.push({ type: '', message: '', frames: frames.toReversed() });
  return printed.length > 0 ? printed.toReversed() : [{ type: '', message: '', frames: [] }];
}

function looksLikeGo(lines: readonly string[]): boolean {
  return lines.some((line, index) => isGoFunctionLine(lines[index - 1] ?? '') && /^\s+\S+\.go:\d+/.test(line));
}

/** Go: `panic: message`, then pairs of a function line and an indented file line. Only the first goroutine counts. */
function parseGo(lines: readonly string[]): ParsedException[] {
  const exception: ParsedException = { type: '', message: '', frames: [] };
  let goroutines = 0;
  for (const [index, line] of lines.entries()) {
    if (/^goroutine \d+ \[/.test(line)) {
      goroutines += 1;
      if (goroutines > 1) break;
    }
    const panic = /^(panic|fatal error): /.exec(line);
    if (panic !== null && exception.message === '') {
      exception.type = panic[1] ?? '';
      exception.message = line.slice(panic[0].length).replace(/ \[recovered\].*$/, '');
    }
    const frame = isGoFunctionLine(line) ? goFrame(line, lines[index + 1] ?? '') : undefined;
    if (frame !== undefined) push(exception.frames, frame);
  }
  return [{ ...exception, frames: withoutPanicMachinery(exception.frames) }];
}

/** The frames above `panic(…)` print and recover; the throw is below it. */
function withoutPanicMachinery(frames: StackFrame[]): StackFrame[] {
  const panic = frames.findIndex((frame) => frame.function === 'panic' || frame.function === 'runtime.gopanic');
  return panic >= 0 ? frames.slice(panic + 1) : frames;
}
