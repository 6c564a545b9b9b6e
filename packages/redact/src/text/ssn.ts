import { addHit, refOf, type Scan } from '../engine.ts';
import { ALNUM, DASH, DIGIT, isIn, skip, UNDERSCORE } from './chars.ts';

/** A United States social security number as 3-2-4, with the areas and groups that were never given out left alone. */
export function ssnEnd(scan: Scan, text: string, start: number, firstEnd: number): number {
  const separator = text.charCodeAt(firstEnd);
  if (separator !== 45 && separator !== 32) return -1;
  const second = skip(text, firstEnd + 1, DIGIT, firstEnd + 4);
  if (second - firstEnd !== 3 || text.charCodeAt(second) !== separator) return -1;
  const end = skip(text, second + 1, DIGIT, second + 6);
  if (
    end - second !== 5 ||
    isIn(text, end, ALNUM | UNDERSCORE) ||
    (isIn(text, end, DASH) && isIn(text, end + 1, ALNUM))
  )
    return -1;
  if (isIn(text, start - 1, DASH) && isIn(text, start - 2, ALNUM)) return -1;
  if (!isIssuable(text.slice(start, firstEnd), text.slice(firstEnd + 1, second), text.slice(second + 1, end)))
    return -1;
  const ref = refOf(scan, 'ssn', 'ssn/us');
  return ref === undefined ? -1 : addHit(scan, text, start, end, ref);
}

/** Area not 000, 666 or 9xx, group not 00, serial not 0000; not the numbers of advertisements. */
function isIssuable(area: string, group: string, serial: string): boolean {
  if (area === '000' || area === '666' || area.startsWith('9') || group === '00' || serial === '0000') return false;
  return !(area === '078' && group === '05' && serial === '1120');
}
