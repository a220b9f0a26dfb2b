/**
 * Verifies a JWT that did not come straight from the token endpoint. The only file that needs jose: loaded when it is asked for. All else that it imports is
 * loaded first already: of what it had in common with a provider's later part, a bundler would make one more file, for which everybody's first request waits.
 */
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import { asObject, LoginError, MAX_TOKEN_LENGTH, type Json } from '@passerby/shared';

const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256'];
const MAX_KEYS = 50;

/**
 * The claims of a token that this issuer signed; null for any other. Its age is the caller's business: this device's clock may be wrong.
 * @throws LoginError `response_invalid`, where the issuer published no key that can be used, or more than fifty
 */
export async function verifyJwt(token: string, issuer: string, jwks: Json): Promise<Json | null> {
  if (token.length > MAX_TOKEN_LENGTH) return null;
  try {
    const { crit, jwk, jku, x5u, x5c } = decodeProtectedHeader(token);
    if (crit ?? jwk ?? jku ?? x5u ?? x5c) return null;
    const { payload } = await jwtVerify(token, createLocalJWKSet(publicKeys(jwks)), {
      issuer, algorithms: ALGORITHMS, requiredClaims: ['sub', 'exp', 'iat'], currentDate: new Date((decodeJwt(token).iat ?? 0) * 1000),
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}

function publicKeys(data: Json): JSONWebKeySet {
  const keys = Array.isArray(data.keys) && data.keys.length <= MAX_KEYS ? data.keys.filter((key: unknown) => {
    const { kty, d } = asObject(key) ?? {};
    return (kty === 'OKP' || kty === 'EC') && d === undefined;
  }) : [];
  if (keys.length === 0) throw new LoginError('response_invalid', 'The service published no key that can be used, or more than fifty');
  return { keys: keys as JSONWebKeySet['keys'] };
}
