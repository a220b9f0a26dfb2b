import { createHash, randomUUID, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { decodeJwt, type JWTPayload } from 'jose';
import { createIssuer, memoryStore, type IssuerSettings, type Rate, type Store } from '../../src/index.ts';
import { makePair } from '../key-pairs.ts';

export const ISSUER = 'https://verifier.shop.example';
export const SHOP = 'https://shop.example';
export const CLIENT = 'shop';
export const NOW = 1_800_000_000_000;
export const NOW_SECONDS = NOW / 1000;
export const GUEST_GRANT = 'urn:passerby:grant-type:guest';
export const AT_HOME = '203.0.113.7';

export interface PrivateJwk extends JsonWebKey {
  readonly kid: string;
}

export const makeSigningKey = (kid: string, type: 'ES256' | 'EdDSA' = 'ES256'): PrivateJwk => {
  const { privateKey } = type === 'ES256' ? makePair.ec('P-256') : makePair.ed25519();
  return { ...privateKey.export({ format: 'jwk' }), kid };
};

const base64url = (text: string | Uint8Array) => Buffer.from(text).toString('base64url');

/** A browser's key, and what it signs with it. */
export class Device {
  readonly jwk: JsonWebKey;
  readonly thumbprint: string;
  readonly #privateKey: KeyObject;

  constructor() {
    const { privateKey, publicKey } = makePair.ec('P-256');
    const { x, y } = publicKey.export({ format: 'jwk' });
    this.#privateKey = privateKey;
    this.jwk = { kty: 'EC', crv: 'P-256', x, y } as JsonWebKey;
    this.thumbprint = createHash('sha256').update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y })).digest('base64url');
  }

  get subject(): string {
    return `g_${this.thumbprint}`;
  }

  proof(claims: Readonly<Record<string, unknown>> = {}): string {
    const head = { typ: 'dpop+jwt', alg: 'ES256', jwk: this.jwk };
    const signed = [head, { jti: randomUUID(), htm: 'POST', htu: `${ISSUER}/token`, iat: NOW_SECONDS, ...claims }].map((part) => base64url(JSON.stringify(part))).join('.');
    return `${signed}.${base64url(sign('sha256', Buffer.from(signed), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' }))}`;
  }
}

export interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly refresh_token: string;
}

type Form = Readonly<Record<string, string>> | string;
type Wire = Readonly<Record<string, string>>;

/** An issuer, a clock that only moves by hand, and a store that tells what it was asked. */
export class World {
  time = NOW;
  readonly turns: { readonly bucket: string; readonly rate: Rate }[] = [];
  readonly reads: string[] = [];
  readonly revoked: { readonly sessionId: string; readonly until: number }[] = [];
  readonly keys = { keys: [makeSigningKey('first')] };
  readonly store: Store;
  readonly issuer: ReturnType<typeof createIssuer>;

  constructor(settings: Partial<IssuerSettings> = {}) {
    const memory = settings.store ?? memoryStore({ now: () => this.time });
    this.store = {
      ...memory,
      takeTurn: (bucket, rate) => { this.turns.push({ bucket, rate }); return memory.takeTurn(bucket, rate); },
      standing: (subject, sessionId) => { this.reads.push(subject); return memory.standing(subject, sessionId); },
      revoke: (sessionId, until) => { this.revoked.push({ sessionId, until }); return memory.revoke(sessionId, until); },
    };
    this.issuer = this.createIssuer(settings);
  }

  createIssuer(settings: Partial<IssuerSettings> = {}) {
    return createIssuer({ issuer: ISSUER, keys: this.keys, clientId: CLIENT, origins: [SHOP], now: () => this.time, ...settings, store: this.store });
  }

  ask(path: string, init: RequestInit = {}, clientAddress = AT_HOME): Promise<Response> {
    return this.issuer.handler(new Request(`http://localhost${path}`, init), { clientAddress });
  }

  post(path: string, form: Form, headers: Wire = { origin: SHOP }, clientAddress = AT_HOME): Promise<Response> {
    const body = typeof form === 'string' ? form : new URLSearchParams({ client_id: CLIENT, ...form }).toString();
    return this.ask(path, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } }, clientAddress);
  }

  mint(device: Device, { form = {}, headers = { origin: SHOP }, clientAddress = AT_HOME }: { form?: Readonly<Record<string, string>>; headers?: Wire; clientAddress?: string } = {}): Promise<Response> {
    return this.post('/token', { grant_type: GUEST_GRANT, dpop: device.proof({ iat: this.time / 1000 }), ...form }, headers, clientAddress);
  }

  async guest(device: Device): Promise<Tokens> {
    return tokensOf(await this.mint(device));
  }

  /** As a client renews that knows a nonce. */
  async renew(device: Device, refreshToken: string): Promise<Response> {
    return this.post('/token', { grant_type: 'refresh_token', refresh_token: refreshToken, dpop: device.proof({ iat: this.time / 1000, nonce: await this.nonce() }) });
  }

  async nonce(): Promise<string> {
    return (await this.post('/revoke', { token: 'x' })).headers.get('dpop-nonce') ?? '';
  }
}

export async function tokensOf(answer: Response): Promise<Tokens> {
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Tokens;
}

export const errorOf = async (answer: Response): Promise<readonly [number, string]> => [answer.status, ((await answer.json()) as { error: string }).error];
export const claimsOf = (token: string): JWTPayload => decodeJwt(token);
