/** The DER bytes in front of every Ed25519 private key: version, algorithm, two lengths (RFC 8410 §7). */
const PKCS8_ED25519 = '302e020100300506032b657004220420';
const PKCS8_ED25519_LENGTH = 48;

/**
 * A service client's access key, `clientId.keyId.accountId.base64(PKCS8 DER)`. The private part is not readable from outside, nor is it in any error.
 * @see https://authress.io/knowledge-base/docs/authorization/service-clients
 */
export class AccessKey {
  readonly clientId: string;
  readonly keyId: string;
  readonly accountId: string;
  readonly #pkcs8: Uint8Array<ArrayBuffer>;
  #imported: Promise<CryptoKey> | undefined;

  /** @throws TypeError where the text is not an access key */
  constructor(text: string) {
    const [clientId, keyId, accountId, privateKey, ...rest] = typeof text === 'string' ? text.split('.') : [];
    if (!isId(clientId) || !isId(keyId) || !isId(accountId) || privateKey === undefined || rest.length > 0) throw refuse('it is not four parts joined by dots');
    const pkcs8 = decode(privateKey);
    if (!pkcs8) throw refuse('its fourth part is not an Ed25519 private key');
    this.clientId = clientId;
    this.keyId = keyId;
    this.accountId = accountId;
    this.#pkcs8 = pkcs8;
  }

  /** The key that signs; imported at the first call, because constructors don't wait. */
  signingKey(): Promise<CryptoKey> {
    this.#imported ??= crypto.subtle.importKey('pkcs8', this.#pkcs8, { name: 'Ed25519' }, false, ['sign']);
    return this.#imported;
  }
}

function refuse(why: string): TypeError {
  return new TypeError(`createVerifier: accessKey cannot be used, ${why}: copy it whole from the service client's page in Authress`);
}

function isId(part: string | undefined): part is string {
  return part !== undefined && /^[\w-]{1,128}$/.test(part);
}

function decode(base64: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/]{64}$/.test(base64)) return null;
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const start = Array.from(bytes.subarray(0, PKCS8_ED25519_LENGTH - 32), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length === PKCS8_ED25519_LENGTH && start === PKCS8_ED25519 ? bytes : null;
}
