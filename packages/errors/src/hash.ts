/** MurmurHash3, 32 bit (Appleby, public domain), over UTF-16 code units. Not for secrets. */
function murmur3(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    hash ^= Math.imul(k, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A 64-bit hash as 16 hexadecimal digits; the same in every process, on every platform. */
export function hash64(text: string): string {
  return [murmur3(text, 0x6b72_6561), murmur3(text, 0x7761_7465)]
    .map((part) => part.toString(16).padStart(8, '0'))
    .join('');
}
