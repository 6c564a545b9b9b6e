import { type Names, NO_CONTEXT, type WrittenContext } from './context.ts';
import { join, toMembers } from './fields.ts';
import { toFlat } from './text.ts';

/** What all lines of one logger share. */
export interface LineParts {
  /** `,"resource":…,"scope":…,"attributes":{` */
  readonly open: string;
  /** Fields bound by `child`, by their final names, as JSON. */
  readonly bound: Names;
  readonly boundJson: string;
  /** Of lines outside of any context. */
  readonly frame: LineFrame;
}

/** What stands in a line before its own fields, for the lines of one logger in one context. */
export interface LineFrame {
  readonly parts: object;
  /** Up to the bound fields, ready for an attribute to follow. */
  readonly more: string;
  /** Up to the bound fields, and the end of a line that has nothing else. */
  readonly closed: string;
}

export const END = '}}\n';

export function toParts(shared: string, bound: Names): LineParts {
  const open = toFlat(`${shared},"attributes":{`);
  const parts = { open, bound, boundJson: toMembers(bound) };
  const frame = toFrame(parts, NO_CONTEXT);
  return { ...parts, frame: { ...frame, more: toFlat(frame.more), closed: toFlat(frame.closed) } };
}

/** That of the lines of one logger in one context. */
export function frameOf(parts: LineParts, context: WrittenContext): LineFrame {
  if (context.frame?.parts !== parts) context.frame = toFrame(parts, context);
  return context.frame as LineFrame;
}

function toFrame(parts: Omit<LineParts, 'frame'>, { names, json }: WrittenContext): LineFrame {
  const { open, bound, boundJson } = parts;
  // Where both have a name, the context's stands.
  const rest = [...bound].filter(([name]) => !names.has(name));
  const above = join(json, rest.length === bound.size ? boundJson : toMembers(rest));
  return { parts, more: open + (above === '' ? '' : `${above},`), closed: open + above + END };
}
