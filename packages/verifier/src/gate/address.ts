/**
 * The network an address counts as: an IPv4 address is its own, an IPv6 address is its /64, because one household or server has a whole one.
 * An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the IPv4 address. What is no address is all one network, so that nobody gets a fresh one by writing nonsense.
 */
export function networkOf(address: string): string {
  const bare = address.split('%', 1)[0] ?? '';
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(bare)) return bare;
  const groups = ipv6Groups(bare);
  if (!groups) return 'unknown';
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return groups.slice(6).flatMap(bytesOf).join('.');
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address in their shortest form, as the URL parser sees them. */
function ipv6Groups(address: string): readonly string[] | null {
  if (address.length > 45 || !/^[\da-f:.]+$/i.test(address) || !URL.canParse(`http://[${address}]`)) return null;
  const [start = '', end = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const before = start === '' ? [] : start.split(':');
  const after = end === '' ? [] : end.split(':');
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}

function bytesOf(group: string): readonly number[] {
  const value = parseInt(group, 16);
  return [value >> 8, value & 255];
}
