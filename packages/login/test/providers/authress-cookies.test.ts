import type { StoredSession } from '@passerby/shared';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProviderPorts } from '../../src/ports/ports.ts';
import { authress } from '../../src/providers/authress.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const HOST = 'https://login.example';
const SECONDS = 1_800_000_000;
const provider = authress({ authressApiUrl: HOST, applicationId: 'app_shop', connections: ['google'] });

let key: CryptoKey;
let jwk: JWK;
let cookies: string[];
beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k' };
});
beforeEach(() => {
  cookies = [];
});

const token = (sub: string, iat: number, claims: object = {}): Promise<string> =>
  new SignJWT({ iss: HOST, sub, azp: 'google', client_id: 'app_shop', iat, exp: iat + 3_600, ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(key);
const ports = (): ProviderPorts => ({
  fetch: async (url) => Response.json(url.endsWith('/jwks') ? { keys: [jwk] } : {}),
  crypto, now: () => SECONDS * 1000, breathe: () => Promise.resolve(), cookies: () => cookies.map((value) => `authorization=${value}`).join('; '), signal: new AbortController().signal,
});
const before = async (): Promise<StoredSession> => ({ ...grantOf('user_ada', 'user', { accessToken: await token('user_ada', SECONDS), issuedAt: SECONDS * 1000 }), receivedAt: SECONDS * 1000 });
const none = { code: 'response_invalid', retryable: true };

describe('a person whose session is renewed by cookie', () => {
  it('is served what came, and stays who they are beside the cookies of others', async () => {
    const fresh = await token('user_ada', SECONDS + 60);
    cookies = [await token('user_evil', SECONDS + 60), 'junk', await token('user_ada', SECONDS + 60, { iss: 'https://evil.example' }), fresh];
    expect(await provider.refresh(await before(), ports())).toMatchObject({ subject: 'user_ada', accessToken: fresh });
  });

  it.each([['of another application of the account', { client_id: 'app_blog' }], ['without a lifetime', { exp: 0 }]])('is served what came behind a token %s', async (_what, claims) => {
    const fresh = await token('user_ada', SECONDS + 60);
    cookies = [await token('user_ada', SECONDS + 60, claims), fresh];
    expect(await provider.refresh(await before(), ports())).toMatchObject({ subject: 'user_ada', accessToken: fresh });
  });

  it('is served it by the next try, where the file that looks at it did not come', async () => {
    const tries: string[] = [];
    const again = authress({ authressApiUrl: HOST, applicationId: 'app_shop', connections: ['google'] });
    // The first file is Authress's requests, the second the one that verifies.
    await again.prepare?.(async (load) => {
      tries.push('asked');
      if (tries.length === 2) throw new TypeError('error loading dynamically imported module');
      return load();
    });
    cookies = [await token('user_ada', SECONDS + 60)];
    await expect(again.refresh(await before(), ports())).rejects.toMatchObject({ code: 'network' });
    expect(await again.refresh(await before(), ports())).toMatchObject({ subject: 'user_ada', accessToken: cookies[0] });
    expect(tries).toHaveLength(3);
  });

  it('is not served a token from before', async () => {
    cookies = [await token('user_ada', SECONDS - 60)];
    await expect(provider.refresh(await before(), ports())).rejects.toMatchObject(none);
  });

  it('is not served the token that is just over', async () => {
    const session = await before();
    cookies = [session.accessToken];
    await expect(provider.refresh(session, ports())).rejects.toMatchObject(none);
  });

  it('is not somebody else, whoever else the service has signed for', async () => {
    cookies = [await token('user_evil', SECONDS + 60)];
    await expect(provider.refresh(await before(), ports())).rejects.toMatchObject(none);
  });
});

describe('a person whose answer was lost', () => {
  it('is found by the one cookie there is', async () => {
    cookies = [await token('user_ada', SECONDS)];
    expect(await provider.resume?.(pendingOf(), ports())).toMatchObject({ subject: 'user_ada' });
  });

  it('is not guessed where the cookies name two people', async () => {
    cookies = [await token('user_evil', SECONDS), await token('user_ada', SECONDS)];
    await expect(provider.resume?.(pendingOf(), ports())).rejects.toMatchObject(none);
  });
});
