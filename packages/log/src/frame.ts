import type { Names, WrittenContext } from './context.ts';
import { join, toMembers } from './fields.ts';
import { SHARED } from './keys.ts';
import { toFlat } from './text.ts';

/** Attributes that come before a line's own fields: those of the context, and those bound by `child`. */
export interface LineFrame {
  /** `"name":value,…`, or ''. */
  readonly above: string;
  /** The line from `open` of its parts to here, ready for an attribute to follow. */
  readonly more: string;
}

/** What all lines of one logger share; as a frame, of those outside of any context. */
export interface LineParts extends LineFrame {
  /** `,"resource":…,"scope":…,"attributes":{` */
  readonly open: string;
  /** The line from there to its end, if it has no fields. */
  readonly closed: string;
  /** Fields bound by `child`, by their final names, as JSON. */
  readonly bound: Names;
  /** Some bound name is one that the context may write too; the context's stands. */
  readonly clashes: boolean;
}

export const END = '}}\n';

export function toParts(shared: string, bound: Names): LineParts {
  const open = toFlat(`${shared},"attributes":{`);
  const above = toFlat(toMembers(bound));
  const clashes = [...bound.keys()].some((name) => SHARED.test(name));
  return { open, above, more: toFlat(toMore(open, above)), closed: toFlat(open + above + END), bound, clashes };
}

/** Put together once for the lines that one logger writes in one context, unless others write there in between. */
export function frameOf(parts: LineParts, context: WrittenContext): LineFrame {
  if (context.parts !== parts) {
    const { names, json } = context;
    const bound = parts.clashes ? toMembers([...parts.bound].filter(([name]) => !names.has(name))) : parts.above;
    context.parts = parts;
    context.above = join(json, bound);
    context.more = toMore(parts.open, context.above);
  }
  return context;
}

function toMore(open: string, above: string): string {
  return above === '' ? open : `${open}${above},`;
}
