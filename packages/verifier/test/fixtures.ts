import { sign, type KeyObject } from 'node:crypto';
import { createVerifier, type VerifierSettings } from '../src/index.ts';
import { makePair } from './key-pairs.ts';

export const LOGIN_URL = 'https://login.shop.example';
/** The key pair of the Authress SDK's own tests: public knowledge. */
export const ACCESS_KEY = 'sc_aAKceYi7VJDCU8vB7HcTo3Q.pogP.ignore-account-id.MC4CAQAwBQYDK2VwBCIEIDVjjrIVCH3dVRq4ixRzBwjVHSoB2QzZ2iJuHq1Wshwp';
export const CLIENT_ID = 'sc_aAKceYi7VJDCU8vB7HcTo3Q';
export const CLIENT_JWK = { alg: 'EdDSA', kty: 'OKP', crv: 'Ed25519', kid: 'pogP', x: 'JxtSC5tZZJuaW7Aeu5Kh_3tgCpPZRkHaaFyTj5sQ3KU' };
export const NOW = 1_800_000_000_000;
export const NOW_SECONDS = NOW / 1000;

export type Claims = Readonly<Record<string, unknown>>;

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: Claims;
}

export function makeKey(kid: string): SigningKey {
  const { privateKey, publicKey } = makePair.ed25519();
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' } };
}

export const GUEST_CLAIMS: Claims = {
  iss: LOGIN_URL, sub: 'user_guest', iat: NOW_SECONDS - 10, exp: NOW_SECONDS + 3590, jti: 'j', scope: 'openid profile email', azp: CLIENT_ID, client_id: 'app_shop', aud: ['acc_shop'],
};
export const USER_CLAIMS: Claims = { ...GUEST_CLAIMS, sub: 'user_ada', azp: 'con_google' };

export const base64url = (text: string | Uint8Array) => Buffer.from(text).toString('base64url');

/** A token made by hand, so that it can be wrong in any way. */
export function makeToken(key: SigningKey, claims: Claims | string = GUEST_CLAIMS, header: Claims | string = {}): string {
  const head = typeof header === 'string' ? header : JSON.stringify({ alg: 'EdDSA', kid: key.kid, typ: 'at+jwt', ...header });
  const signed = `${base64url(head)}.${base64url(typeof claims === 'string' ? claims : JSON.stringify(claims))}`;
  return `${signed}.${base64url(sign(null, Buffer.from(signed), key.privateKey))}`;
}

export const asking = (token: string) => new Request('https://api.shop.example/cart', { headers: { authorization: `Bearer ${token}` } });

/** A login host that only has keys, and a clock that only moves by hand. */
export class FakeWorld {
  time = NOW;
  requests: string[] = [];
  answer: () => Response | Promise<Response>;

  constructor(...keys: readonly SigningKey[]) {
    this.answer = () => Response.json({ keys: keys.map((key) => key.jwk) });
  }

  publish(...keys: readonly SigningKey[]): void {
    this.answer = () => Response.json({ keys: keys.map((key) => key.jwk) });
  }

  readonly now = () => this.time;
  readonly fetch: typeof globalThis.fetch = async (input) => {
    this.requests.push(String(input));
    return this.answer();
  };

  verifier(settings: Partial<VerifierSettings> = {}) {
    return createVerifier({ authress: { loginUrl: LOGIN_URL, accessKey: ACCESS_KEY, connections: ['con_google'] }, now: this.now, fetch: this.fetch, ...settings });
  }
}

export const visit = (query: string) => new Request(`https://verifier.shop.example/v1/login${query}`);
export const AT_HOME = { clientAddress: '203.0.113.7' };
