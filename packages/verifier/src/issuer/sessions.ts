import { asObject, optionalNumber, optionalText, type Json, type SubjectKind } from '@passerby/shared';
import { base64url, errors, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { hmacSha256 } from '../sha256.ts';
import type { CheckedIssuer } from './settings.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Who tokens are issued to. */
export interface Session {
  readonly id: string;
  readonly subject: string;
  readonly kind: SubjectKind;
  /** The subject's, at the time the session began. */
  readonly generation: number;
  /** Of the key that renews it (RFC 7638). */
  readonly thumbprint: string;
  /** When the person signed in, in seconds since epoch. */
  readonly authTime?: number | undefined;
}

/** RFC 6749 §5.1 */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer' | 'DPoP';
  /** Seconds. */
  readonly expires_in: number;
  readonly refresh_token: string;
}

/** Its own type, so that it is never taken for an access token, nor an access token for one (RFC 8725 §3.11). */
const REFRESH_TOKEN_TYPE = 'passerby-refresh+jwt';
const MERGE_TICKET_TYPE = 'passerby-merge+jwt';
const ID_BYTES = 16;
const SUBJECT_BYTES = 32;
/** How far the clocks of two instances may be apart. */
const CLOCK_TOLERANCE_SECONDS = 60;

/** Issues sessions as tokens, and reads them back from refresh tokens. Nothing of a session is kept here. */
export class Sessions {
  readonly #settings: CheckedIssuer;
  readonly #keys: SigningKeys;
  #seals: ReadonlyMap<string, Uint8Array> | undefined;

  constructor({ settings, keys }: { readonly settings: CheckedIssuer; readonly keys: SigningKeys }) {
    this.#settings = settings;
    this.#keys = keys;
  }

  /** 128 random bits. */
  newId(): string {
    return this.#random(ID_BYTES);
  }

  /** Somebody whom nobody was before: 256 random bits. */
  newSubject(): string {
    return `u_${this.#random(SUBJECT_BYTES)}`;
  }

  /** What the shop's server redeems to carry a guest's things over to a user. */
  mergeTicket({ from, to, lifetimeSeconds }: { readonly from: string; readonly to: string; readonly lifetimeSeconds: number }): Promise<string> {
    const { issuer, clientId, now } = this.#settings;
    const iat = Math.floor(now() / 1000);
    return this.#keys.sign(MERGE_TICKET_TYPE, { iss: issuer, aud: `${issuer}/merge`, client_id: clientId, sub: to, from, iat, exp: iat + lifetimeSeconds, jti: this.newId() });
  }

  /** An access token (RFC 9068) and a refresh token bound to the session's key. */
  async issue({ id, subject, kind, generation, thumbprint, authTime }: Session): Promise<TokenAnswer> {
    const { issuer, clientId, audience, accessTokenSeconds, refreshSeconds, accessTokenType, now } = this.#settings;
    const iat = Math.floor(now() / 1000);
    const cnf = { jkt: thumbprint };
    const claims = { iss: issuer, sub: subject, client_id: clientId, iat, sid: id, kind, gen: generation, ...(authTime !== undefined && { auth_time: authTime }) };
    const signing = this.#keys.sign('at+jwt', { ...claims, aud: audience, exp: iat + accessTokenSeconds, jti: this.newId(), ...(accessTokenType === 'DPoP' && { cnf }) });
    // Its audience is the one endpoint it is for: an API that forgets to look at `typ` still refuses it.
    const refresh_token = this.#seal({ ...claims, aud: `${issuer}/token`, exp: iat + refreshSeconds, cnf });
    return { access_token: await signing, token_type: accessTokenType, expires_in: accessTokenSeconds, refresh_token };
  }

  /** The session of a refresh token of ours, or null where it is none, forged or over. Its key and its standing are still to be asked for. */
  async read(refreshToken: string): Promise<Session | null> {
    const { issuer, refreshSeconds, now } = this.#settings;
    const payload = await this.#readOwn(refreshToken, { typ: REFRESH_TOKEN_TYPE, audience: `${issuer}/token`, algorithms: ['HS256'] }, this.#sealKeys());
    // By its age as the shop wants it today. One that was issued ahead of its time is good: this server's clock was set right meanwhile.
    const isOver = payload !== null && (optionalNumber(payload, 'iat') ?? -Infinity) + refreshSeconds < now() / 1000 - CLOCK_TOLERANCE_SECONDS;
    return isOver ? null : payload && readSession(payload);
  }

  /** What a merge ticket of ours says; null where it is none, forged or over. */
  async readMergeTicket(ticket: string): Promise<{ readonly id: string; readonly from: string; readonly to: string } | null> {
    const payload = await this.#readOwn(ticket, { typ: MERGE_TICKET_TYPE, audience: `${this.#settings.issuer}/merge`, algorithms: ['ES256', 'EdDSA'] }, { get: (kid) => this.#keys.find(kid) });
    const [id, from, to] = ['jti', 'from', 'sub'].map((name) => optionalText(payload ?? {}, name));
    return id !== undefined && from !== undefined && to !== undefined ? { id, from, to } : null;
  }

  async #readOwn(token: string, rules: { readonly typ: string; readonly audience: string; algorithms: string[] }, keys: KeysByName): Promise<Json | null> {
    const { issuer, clientId, now } = this.#settings;
    try {
      const { payload } = await jwtVerify(token, (header) => keyOf(header, keys), {
        ...rules, issuer, requiredClaims: ['exp'], currentDate: new Date(now()), clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      return payload['client_id'] === clientId ? payload : null;
    } catch (error) {
      // Malformed, forged, of a key that was rotated out, over: to its holder all the same.
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  #random(length: number): string {
    const bytes = new Uint8Array(length);
    this.#settings.random(bytes);
    return base64url.encode(bytes);
  }

  /** A refresh token is for this issuer's own eyes, so a MAC does: it costs a fraction of a signature. */
  #seal(claims: JWTPayload): string {
    const [first] = this.#sealKeys();
    if (!first) throw new TypeError('createIssuer: there is no private key');
    const [kid, key] = first;
    const sealed = [{ alg: 'HS256', kid, typ: REFRESH_TOKEN_TYPE }, claims].map((part) => base64url.encode(JSON.stringify(part))).join('.');
    return `${sealed}.${hmacSha256(key, sealed)}`;
  }

  #sealKeys(): ReadonlyMap<string, Uint8Array> {
    this.#seals ??= this.#keys.derive('refresh token');
    return this.#seals;
  }
}

interface KeysByName {
  get(kid: string): CryptoKey | Uint8Array | null | undefined | Promise<CryptoKey | null>;
}

async function keyOf({ kid }: JWTHeaderParameters, keys: KeysByName): Promise<CryptoKey | Uint8Array> {
  const key = typeof kid === 'string' ? await keys.get(kid) : null;
  if (!key) throw new errors.JWKSNoMatchingKey();
  return key;
}

function readSession(claims: Json): Session | null {
  const [id, subject, kind] = ['sid', 'sub', 'kind'].map((name) => optionalText(claims, name));
  const thumbprint = optionalText(asObject(claims['cnf']) ?? {}, 'jkt');
  const generation = optionalNumber(claims, 'gen');
  if (id === undefined || subject === undefined || thumbprint === undefined || generation === undefined || (kind !== 'guest' && kind !== 'user')) return null;
  return { id, subject, kind, generation, thumbprint, authTime: optionalNumber(claims, 'auth_time') };
}
