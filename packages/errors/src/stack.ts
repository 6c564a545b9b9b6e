/** One line of a V8 stack: function name, file (path or URL), line and column. */
export interface Frame {
  readonly fn: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const MAX_STACK_CHARS = 16_384;
const MAX_FRAMES = 50;

/**
 * The frames of a stack string, at most 50 and from at most the first 16 KiB. Lines that are not V8 frames are left
 * out. Linear in the length of the text; never throws.
 */
export function parseStack(stack: unknown): Frame[] {
  if (typeof stack !== 'string') return [];
  const frames: Frame[] = [];
  for (const line of stack.slice(0, MAX_STACK_CHARS).split('\n')) {
    const frame = parseFrame(line.trim());
    if (frame !== undefined && frames.push(frame) === MAX_FRAMES) break;
  }
  return frames;
}

function parseFrame(line: string): Frame | undefined {
  if (!line.startsWith('at ')) return undefined;
  let fn = '';
  let place = line.slice(3);
  if (place.endsWith(')')) {
    const open = place.lastIndexOf(' (');
    if (open === -1) return undefined;
    fn = place.slice(0, open);
    place = place.slice(open + 2, -1);
  }
  if (fn.startsWith('async ')) fn = fn.slice(6);
  if (place.startsWith('async ')) place = place.slice(6);
  const colon = place.lastIndexOf(':');
  const before = place.lastIndexOf(':', colon - 1);
  if (before <= 0) return undefined;
  const lineNumber = Number(place.slice(before + 1, colon));
  const column = Number(place.slice(colon + 1));
  if (!Number.isInteger(lineNumber) || !Number.isInteger(column)) return undefined;
  return { fn, file: place.slice(0, before), line: lineNumber, column };
}

/** True for a frame of the application: neither Node's own nor from an installed package. */
export function isOwnFrame(frame: Frame): boolean {
  return (
    !frame.file.startsWith('node:') &&
    frame.file !== 'native' &&
    frame.file !== '<anonymous>' &&
    !frame.file.includes('/node_modules/') &&
    !frame.file.includes('\\node_modules\\')
  );
}

/** `charge (src/pay.ts:10:7)` of the first frame of the application, with a `file://` prefix removed. */
export function firstOwnFrame(stack: unknown): string | undefined {
  const frames = parseStack(stack);
  const frame = frames.find(isOwnFrame) ?? frames[0];
  if (frame === undefined) return undefined;
  const place = `${frame.file.replace('file://', '')}:${frame.line}:${frame.column}`;
  return frame.fn === '' ? place : `${frame.fn} (${place})`;
}
