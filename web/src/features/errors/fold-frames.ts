import type { StackFrame } from '@breakwater/server/api-types';

export type StackPart =
  | { kind: 'frame'; index: number; frame: StackFrame }
  | { kind: 'library'; index: number; frames: StackFrame[] };

/** Frames of the application one by one, runs of library frames together, in the order of the stack. */
export function foldFrames(frames: readonly StackFrame[]): StackPart[] {
  const parts: StackPart[] = [];
  for (const [index, frame] of frames.entries()) {
    const last = parts.at(-1);
    if (frame.inApp) parts.push({ kind: 'frame', index, frame });
    else if (last?.kind === 'library') last.frames.push(frame);
    else parts.push({ kind: 'library', index, frames: [frame] });
  }
  return parts;
}
