import { namedByPrevious } from './arguments.ts';
import type { Engine } from './engine.ts';
import { keyRule } from './key.ts';
import type { PathState } from './path.ts';
import { replacement } from './replace.ts';
import { DASH, DIGIT, HEX_LETTER, isIn, UPPER } from './text/chars.ts';
import type { Place } from './types.ts';
import { createWalk, redactNamed } from './walk.ts';
import { keyName } from './walk-property.ts';
import { DROP } from './walk-state.ts';

/** The top of an object, where every path begins. */
export function createRoot(engine: Engine, redact: (value: unknown) => unknown): Place {
  return inside(engine, engine.paths?.start, {
    isFree: engine.paths === undefined,
    isOpen: true,
    marker: undefined,
    redact,
  });
}

/** The property `name`, judged as `judged`, of what stands at `parent`. */
function createPlace(engine: Engine, parent: PathState | undefined, name: string, judged: string): Place {
  const state = parent === undefined || parent.dead ? undefined : engine.paths?.step(parent, name);
  const key = state?.ref === undefined && judged !== '' ? keyRule(engine, judged) : null;
  const rule = state?.ref ?? (key !== null && (key.strength === 'strong' || key.action === 'keep') ? key : undefined);
  return inside(engine, state, {
    isFree: rule === undefined && key === null && (state === undefined || state.dead),
    isOpen: rule === undefined,
    marker: rule?.action === 'mask' ? replacement(engine, rule, '') : undefined,
    redact(value) {
      const result = redactNamed(createWalk(engine), name, value, parent, judged);
      return result === DROP ? undefined : result;
    },
  });
}

function inside(engine: Engine, state: PathState | undefined, place: Omit<Place, 'at'>): Place {
  return { ...place, at: (name, label = '') => createPlace(engine, state, name, keyName(name, label)) };
}

/** Kinds of characters in a plain word; digits are counted. */
const WORD_CHAR = new Uint8Array(128);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._/-') WORD_CHAR[char.charCodeAt(0)] = 1;
for (const char of '0123456789') WORD_CHAR[char.charCodeAt(0)] = 2;

/**
 * At most 16 letters, digits and `._/-` with fewer than six digits, or a UUID in lower case: what no detector but `ip`
 * takes (R21; a property test holds it).
 */
export function isPlainText(text: string): boolean {
  const { length } = text;
  if (length > 16) return length === 36 && isUuid(text);
  let sum = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    const kind = code > 127 ? 0 : WORD_CHAR[code]!;
    if (kind === 0) return false;
    sum += kind;
  }
  return sum - length < 6;
}

function isUuid(text: string): boolean {
  for (let index = 0; index < 36; index++) {
    const isHyphen = index === 8 || index === 13 || index === 18 || index === 23;
    if (!isIn(text, index, isHyphen ? DASH : DIGIT | HEX_LETTER) || (!isHyphen && isIn(text, index, UPPER)))
      return false;
  }
  return true;
}

/** Does an item of a list say nothing of the others: no name for the next one (`--password`), no part of a card number? */
export function isQuietItem(engine: Engine, item: string): boolean {
  if (engine.actions.has('card') && isIn(item, item.length - 1, DIGIT)) return false;
  return namedByPrevious(engine, item) === undefined;
}
