import { describe, expect, it } from 'vitest';
import { asObject, authressKind, isServiceClient, MAX_TOKEN_LENGTH, optionalNumber, optionalText, readClaims, text, type Json } from '../src/index.ts';

const inherits: Json = Object.create({ sub: 'user_root', exp: 9 }) as Json;
const jwt = (claims: string): string => `e30.${btoa(claims).replaceAll('=', '')}.c2ln`;

describe('an answer that names nobody', () => {
  it('gets no name from what it inherits', () => {
    expect(optionalText(inherits, 'sub')).toBeUndefined();
    expect(optionalText({}, 'constructor')).toBeUndefined();
    expect(() => text(inherits, 'sub')).toThrow(/no sub/);
  });

  it('gets no end from what it inherits', () => {
    expect(optionalNumber(inherits, 'exp')).toBeUndefined();
  });

  it.each([NaN, Infinity, '1', null, undefined, [1]])('and whose number is %s has none', (exp) => {
    expect(optionalNumber({ exp }, 'exp')).toBeUndefined();
  });

  it.each([[[]], [null], ['{}'], [1], [undefined]])('and is %j is no object', (value) => {
    expect(asObject(value)).toBeNull();
  });
});

describe('a token', () => {
  it('is read', () => {
    expect(readClaims(jwt('{"sub":"user_guest"}'))).toEqual({ sub: 'user_guest' });
  });

  it.each(['', 'a.b', 'a.b.c.d', jwt('[]'), jwt('null'), jwt('{'), 'e30.*.c2ln'])('that is none (%s) names nobody', (token) => {
    expect(() => readClaims(token)).toThrow(/not a JWT/);
  });

  it('longer than any is refused before it is read', () => {
    const long = jwt(JSON.stringify({ pad: 'p'.repeat(MAX_TOKEN_LENGTH) }));
    expect(() => readClaims(long)).toThrow(/not a JWT/);
  });
});

describe('a person', () => {
  it.each([['google', 'user'], ['github', 'guest'], ['sc_guests', 'guest'], ['ext_guests', 'guest'], [undefined, 'guest']] as const)('who came through %s is a %s', (connection, kind) => {
    expect(authressKind(connection, ['google', 'sc_guests', 'ext_guests'])).toBe(kind);
  });

  it.each([['sc_guests', true], ['ext_guests', true], ['google', false], ['my_sc_', false], [undefined, false]] as const)('comes from a guest connection: %s %s', (connection, expected) => {
    expect(isServiceClient(connection)).toBe(expected);
  });
});
