import { exportJWK, generateKeyPair, jwtVerify, SignJWT, type JWK, type JWTPayload } from 'jose';
import { randomName } from '../random.ts';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** The login host's own signing keys: made at start, never written anywhere. */
export class Keys {
  /** Signs. */
  #current: SigningKey;
  /** Only verify; the newest first. */
  #earlier: readonly SigningKey[] = [];

  private constructor(first: SigningKey) {
    this.#current = first;
  }

  static async make(): Promise<Keys> {
    return new Keys(await makeKey());
  }

  /** A new key signs from now on; tokens of the earlier ones stay verifiable. */
  async rotate(): Promise<void> {
    const next = await makeKey();
    this.#earlier = [this.#current, ...this.#earlier];
    this.#current = next;
  }

  /** Only the newest key is published from now on. */
  dropOld(): void {
    this.#earlier = [];
  }

  published(kid: string | null): readonly JWK[] {
    return this.#all.filter((key) => kid === null || key.kid === kid).map((key) => key.publicJwk);
  }

  async sign(claims: JWTPayload, typ: 'at+jwt' | 'JWT'): Promise<string> {
    const { kid, privateKey } = this.#current;
    return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid, typ }).sign(privateKey);
  }

  /** The claims of an access token of ours. @throws jose's errors */
  async verifyAccessToken(token: string, issuer: string, now: number): Promise<JWTPayload> {
    const keyOf = (header: { kid?: string }): CryptoKey => {
      const key = this.#all.find(({ kid }) => kid === header.kid);
      if (!key) throw new TypeError('No such key');
      return key.publicKey;
    };
    const { payload } = await jwtVerify(token, keyOf, { algorithms: ['EdDSA'], typ: 'at+jwt', issuer, currentDate: new Date(now) });
    return payload;
  }

  get #all(): readonly SigningKey[] {
    return [this.#current, ...this.#earlier];
  }
}

async function makeKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const kid = randomName(8);
  return { kid, privateKey, publicKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' } };
}
