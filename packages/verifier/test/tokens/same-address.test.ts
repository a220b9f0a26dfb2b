import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameAddress } from '../../src/tokens/same-address.ts';

const HOME = 'https://h.example/a/token';

describe('one address', () => {
  it.each([
    HOME, 'HTTPS://H.EXAMPLE:443/a/token', 'https://h.example:/a/token', 'https://h.example/a/b/../token', 'https://h.example/./a/./token', 'https://h.example/../a/token', 'https://h.example/a/%74oken', 'https://h.example/%61/tok%65n', 'https://h.example/a/%2e/token', 'https://h.example/x/%2E%2e/a/token', 'https://%68.example/a/token',
    `${HOME}?`, `${HOME}?x=1`, `${HOME}#`, `${HOME}#f`, `${HOME}?x#f`, `${HOME}?x=/../..`,
  ])('may be spelled %s', (text) => expect(isSameAddress(text, HOME)).toBe(true));

  it.each([
    ['https://h.example', 'https://h.example/'], ['http://localhost:80', 'http://localhost/'], ['http://[::1]:8080/x', 'HTTP://[::1]:8080/x'], ['https://h.example/a%2fb', 'https://h.example/a%2Fb'], ['https://h.example/%c3%a9', 'https://h.example/%C3%A9'], ['https://h.example/a|b', 'https://h.example/a|b'],
    ['https://h.example/a/..', 'https://h.example'], ['https://h.example/a/b/..', 'https://h.example/a/'], ['https://h.example/a/.', 'https://h.example/a/'], ['https://h.example//a/..', 'https://h.example//'], ['https://h.example/.a/b/../../c', 'https://h.example/c'],
  ])('may be %s and %s', (one, other) => expect(isSameAddress(one, other)).toBe(true));

  const segment = fc.string({ unit: fc.constantFrom(...'abcXYZ019-._~'), minLength: 1, maxLength: 5 }).filter((text) => !/^\.{1,2}$/.test(text));
  const address = fc.record({
    scheme: fc.constantFrom('http', 'https'), host: fc.stringMatching(/^[a-z][a-z0-9]{0,8}(\.[a-z]{2,4})?$/), port: fc.constantFrom('', ':80', ':443', ':8443'), path: fc.array(segment, { minLength: 1, maxLength: 4 }),
  });
  const text = ({ scheme, host, port, path }: { scheme: string; host: string; port: string; path: readonly string[] }) => `${scheme}://${host}${port}/${path.join('/')}`;
  const detours = [[], ['.'], ['x', '..'], ['%2e'], ['x', '%2E.'], ['x', 'y', '..', '%2e%2E']];
  /** One character escaped, here or nowhere. */
  const escaped = (segment: string, at: number) => (at < segment.length ? `${segment.slice(0, at)}%${segment.charCodeAt(at).toString(16)}${segment.slice(at + 1)}` : segment);

  it('is known in whatever spelling RFC 3986 allows', () => {
    fc.assert(fc.property(address, fc.constantFrom(...detours), fc.nat(3), fc.nat(6), (original, detour, where, at) => {
      // Not at the end: a dot there leaves a slash behind (RFC 3986 §5.2.4), which is another address.
      const path = original.path.flatMap((part, i) => (i === Math.min(where, original.path.length - 1) ? [...detour, escaped(part, at)] : [part]));
      const isDefault = original.port === (original.scheme === 'http' ? ':80' : ':443');
      const spelled = text({ scheme: original.scheme.toUpperCase(), host: original.host.toUpperCase(), port: isDefault ? ['', ':'][at % 2] ?? '' : original.port, path });
      expect(isSameAddress(`${spelled}?q#f`, text(original)), `${spelled} ${text(original)}`).toBe(true);
    }));
  });

  it('is never another one', () => {
    fc.assert(fc.property(address, address, fc.constantFrom('scheme', 'host', 'port', 'path'), (a, b, part) => {
      const other = { ...a, [part]: b[part] };
      const { href } = new URL(text(a));
      expect(isSameAddress(text(a), text(other))).toBe(href === new URL(text(other)).href);
    }), { numRuns: 500 });
  });

  it('is what the URL parser also takes for the same: no text passes for an address that it is not', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'htps:/.@#?%25eE2f\\[]aAtokn|^ \t'), maxLength: 20 }), (end) => {
      const text = HOME.slice(0, 8 + (end.length % 12)) + end;
      if (!isSameAddress(text, HOME)) return;
      const { protocol, host, username } = new URL(text);
      expect([protocol, host, username]).toEqual(['https:', 'h.example', '']);
    }), { numRuns: 2_000 });
  });
});

describe('two texts that are no address', () => {
  it.each(['', '*', 'x', 'https://', 'about:blank', 'ftp://h/', 'https://h ', 'https://u@h/', 'https://h/%', 'https://h/%2', 'https://h/\\', 'https://h:1x/'])('%j are not the same, even where they are', (text) => {
    expect([isSameAddress(text, text), isSameAddress(text, HOME), isSameAddress(HOME, text)]).toEqual([false, false, false]);
  });
  it.each(['/'.repeat(4_000), '%41'.repeat(1_300), `https://${'a'.repeat(4_000)}`, `https://h/${'../'.repeat(1_300)}`, `https://h/${'a/'.repeat(2_000)}\\`, `https://${'%41'.repeat(1_300)}!!`])('of any shape are answered', (text) => expect(isSameAddress(text, HOME)).toBe(false));
});
