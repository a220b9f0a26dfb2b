import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChange, shown } from '../../src/listed-texts.ts';
import { Refused } from '../../src/issuer/refused.ts';
import { ADA, call, errorOf, guestOf, heldOf, tokensOf, verify, World } from './support.ts';

const LISTED = ['nickname', 'size', 'a_1'];
const form = (fields: Readonly<Record<string, string>>) => new Map(Object.entries(fields));
const refused = (fields: Readonly<Record<string, string>>): boolean => {
  try {
    readChange(form(fields), LISTED);
    return false;
  } catch (error) {
    if (error instanceof Refused && error.error === 'invalid_request') return true;
    throw error;
  }
};
const isGood = (text: unknown): boolean => typeof text === 'string' && text !== '' && !/\p{Surrogate}/u.test(text) && Buffer.byteLength(text) <= 512;

describe('a change in a form', () => {
  it('is what it says, where it is what may be said', () => {
    expect([...readChange(form({ set: '{"nickname":"Ada","a_1":"ü\\n"}', remove: '["size","size"]' }), LISTED)]).toEqual([['nickname', 'Ada'], ['a_1', 'ü\n'], ['size', '']]);
    expect([...readChange(form({}), LISTED)]).toEqual([]);
    expect([...readChange(form({ set: JSON.stringify({ size: 'ü'.repeat(256) }) }), LISTED)]).toHaveLength(1);
  });

  it.each([
    { set: '[]' }, { set: 'null' }, { set: '"x"' }, { set: '{' }, { set: '{"danu":"x"}' }, { set: '{"__proto__":{"nickname":"x"}}' }, { set: '{"__proto__":"x"}' }, { set: '{"nickname":1}' }, { set: '{"nickname":null}' }, { set: '{"nickname":""}' }, { set: '{"nickname":["x"]}' },
    { set: '{"nickname":"a","nickname":"b"}' }, { set: '{"Nickname":"x"}' }, { set: '{"nickname":"\\ud800"}' }, { set: JSON.stringify({ size: 'x'.repeat(513) }) }, { set: JSON.stringify({ size: 'ü'.repeat(257) }) },
    { remove: '{}' }, { remove: '"nickname"' }, { remove: 'null' }, { remove: '[1]' }, { remove: '["danu"]' }, { remove: '[["nickname"]]' }, { remove: '[],"x":[]' }, { remove: '[' }, { set: '{"nickname":"x"}', remove: '["nickname"]' }, { remove: '["constructor"]' },
  ])('is refused as %j', (fields) => {
    expect(refused(fields)).toBe(true);
  });

  it('names nothing that is not listed, whatever the form holds', () => {
    fc.assert(fc.property(fc.dictionary(fc.oneof(fc.constantFrom(...LISTED, 'danu', 'sub'), fc.string()), fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue(), fc.string({ minLength: 500, maxLength: 530 })), { maxKeys: 4 }), fc.oneof(fc.array(fc.oneof(fc.constantFrom(...LISTED), fc.string()), { maxLength: 3 }), fc.jsonValue()), (set, remove) => {
      const isFine = Object.entries(set).every(([name, text]) => LISTED.includes(name) && isGood(text)) && Array.isArray(remove) && remove.every((name) => typeof name === 'string' && LISTED.includes(name) && !Object.hasOwn(set, name));
      const fields = { set: JSON.stringify(set), remove: JSON.stringify(remove) };
      // `__proto__` as a key of an object literal is lost on the way into JSON.
      expect(refused(fields)).toBe(!isFine);
      if (isFine) for (const [name] of readChange(form(fields), LISTED)) expect(LISTED).toContain(name);
    }));
  });

  it('that is any text at all is read or refused, and nothing else', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (set, remove) => {
      refused({ set, remove });
    }));
  });

  it('that is refused changes nothing and asks nobody', async () => {
    const world = await World.open();
    const { refresh } = await guestOf(world);
    const from = world.asked.length;
    for (const fields of [{ set: '{"danu":"false"}' }, { set: '{"size":7}' }, { remove: '["sub"]' }, { set: 'x' }]) {
      const answer = await world.post('/attributes', { token: refresh, ...fields });
      expect(errorOf(answer)).toEqual([400, 'invalid_request']);
      expect(JSON.stringify(answer.body)).not.toMatch(/danu|false|sub/);
    }
    expect(world.asked.slice(from)).toEqual([]);
  });
});

describe('all that is kept', () => {
  const LONG = 'x'.repeat(500);
  const CLAIMS = Array.from({ length: 32 }, (_, i) => `claim_${i}`);
  const set = (...names: number[]) => ({ set: JSON.stringify(Object.fromEntries(names.map((i) => [`claim_${i}`, LONG]))) });

  it.each(['anonymous_jwt', 'temporary_user'] as const)('fits into a header and a cookie: what is too much is refused, whether it comes at once or bit by bit (%s)', async (generation) => {
    const world = await World.open({ generation, claims: CLAIMS });
    const { refresh } = await guestOf(world);
    const from = world.asked.length;
    expect(errorOf(await world.post('/attributes', { token: refresh, ...set(0, 1, 2, 3) }))).toEqual([400, 'invalid_request']);
    expect(world.asked.slice(from)).toEqual([]);
    const changed = await world.post('/attributes', { token: refresh, ...set(0, 1, 2) });
    const token = generation === 'anonymous_jwt' ? heldOf(changed).refresh : refresh;
    const refused = await world.post('/attributes', { token, ...set(3) });
    expect([errorOf(refused), refused.body['error_description']]).toEqual([[400, 'invalid_request'], expect.stringMatching(/2048 bytes/)]);
    await expect(world.verifier.updateClaims({ token, set: { claim_3: LONG } })).rejects.toThrow(TypeError);
    expect((await world.post('/attributes', { token, remove: '["claim_0"]', ...set(3) })).status).toBe(200);
  });

  it('that is too much already can still be taken away', async () => {
    const world = await World.open({ claims: CLAIMS });
    world.shop.descope.addUser({ loginId: ADA, customAttributes: Object.fromEntries(CLAIMS.map((name) => [name, LONG])) });
    await call(world.shop, 'POST /v1/auth/otp/signup-in/email', { body: { loginId: ADA } });
    const { refresh } = tokensOf(await verify(world.shop, ADA));
    expect(errorOf(await world.post('/attributes', { token: refresh, ...set(0) }))).toEqual([400, 'invalid_request']);
    expect((await world.post('/attributes', { token: refresh, remove: '["claim_0"]' })).status).toBe(200);
  });

  it('is a token that fits into a cookie, by the longest texts there are', async () => {
    const world = await World.open({ claims: CLAIMS, sessions: 'cookies' });
    const { refresh } = await guestOf(world);
    const json = (last: number): string => JSON.stringify({ ...Object.fromEntries([0, 1, 2].map((i) => [`claim_${i}`, 'x'.repeat(512)])), claim_3: 'x'.repeat(last) });
    const most = json(459);
    expect(most).toHaveLength(2_048);
    expect(errorOf(await world.post('/attributes', { set: json(460) }, { headers: { cookie: `DSR=${refresh}` } }))).toEqual([400, 'invalid_request']);
    const answer = await world.post('/attributes', { set: most }, { headers: { cookie: `DSR=${refresh}` } });
    const kept = await world.post('/guest/keep', {}, { headers: { cookie: `DS=${heldOf(answer).session}` } });
    expect(answer.headers.getSetCookie()).toHaveLength(2);
    for (const cookie of [...answer.headers.getSetCookie(), ...kept.headers.getSetCookie()]) expect(cookie.length).toBeLessThan(4_096);
  });
});

describe('what is shown', () => {
  it('is listed, a text, and there', () => {
    expect(shown({ nickname: 'Ada', size: '', a_1: 7, danu: true, sub: ADA }, LISTED)).toEqual({ nickname: 'Ada' });
    expect(shown(JSON.parse('{"__proto__":{"nickname":"x"}}') as Record<string, unknown>, LISTED)).toEqual({});
  });
});
