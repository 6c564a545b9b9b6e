const MAX_MEMBERS = 32;
/** What W3C Trace Context asks everybody to pass on at least; a longer field is shortened to it. */
const MAX_LENGTH = 512;
const LONG_MEMBER = 128;
const MEMBER =
  /^(?:[a-z][a-z\d_*/-]{0,255}|[a-z\d][a-z\d_*/-]{0,240}@[a-z][a-z\d_*/-]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/**
 * A `tracestate` field (W3C Trace Context) as it is passed on: unchanged, and left out whole when any of its members is
 * malformed or there are more than 32. One longer than 512 characters loses members of more than 128, then those at the
 * end. Only for a request whose `traceparent` is valid. Never throws.
 */
export function readTraceState(field: string | undefined): string | undefined {
  if (field === undefined || field.length > 32 * MAX_LENGTH) return undefined;
  // `trim` takes away line breaks too, which would come back with the unchanged field.
  if (/[^\t -~]/.test(field)) return undefined;
  const members = field.split(',').map((member) => member.trim());
  const filled = members.filter((member) => member !== '');
  if (filled.length === 0 || filled.length > MAX_MEMBERS || !filled.every((member) => MEMBER.test(member)))
    return undefined;
  if (field.length <= MAX_LENGTH) return field;
  const kept = filled.filter((member) => member.length <= LONG_MEMBER);
  while (kept.join(',').length > MAX_LENGTH) kept.pop();
  return kept.length === 0 ? undefined : kept.join(',');
}
