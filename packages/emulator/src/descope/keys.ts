import { calculateJwkThumbprint, errors, exportJWK, generateKeyPair, jwtVerify, SignJWT, type JWK, type JWTPayload } from 'jose';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** The project's signing keys, never written anywhere. */
export class Keys {
  /** The one that signs, then those that only verify. */
  #keys: readonly SigningKey[];

  private constructor(first: SigningKey) {
    this.#keys = [first];
  }

  /** Begins with a key, a new one where there is none. */
  static async make(first?: CryptoKeyPair): Promise<Keys> {
    return new Keys(await makeKey(first));
  }

  /** A new key signs from now on; tokens of the earlier ones stay verifiable. */
  async rotate(): Promise<void> {
    this.#keys = [await makeKey(), ...this.#keys];
  }

  /** Only the newest key is published from now on. */
  dropOld(): void {
    this.#keys = this.#keys.slice(0, 1);
  }

  get published(): readonly JWK[] {
    return this.#keys.map(({ publicJwk }) => publicJwk);
  }

  /** `header`: what the service says there besides. */
  async sign(claims: JWTPayload, header: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const [key] = this.#keys;
    if (!key) throw new Error('There is no key');
    return new SignJWT(claims).setProtectedHeader({ ...header, alg: 'RS256', kid: key.kid, typ: 'JWT' }).sign(key.privateKey);
  }

  /** The claims of a token of ours that is not over at `now`, ms since epoch; undefined for anything else. */
  async read(token: string, now: number): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.#find(kid), { algorithms: ['RS256'], currentDate: new Date(now) });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  #find(kid: string | undefined): CryptoKey {
    const key = this.#keys.find((one) => one.kid === kid);
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key.publicKey;
  }
}

async function makeKey(pair?: CryptoKeyPair): Promise<SigningKey> {
  const { privateKey, publicKey } = pair ?? (await generateKeyPair('RS256'));
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, privateKey, publicKey, publicJwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } };
}
