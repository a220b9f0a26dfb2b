import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkOf } from '../../src/gate/address.ts';

describe('the network a visitor counts as', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'], ['::ffff:203.0.113.7', '203.0.113.7'], ['::FFFF:cb00:7107', '203.0.113.7'], ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'], ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'], ['2001:db8::1', '2001:db8:0:0::/64'], ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['::', '0:0:0:0::/64'], ['1::', '1:0:0:0::/64'],
    ['', 'unknown'], ['localhost', 'unknown'], ['203.0.113.7, 10.0.0.1', 'unknown'], ['::1]:80/[', 'unknown'], ['1:2:3', 'unknown'], [':', 'unknown'], ['...', 'unknown'], ['x'.repeat(1_000_000), 'unknown'],
  ])('of %s', (address, network) => expect(networkOf(address)).toBe(network));

  it('of any IPv6 address does not depend on its last 64 bits', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16));
    const half = fc.tuple(group, group, group, group).map((groups) => groups.join(':'));
    fc.assert(fc.property(half.filter((first) => !/^0:0:0:0$/.test(first)), half, half, (first, one, other) => networkOf(`${first}:${one}`) === networkOf(`${first}:${other}`)));
  });

  it('of any IPv4 address is the same however it arrives', () => {
    fc.assert(fc.property(fc.ipV4(), (address) => networkOf(address) === address && networkOf(`::ffff:${address}`) === address));
  });

  it('is told for any text, and nonsense makes no new network', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.%[]') })), (text) => /^(?:unknown|[\d.]+|[\da-f:]+::\/64)$/.test(networkOf(text))));
  });
});
