import { ServiceClientTokenProvider } from '@authress/sdk';
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { ACCESS_KEY, AT_HOME, CLIENT_ID, CLIENT_JWK, FakeWorld, LOGIN_URL, NOW_SECONDS, visit } from '../fixtures.ts';

async function loginLocation(world = new FakeWorld()): Promise<URL> {
  const answer = await world.verifier().handler(visit('?state=req_1'), AT_HOME);
  return new URL(answer.headers.get('location') ?? '');
}

const codeIn = (url: URL) => url.searchParams.get('code') ?? '';

describe('the assertion', () => {
  it('is what Authress reads: signed with the service client key, for the account, a minute long', async () => {
    const code = codeIn(await loginLocation());
    const { payload, protectedHeader } = await jwtVerify(code, await importJWK(CLIENT_JWK, 'EdDSA'), {
      algorithms: ['EdDSA'], typ: 'oauth-authz-req+jwt', issuer: `${LOGIN_URL}/v1/clients/${CLIENT_ID}`, audience: 'ignore-account-id.accounts.authress.io',
      requiredClaims: ['sub', 'iat', 'exp', 'jti'], currentDate: new Date(NOW_SECONDS * 1000), maxTokenAge: 60,
    });
    expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: 'pogP', typ: 'oauth-authz-req+jwt' });
    expect(payload).toEqual({
      aud: 'ignore-account-id.accounts.authress.io', iss: `${LOGIN_URL}/v1/clients/${CLIENT_ID}`, sub: expect.stringMatching(/^user_[a-z2-7]{32}$/) as string,
      client_id: CLIENT_ID, iat: NOW_SECONDS, exp: NOW_SECONDS + 60, max_age: 60, scope: 'openid', jti: expect.stringMatching(/^[a-z2-7]{26}$/) as string,
    });
  });

  it('has the shape that the Authress SDK gives it, and a jti besides', async () => {
    const theirs = new URL(await new ServiceClientTokenProvider(ACCESS_KEY, LOGIN_URL).generateUserLoginUrl(`${LOGIN_URL}/login`, 'req_1', CLIENT_ID, 'user_abc'));
    const ours = await loginLocation();
    const steady = ({ iat, exp, sub, jti, ...rest }: Record<string, unknown>) => ({ ...rest, lifetime: Number(exp) - Number(iat), types: [typeof sub, typeof iat, jti === undefined ? 'none' : typeof jti] });
    expect(decodeProtectedHeader(codeIn(ours))).toEqual(decodeProtectedHeader(codeIn(theirs)));
    const { types: theirTypes, ...theirClaims } = steady(decodeJwt(codeIn(theirs)));
    const { types: ourTypes, ...ourClaims } = steady(decodeJwt(codeIn(ours)));
    expect(ourClaims).toEqual(theirClaims);
    expect([ourTypes, theirTypes]).toEqual([['string', 'number', 'string'], ['string', 'number', 'none']]);
    expect(Object.keys(decodeJwt(codeIn(ours))).filter((name) => name !== 'jti').sort()).toEqual(Object.keys(decodeJwt(codeIn(theirs))).sort());
    expect([ours.origin, ours.pathname, ...ours.searchParams.keys()]).toEqual([theirs.origin, theirs.pathname, ...theirs.searchParams.keys()]);
    expect(ours.searchParams.get('iss')).toBe(theirs.searchParams.get('iss'));
  });

  it('takes its IDs from the random source alone, whatever the time', async () => {
    const constant = (bytes: Uint8Array) => void bytes.fill(0xff);
    const subjects = await Promise.all([0, 1, 2].map(async (days) => {
      const world = new FakeWorld();
      world.time += days * 86_400_000;
      const answer = await world.verifier({ random: constant }).handler(visit('?state=s'), AT_HOME);
      return decodeJwt(codeIn(new URL(answer.headers.get('location') ?? ''))).sub;
    }));
    expect(subjects).toEqual(Array(3).fill(`user_${'7'.repeat(32)}`));
  });

  it('uses every random bit: 160 of them', async () => {
    const flipped = new Set<unknown>();
    for (let bit = 0; bit < 160; bit += 1) {
      const oneBit = (bytes: Uint8Array) => { bytes.fill(0); const at = bit >> 3; if (at < bytes.length) bytes[at] = 1 << (bit & 7); };
      const answer = await new FakeWorld().verifier({ random: oneBit }).handler(visit('?state=s'), AT_HOME);
      flipped.add(decodeJwt(codeIn(new URL(answer.headers.get('location') ?? ''))).sub);
    }
    expect(flipped.size).toBe(160);
  });
});
