/** The settings of an issuer that is measured. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';

export const ISSUER = 'https://verifier.shop.example';
export const CLIENT = 'shop';
export const GUEST_GRANT = 'urn:passerby:grant-type:guest';
/** So high that nobody waits: the limits are not what is measured. */
export const NO_LIMITS = { network: { burst: 1e9, perSecond: 1e6 }, key: { burst: 1e9, perSecond: 1e6 } };

/** A private key for this run alone. */
export function newKeys() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // Read back from its bytes: where a key is exported as a JWK while the job that made it is swept up, Node 20 waits for itself for ever.
  const key = createPrivateKey({ key: privateKey.export({ type: 'pkcs8', format: 'der' }), type: 'pkcs8', format: 'der' });
  return { keys: [{ ...key.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }] };
}
