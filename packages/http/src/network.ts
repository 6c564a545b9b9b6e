import { isIPv6 } from 'node:net';

/**
 * Whose an address is, for limits. A client of IPv4 has one address; of IPv6 the 2^64 of its network, which are one client
 * here. An address that an IPv4 address is translated or tunnelled to is that address: `::ffff:0:0/96` (RFC 4291), NAT64's
 * `64:ff9b::/96` (RFC 6052), where all clients of IPv4 would be one network, and 6to4's `2002::/16` (RFC 3056), where one
 * IPv4 address has 65 536 networks. What is no address of IPv6 is given back as it is.
 */
export function toNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = toGroups(address);
  const [first, second, third] = groups as [number, number, number];
  const start = groups.slice(0, 6).join(':');
  if (start === '0:0:0:0:0:65535' || start === NAT64) return toIPv4(groups[6]!, groups[7]!);
  if (first === 0x2002) return toIPv4(second, third);
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

const NAT64 = [0x64, 0xff9b, 0, 0, 0, 0].join(':');

/** The eight numbers of an address without its zone. What `::` stands for is at least one group of zeros. */
function toGroups(address: string): readonly number[] {
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const before = parse(head);
  if (tail === undefined) return before;
  const after = parse(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function parse(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a, b, c, d] = group.split('.').map(Number) as [number, number, number, number];
    return [a * 256 + b, c * 256 + d];
  });
}

function toIPv4(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
