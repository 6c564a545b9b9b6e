/** True where every word of `wanted` occurs in `text`, in any order and case. The empty text matches all. */
export function matchText(wanted: string, text: string): boolean {
  const lower = text.toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
