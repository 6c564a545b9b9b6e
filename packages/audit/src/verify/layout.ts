/** The C2SP tlog-tiles layout, written again here so that the verifier shares no code with the writer. */
export function pathOf(kind: 'entries' | number, index: number, width: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g)!;
  const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${kind}/${name}${width === 256 ? '' : `.p/${width}`}`;
}

/** Index and width of each tile of a level (or of the entry bundles, level 0) in a tree of `size`. */
export function tilesOfLevel(level: number, size: number): { count: number; lastWidth: number } {
  const hashes = Math.floor(size / 256 ** level);
  const rest = hashes % 256;
  return { count: Math.ceil(hashes / 256), lastWidth: rest === 0 ? 256 : rest };
}
